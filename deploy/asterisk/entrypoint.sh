#!/bin/sh
# Waits for the generated configuration, then runs Asterisk in the foreground with it.
set -eu
until [ -f /config/asterisk.conf ]; do
  echo "waiting for /config/asterisk.conf (written by: promiseline asterisk-config)"
  sleep 1
done
exec asterisk -C /config/asterisk.conf -f -T -W -U asterisk -G asterisk
