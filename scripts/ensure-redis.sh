#!/usr/bin/env bash
# Makes sure a real redis-server is on the PATH: the tests start their own private servers with it.
set -euo pipefail

if command -v redis-server >/dev/null; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo 'redis-server is missing: installing it with apt-get' >&2
  export DEBIAN_FRONTEND=noninteractive
  # Debian starts the packaged service on 6379 at install; the tests neither need it nor touch it.
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends redis-server >/dev/null
fi

if ! command -v redis-server >/dev/null; then
  echo 'The tests need a redis-server (7.0 or newer) on the PATH and none was found.' >&2
  echo 'Install it, for instance: sudo apt-get install redis-server   or   brew install redis' >&2
  exit 1
fi
