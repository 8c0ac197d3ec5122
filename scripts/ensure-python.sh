#!/usr/bin/env bash
# Makes sure of Debian's python3 with `cryptography`: for the example agent in Python, and for the second verifier of
# decision certificates. Debian's own, since that is the one its python3-cryptography is installed for.
set -euo pipefail

is_there() {
  command -v python3 >/dev/null && /usr/bin/python3 -c 'import cryptography' 2>/dev/null
}

if is_there; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo 'python3 or python3-cryptography is missing: installing them with apt-get' >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends python3 python3-cryptography >/dev/null
fi

if ! is_there; then
  echo 'The tests need python3 with the package cryptography, as Debian has them.' >&2
  echo 'Install them, for instance: sudo apt-get install python3 python3-cryptography' >&2
  exit 1
fi
