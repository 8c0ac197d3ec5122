#!/usr/bin/env bash
# Makes sure a python3 is there for the test that runs the example agent in Python.
set -euo pipefail

if command -v python3 >/dev/null; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo 'python3 is missing: installing it with apt-get' >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends python3 >/dev/null
fi

if ! command -v python3 >/dev/null; then
  echo 'The test of the example in Python needs python3 on the PATH, and none was found.' >&2
  echo 'Install it, for instance: sudo apt-get install python3' >&2
  exit 1
fi
