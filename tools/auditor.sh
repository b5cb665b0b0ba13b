#!/usr/bin/env bash
# Fills a world by the whole job without a browser, gives somebody the roles of an auditor and an operator,
# and does their tasks in Chromium, a passkey and one-time codes among them. Screenshots are in web/test-results.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${OPL_PROGRAM:-target/debug/opl}
[ -x "$program" ] || cargo build --locked
data=$(mktemp -d)
world=
finish() { [ -z "$world" ] || { kill "$world" 2>/dev/null || true; wait "$world" 2>/dev/null || true; }; rm -rf "$data"; }
trap finish EXIT
start() {
  "$program" demo --data "$data" --port 18090 --bank-port 19461 >"$data/demo.out" 2>"$data/demo.err" &
  world=$!
  for _ in $(seq 300); do
    curl -fsS http://localhost:18090/health/ready >/dev/null 2>&1 && return
    kill -0 "$world" 2>/dev/null || { cat "$data/demo.out" "$data/demo.err" >&2; exit 1; }
    sleep 0.2
  done
}
"$program" demo --headless --data "$data" --bank-port 19461 >"$data/walk.out" 2>&1 || { cat "$data/walk.out" >&2; exit 1; }
start
# By the digest the page knows it by: other texts are not taken.
document=$(python3 -c 'import json; print(next(name for name, text in json.load(open("web/src/gql/persisted-documents.json")).items() if "mutation SignUp" in text))')
curl -fsS http://localhost:18090/graphql -H 'content-type: application/json' -H 'x-opl-request: 1' -d \
  '{"documentId":"'"$document"'","variables":{"email":"auditor@example.fi","password":"a long enough pass phrase"}}' >/dev/null
kill "$world"; wait "$world" 2>/dev/null || true; world=
"$program" roles grant auditor auditor@example.fi --reason yearly_audit --data "$data"
"$program" roles grant operator auditor@example.fi --reason operations --data "$data"
start
OPL_URL=http://localhost:18090 npm --prefix web run --silent e2e -- --project=auditor || { tail -40 "$data/demo.err" >&2; exit 1; }
