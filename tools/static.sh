#!/usr/bin/env bash
# Builds the programs with everything linked into them, into target/static: they need no file beside them.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/^host: //p')
# A target that is named keeps the flag away from build scripts and procedural macros.
RUSTFLAGS="-C target-feature=+crt-static ${RUSTFLAGS:-}" \
  cargo build --release --locked --target "$host" -p one-point-ledger -p opl-transparency
mkdir -p target/static
for program in opl opl-verify opl-witness; do
  built=${CARGO_TARGET_DIR:-target}/$host/release/$program
  if readelf -d "$built" | grep -q NEEDED; then
    echo "$program needs shared libraries" >&2
    exit 1
  fi
  cp "$built" target/static/
done
