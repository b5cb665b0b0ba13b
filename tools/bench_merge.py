#!/usr/bin/env python3
"""Puts what was measured now into bench.json: bench_merge.py TARGET.

Results of other names that were there before stay. The order is that of the names.
"""

import json
import pathlib
import sys

target = pathlib.Path(sys.argv[1])


def results(name):
    path = target / name
    return json.loads(path.read_text()) if path.exists() else []


def lines(name):
    path = target / name
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


measured = {}
for part in (results("bench.before.json"), results("bench.json"),
             lines("rebuild.jsonl"), lines("proofs.jsonl")):
    measured.update({result["name"]: result for result in part})
merged = [measured[name] for name in sorted(measured)]
(target / "bench.json").write_text(json.dumps(merged, indent=2) + "\n")
(target / "bench.before.json").unlink(missing_ok=True)
