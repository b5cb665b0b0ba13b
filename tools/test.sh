#!/usr/bin/env bash
# Runs every test. Each part says its name; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
part() { printf '\n== %s\n' "$*"; }

part 'the page: types, lint, unit tests, build, budgets'
tools/web.sh
npm --prefix web run --silent lock:check
npm --prefix web run --silent typecheck
npm --prefix web run --silent lint
npm --prefix web run --silent test
npm --prefix web run --silent budget

part 'format and lints'
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings

part 'unit, property and integration tests, on SQLite and PostgreSQL'
cargo test --workspace --locked

part 'the log in KurrentDB, against a server that speaks its protocol (or OPL_KURRENT_URL)'
cargo fmt --check --manifest-path tools/kurrent-fake/Cargo.toml
cargo clippy --features kurrent --all-targets --locked -- -D warnings
cargo test --features kurrent --test it --locked -- kurrent

part 'the bridge to stock postgres-es tables'
cargo fmt --check --manifest-path tools/postgres-es-bridge/Cargo.toml
cargo clippy --all-targets --locked --manifest-path tools/postgres-es-bridge/Cargo.toml -- -D warnings
cargo test --locked --manifest-path tools/postgres-es-bridge/Cargo.toml

part 'the page in Chromium, against a stub'
npm --prefix web run --silent e2e -- --project=stub

part 'the page in Chromium, against the real service and the sandbox bank'
tools/journey.sh

part 'an auditor in Chromium'
tools/auditor.sh

part 'all passed'
