#!/usr/bin/env bash
# The long run of the tests that kill, cut and starve: 1,000 kills, 1,000,000 events by 64 writers,
# 10,000 cut connections, every single input and output call failing in turn, 1,000 old databases under a
# running signer, 200 requests a second over a rolling restart. Takes hours.
# OPL_SOAK says how many thousandths of that; OPL_SOAK=100 is a tenth. Arguments choose tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export OPL_SOAK=${OPL_SOAK:-1000}
[ "$#" -gt 0 ] || set -- kill:: crowd:: faults:: backup:: restores:: rolling::
cargo test --release --locked --test it -- --test-threads=2 "$@"
