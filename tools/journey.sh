#!/usr/bin/env bash
# Starts the whole world on ports of its own and walks it in Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --locked
data=$(mktemp -d)
target/debug/opl demo --data "$data" --port 18080 --bank-port 19441 >"$data/demo.out" 2>"$data/demo.err" &
world=$!
finish() { kill "$world" 2>/dev/null || true; wait "$world" 2>/dev/null || true; rm -rf "$data"; }
trap finish EXIT
for _ in $(seq 300); do
  curl -fsS http://localhost:18080/health/ready >/dev/null 2>&1 && break
  kill -0 "$world" 2>/dev/null || { cat "$data/demo.out" "$data/demo.err" >&2; exit 1; }
  sleep 0.2
done
OPL_URL=http://localhost:18080 OPL_BANK_CONTROL=http://127.0.0.1:19445 npm --prefix web run --silent e2e -- --project=real || { tail -40 "$data/demo.err" >&2; exit 1; }
