#!/usr/bin/env bash
# Measures the ledger against the stock stores and the raw limits; writes target/bench.json and ends
# with 1 if a floor does not hold. Without arguments everything is measured. Arguments choose parts:
# `rebuild`, `rebuild/sqlite` or `rebuild/postgres` (OPL_BENCH_EVENTS events, 1,000,000; OPL_BENCH_ROUNDS
# rounds, 3), `proofs` (a million records), or parts of the names of the benchmarks of appending, and
# --quick for these. What other parts measured before stays in the file.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
rebuild=() proofs=() appending=()
for part in "$@"; do
  case "$part" in
    rebuild) rebuild+=(sqlite postgres) ;;
    rebuild/*) rebuild+=("${part#rebuild/}") ;;
    proofs) proofs+=("$part") ;;
    *) appending+=("$part") ;;
  esac
done
if [ $# = 0 ]; then rebuild=(sqlite postgres) proofs=(all); fi

mkdir -p target
rm -f target/rebuild.jsonl target/proofs.jsonl
mv -f target/bench.json target/bench.before.json 2>/dev/null || rm -f target/bench.before.json
# Whatever ends this, what was measured before is not lost.
trap 'python3 tools/bench_merge.py target' EXIT

cargo build --release --locked --quiet --manifest-path tools/postgres-es-bridge/Cargo.toml
if [ $# = 0 ] || [ ${#appending[@]} -gt 0 ]; then
  cargo bench --locked --quiet --bench ledger -- "${appending[@]}" || status=1
fi
if [ ${#rebuild[@]} -gt 0 ]; then
  cargo bench --locked --quiet --bench rebuild -- "${OPL_BENCH_EVENTS:-1000000}" \
    "${OPL_BENCH_ROUNDS:-3}" "${rebuild[@]}" | tee target/rebuild.jsonl || status=1
fi
if [ ${#proofs[@]} -gt 0 ]; then
  cargo build --release --locked --quiet -p opl-transparency --bins --examples
  python3 tools/bench_proofs.py target/release target/bench-bundle | tee target/proofs.jsonl || status=1
fi
exit $status
