#!/usr/bin/env bash
# Measures the ledger against the stock stores and the raw limits; writes target/bench.json.
# Arguments go to the benchmarks of appending: --quick, or parts of their names. Without any,
# building the read models is measured too, at OPL_BENCH_EVENTS events (200,000).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet --manifest-path tools/postgres-es-bridge/Cargo.toml
cargo bench --locked --quiet --bench ledger -- "$@"
if [ $# = 0 ]; then
  cargo bench --locked --quiet --bench rebuild -- "${OPL_BENCH_EVENTS:-200000}" | tee target/rebuild.jsonl
  python3 - <<'END'
import json
results = json.load(open("target/bench.json"))
results += [json.loads(line) for line in open("target/rebuild.jsonl") if line.startswith("{")]
json.dump(results, open("target/bench.json", "w"), indent=2)
END
fi
