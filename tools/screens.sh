#!/usr/bin/env bash
# Takes the screens of docs/screens from a real run: a world of its own, a person who connects a bank, and
# somebody who has the roles of an auditor and an operator.
set -euo pipefail
cd "$(dirname "$0")/.."
export OPL_DATA=$(mktemp -d)
. tools/world.sh
program=${OPL_PROGRAM:-target/debug/opl}
[ -x "$program" ] || cargo build --locked
keeper=keeper@example.fi
trap 'finish_world; rm -rf "$OPL_DATA"' EXIT
start_world 18110 19481
sign_up 18110 "$keeper"
stop_world
"$program" roles grant auditor "$keeper" --reason yearly_audit --data "$data"
"$program" roles grant operator "$keeper" --reason operations --data "$data"
start_world 18110 19481
OPL_KEEPER=$keeper OPL_URL=http://localhost:18110 npm --prefix web run --silent e2e -- --project=screens ||
  { tail -40 "$data/demo.err" >&2; exit 1; }
du -ch docs/screens/*.png | tail -1
