#!/usr/bin/env python3
"""Measures the ledger against the stock stores and the raw limits: bench.py [PART ...] [--quick].

Writes target/bench.json and ends with 1 if a floor does not hold. Without arguments everything is
measured. Parts are `rebuild`, `rebuild/sqlite` or `rebuild/postgres` (OPL_BENCH_EVENTS events, 1,000,000;
OPL_BENCH_ROUNDS rounds, 3), `proofs` (a million records), or parts of the names of the benchmarks of
appending, and --quick for these. What other parts measured before stays in the file.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"
RESULTS = TARGET / "bench.json"
STORES = ["sqlite", "postgres"]
CARGO_BENCH = ["cargo", "bench", "--locked", "--quiet", "--bench"]
CARGO_BUILD = ["cargo", "build", "--release", "--locked", "--quiet"]


def before():
    """What was measured earlier."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def keep(measured):
    """Puts results into the file, in the order of the names; those of other names stay."""
    known = {result["name"]: result for result in before() + measured}
    merged = [known[name] for name in sorted(known)]
    new = RESULTS.with_suffix(".new")
    new.write_text(json.dumps(merged, indent=2) + "\n")
    new.replace(RESULTS)


def lines(command):
    """Runs a program that prints a result a line and keeps each as it comes; whether all held."""
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for line in program.stdout:
        print(line, end="", flush=True)
        if line.startswith("{"):
            keep([json.loads(line)])
    return program.wait() == 0


def appending(parts):
    """The benchmarks of appending, which write the file themselves; whether all held."""
    earlier = before()
    RESULTS.unlink(missing_ok=True)
    try:
        return subprocess.run([*CARGO_BENCH, "ledger", "--", *parts], cwd=ROOT).returncode == 0
    finally:
        measured = {result["name"] for result in before()}
        keep([result for result in earlier if result["name"] not in measured])


def main(arguments):
    rebuilt = [part for part in arguments if part.split("/")[0] == "rebuild"]
    proofs = "proofs" in arguments
    appended = [part for part in arguments if part not in rebuilt and part != "proofs"]
    stores = [store for store in STORES if {"rebuild", f"rebuild/{store}"} & set(rebuilt)]
    if not arguments:
        stores, proofs = STORES, True
    TARGET.mkdir(exist_ok=True)
    bridge = ["--manifest-path", "tools/postgres-es-bridge/Cargo.toml"]
    subprocess.run([*CARGO_BUILD, *bridge], cwd=ROOT, check=True)
    held = True
    if appended or not arguments:
        held &= appending(appended)
    if stores:
        events = os.environ.get("OPL_BENCH_EVENTS", "1000000")
        rounds = os.environ.get("OPL_BENCH_ROUNDS", "3")
        held &= lines([*CARGO_BENCH, "rebuild", "--", events, rounds, *stores])
    if proofs:
        programs = ["-p", "opl-transparency", "--bins", "--examples"]
        subprocess.run([*CARGO_BUILD, *programs], cwd=ROOT, check=True)
        held &= lines([sys.executable, "tools/bench_proofs.py", "target/release", "target/bench-bundle"])
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
