#!/usr/bin/env bash
# How long a person with very many transactions waits, in Chromium, against the real service.
# bench-web.sh [ROWS] (1,000,000). The history is imported a month at a time into target/bench-web and
# stays there: a run that was broken off goes on where it stopped, and the next one measures at once.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/world.sh
rows=${1:-1000000}
months=120
export OPL_DATA=${OPL_DATA:-target/bench-web/$rows} OPL_START_TRIES=6000
data=$OPL_DATA
if [ -z "${OPL_PROGRAM:-}" ]; then
  tools/web.sh
  cargo build --release --locked
fi
program=${OPL_PROGRAM:-target/release/opl}
user=long@example.fi
mkdir -p "$data/statements"
if [ ! -f "$data/person" ]; then
  start_world 18120 19491
  sign_up 18120 "$user"
  stop_world
  touch "$data/person"
fi
node tools/long-history.mjs "$data/statements" "$rows" "$months"
# Five months an account: what a file says is compared with all its account has.
number=0
for file in "$data"/statements/*.csv; do
  account="Account $((number / 5 + 1))"
  number=$((number + 1))
  [ -f "$file.done" ] && continue
  "$program" import --data "$data" --user "$user" --new-account "$account" "$file" >"$data/import.out"
  touch "$file.done"
  printf '\rmonth %d of %d' "$number" "$months"
done
printf '\n'
start_world 18120 19491
OPL_BENCH_USER=$user OPL_URL=http://localhost:18120 npm --prefix web run --silent e2e -- --project=bench
echo 'figures: target/bench-web.json'
