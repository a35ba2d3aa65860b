#!/bin/sh
# Waits for the generated configuration, speaks the messages that it names, then runs Asterisk in the foreground.
set -eu
until [ -f /etc/asterisk/promiseline-sounds.tsv ]; do
  echo "waiting for /etc/asterisk (written by: promiseline asterisk-config)"
  sleep 1
done
sounds=/usr/share/asterisk/sounds/promiseline
mkdir -p "$sounds"
while IFS="$(printf '\t')" read -r name voice text; do
  espeak-ng -v "$voice" -s 150 --stdout -- "$text" | sox -q -t wav - -r 8000 -c 1 -b 16 "$sounds/$name.wav"
done < /etc/asterisk/promiseline-sounds.tsv
exec asterisk -f -T -W
