#!/usr/bin/env bash
# Builds the page into web/dist, unless what is there is newer than all it is made of.
set -euo pipefail
cd "$(dirname "$0")/../web"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
newest=$(find src public scripts index.html package-lock.json vite.config.ts ../schema.graphql -type f -newer dist/index.html -print -quit 2>/dev/null || true)
if [ ! -f dist/index.html ] || [ -n "$newest" ]; then
  npm run --silent build
fi
