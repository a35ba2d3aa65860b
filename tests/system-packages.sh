#!/bin/sh
# Installs what the tests need from the system's packages: a browser, SIPp, a speech synthesiser, and debootstrap for Asterisk.
set -eu
missing=""
for pair in chromium:chromium sipp:sip-tester espeak-ng:espeak-ng debootstrap:debootstrap; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "The tests need:$missing. Install them with your system's package manager (as root) and run make test again." >&2
  exit 1
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
