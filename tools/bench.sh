#!/usr/bin/env bash
# Measures the ledger against the stock stores and the raw limits; writes target/bench.json.
# Arguments go to the benchmarks: --quick, or parts of their names.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet --manifest-path tools/postgres-es-bridge/Cargo.toml
cargo bench --locked --quiet --bench ledger -- "$@"
