#!/usr/bin/env bash
# Attacks a debug build with schemathesis, sslyze and pkilint, each for a bounded time. Arguments choose
# parts: graphql, tls, certificates. OPL_HARDEN_CASES and OPL_HARDEN_SECONDS say how much of the first.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --locked
exec target/harden/bin/python tools/harden.py "${OPL_PROGRAM:-target/debug/opl}" schema.graphql "$@"
