#!/usr/bin/env bash
# Lints openapi/ and tries a client generated from it. The tools are too large for the project's own dependencies, so
# they are installed first.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=tools/contract-lint

npm ci --prefix "$tools" --no-progress --loglevel=error >/dev/null
bin="$tools/node_modules/.bin"

"$bin/redocly" lint --config "$tools/redocly.yaml" openapi/openapi.json
"$bin/spectral" lint --ruleset "$tools/.spectral.yaml" --fail-severity=error openapi/openapi.json
node "$tools/check-asyncapi.js" openapi/asyncapi.json

node --import tsx --conditions=source scripts/check-generated-client.ts
