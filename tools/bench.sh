#!/usr/bin/env bash
# Measures the ledger against the stock stores and the raw limits; writes target/bench.json and ends
# with 1 if a floor does not hold. Arguments go to the benchmarks of appending: --quick, or parts of
# their names. Without any, building the read models is measured too, at OPL_BENCH_EVENTS events
# (1,000,000), and proofs and their verifier, at a million records.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
cargo build --release --locked --quiet --manifest-path tools/postgres-es-bridge/Cargo.toml
cargo bench --locked --quiet --bench ledger -- "$@" || status=1
if [ $# = 0 ]; then
  cargo bench --locked --quiet --bench rebuild -- "${OPL_BENCH_EVENTS:-1000000}" |
    tee target/rebuild.jsonl || status=1
  cargo build --release --locked --quiet -p opl-transparency --bins --examples
  python3 tools/bench_proofs.py target/release target/bench-bundle | tee target/proofs.jsonl || status=1
  python3 - <<'END'
import json
results = json.load(open("target/bench.json"))
for part in ("rebuild", "proofs"):
    results += [json.loads(line) for line in open(f"target/{part}.jsonl") if line.startswith("{")]
json.dump(results, open("target/bench.json", "w"), indent=2)
END
fi
exit $status
