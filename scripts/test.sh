#!/usr/bin/env bash
# The whole test run. Arguments go to vitest: `npm test -- test/unit/task.test.ts`.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/ensure-redis.sh
bash scripts/ensure-compiler.sh
bash scripts/ensure-chromium.sh
bash scripts/ensure-python.sh
exec npx --no-install vitest run "$@"
