#!/usr/bin/env bash
# Simulated worlds. `npm run test:sim -- --seeds 200` runs so many, `AMOS_SEED=7 npm run test:sim` one of them again.
# Everything else goes to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."

arguments=()
while (($# > 0)); do
  if [[ $1 == --seeds && $# -ge 2 ]]; then
    export AMOS_SEEDS=$2
    shift 2
  else
    arguments+=("$1")
    shift
  fi
done
[[ -n ${AMOS_SEED:-} ]] && arguments+=(test/sim/kept-seeds.test.ts)

exec npx --no-install vitest run --project sim "${arguments[@]}"
