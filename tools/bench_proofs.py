#!/usr/bin/env python3
"""Measures proofs and the verifier: bench_proofs.py PROGRAMS SCRATCH.

Prints one JSON object a line, as the other benchmarks do, and ends with 1 if a limit is broken.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

RECORDS = 1_000_000
PAYLOAD_BYTES = 700
ROUNDS = 3
MOST_SECONDS = 10.0
MOST_MEBIBYTES = 200.0


def tell(name, ours, baseline, unit, note, limit=None, measured=None):
    holds = limit is None or measured <= limit
    floor = None if limit is None else f"<= {limit:g}"
    result = {"name": name, "ours": ours, "baseline": baseline, "ratio": round(ours / baseline, 3),
              "unit": unit, "floor": floor, "holds": holds, "note": note}
    print(json.dumps(result), flush=True)
    return holds


def verify(programs, bundle):
    """Seconds and peak MiB of one run of the verifier."""
    began = time.monotonic()
    command = [programs / "opl-verify", bundle, "--policy", f"{bundle}.policy"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"opl-verify ended with status {status}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def digest(bundle):
    """Seconds to read and hash the bundle's bytes, and nothing else."""
    began = time.monotonic()
    for path in sorted(path for path in bundle.rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            hashlib.file_digest(file, "sha256")
    return time.monotonic() - began


def main():
    programs, bundle = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    times = json.loads(subprocess.check_output([programs / "examples/proof_times", str(RECORDS)]))
    holds = tell("proof/build", times["make_p50"], times["tree"], "us",
                 f"an inclusion proof from stored tiles, {RECORDS} leaves; hashing the whole tree")
    holds &= tell("proof/verify", times["verify_p50"], times["raw_verify_p50"], "us",
                  "a receipt with its checkpoint; one Ed25519 check and as many hashes, bare")
    shutil.rmtree(bundle, ignore_errors=True)
    make = [programs / "examples/bundle", bundle, str(RECORDS), str(PAYLOAD_BYTES)]
    subprocess.check_call(make)
    rounds = [(verify(programs, bundle), digest(bundle)) for _ in range(ROUNDS)]
    shutil.rmtree(bundle)
    rounds.sort(key=lambda round_: round_[0][0])
    (seconds, _), bare = rounds[ROUNDS // 2]
    memory = max(round_[0][1] for round_ in rounds)
    holds &= tell("opl-verify/1M", round(seconds, 2), round(bare, 2), "s",
                  f"{RECORDS} records of {PAYLOAD_BYTES} bytes; SHA-256 of the same files",
                  MOST_SECONDS, seconds)
    holds &= tell("opl-verify/1M/memory", round(memory, 1), MOST_MEBIBYTES, "MiB", "peak; the limit",
                  MOST_MEBIBYTES, memory)
    sys.exit(0 if holds else 1)


main()
