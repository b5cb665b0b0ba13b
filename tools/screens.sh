#!/usr/bin/env bash
# Takes the screens of docs/screens from a real run: a world of its own, a person who connects a bank.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/world.sh
program=${OPL_PROGRAM:-target/debug/opl}
[ -x "$program" ] || cargo build --locked
start_world 18110 19481
OPL_URL=http://localhost:18110 npm --prefix web run --silent e2e -- --project=screens || { tail -40 "$data/demo.err" >&2; exit 1; }
du -ch docs/screens/*.png | tail -1
