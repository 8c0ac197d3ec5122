#!/usr/bin/env bash
# Makes sure a C compiler is on the PATH: the tests compile the library that makes writes of the store fail.
set -euo pipefail

if command -v cc >/dev/null; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo 'cc is missing: installing gcc with apt-get' >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
fi

if ! command -v cc >/dev/null; then
  echo 'The tests need a C compiler and none was found.' >&2
  echo 'Install one, for instance: sudo apt-get install gcc libc6-dev' >&2
  exit 1
fi
