#!/usr/bin/env bash
# Makes sure a Chromium is there for the tests that load a page. AMOS_CHROMIUM may name another binary.
set -euo pipefail

found() {
  if [ -n "${AMOS_CHROMIUM:-}" ]; then
    [ -x "$AMOS_CHROMIUM" ]
    return
  fi
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

if found; then
  exit 0
fi

if [ -z "${AMOS_CHROMIUM:-}" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo 'chromium is missing: installing it with apt-get' >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi

if ! found; then
  echo 'The browser tests need Chromium on the PATH, or its path in AMOS_CHROMIUM, and none was found.' >&2
  echo 'Install it, for instance: sudo apt-get install chromium' >&2
  exit 1
fi
