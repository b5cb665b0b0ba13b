#!/usr/bin/env python3
"""A second reading of the formats, written from the standards and sharing no code with the crate.

    independent.py roots < SIZES     the root of the tree over big-endian 8-byte numbers, one a line
    independent.py note FILE VKEY    what a signed checkpoint says, if VKEY signed it
    independent.py bundle DIR VKEY   what a bundle leads to
    independent.py proof FILE RECORD VKEY   whether a tlog-proof holds for the bytes of a record

Uses the standard library only; Ed25519 is written out below (RFC 8032, section 5.1).
"""

import base64
import hashlib
import json
import os
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


# --- the tree (RFC 6962, section 2.1) ---


class Tree:
    """All complete subtrees, row by row; a root is put together from at most one of each row."""

    def __init__(self, leaves):
        self.rows = [leaves]
        while len(self.rows[-1]) > 1:
            row = self.rows[-1]
            above = []
            for i in range(0, len(row) - 1, 2):
                above.append(sha256(b"\x01" + row[i] + row[i + 1]))
            self.rows.append(above)

    def hash(self, start, end):
        """MTH(D[start:end]), literally, with complete subtrees looked up."""
        length = end - start
        if length == 0:
            return sha256(b"")
        if length & (length - 1) == 0:
            level = length.bit_length() - 1
            return self.rows[level][start >> level]
        split = 1 << ((length - 1).bit_length() - 1)
        return sha256(b"\x01" + self.hash(start, start + split) + self.hash(start + split, end))


def root_from_path(leaf, index, size, path):
    """RFC 6962, section 2.1.1, turned round: recursive over the sizes."""
    if size == 1:
        if path:
            raise ValueError("the path is too long")
        return leaf
    if not path:
        raise ValueError("the path is too short")
    split = 1 << ((size - 1).bit_length() - 1)
    if index < split:
        return sha256(b"\x01" + root_from_path(leaf, index, split, path[:-1]) + path[-1])
    return sha256(b"\x01" + path[-1] + root_from_path(leaf, index - split, size - split, path[:-1]))


# --- Ed25519 (RFC 8032, section 5.1) ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def recover_x(y, sign):
    if y >= P:
        raise ValueError("no point")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def verifies(public, message, signature):
    if len(signature) != 64:
        return False
    try:
        a, r = point(public), point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# --- notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ---


def verifier(vkey):
    name, key_id, typed = vkey.split("+", 2)
    typed = base64.b64decode(typed, validate=True)
    expected = sha256(name.encode() + b"\n" + typed)[:4]
    if expected.hex() != key_id or len(typed) != 33 or typed[0] not in (1, 4):
        raise ValueError("the verifier key does not fit itself")
    return name, expected, typed[0], typed[1:]


def open_note(note, vkey):
    name, key_id, kind, public = verifier(vkey)
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    signed = False
    for line in signatures.splitlines():
        dash, by, signature = line.split(" ")
        if dash != "\u2014":
            raise ValueError("no signature line")
        signature = base64.b64decode(signature, validate=True)
        if by != name or signature[:4] != key_id:
            continue
        message, signature = text, signature[4:]
        if kind == 4:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {time}\n{text}"
        if not verifies(public, message.encode(), signature):
            raise ValueError("a wrong signature")
        signed = True
    if not signed:
        raise ValueError("not signed by this key")
    origin, size, root, end = text.split("\n")
    if end or str(int(size)) != size:
        raise ValueError("no checkpoint")
    return origin, int(size), base64.b64decode(root, validate=True)


# --- bundles ---


def take(data, at, count):
    if at + count > len(data):
        raise ValueError("cut off")
    return data[at : at + count], at + count


def record_fields(data):
    """The canonical form, field by field."""
    fields, at = {}, 0
    for name, form in [
        ("form", 1), ("position", 8), ("stream", "name"), ("version", 8), ("event_id", 16),
        ("event_type", "name"), ("schema_version", 2), ("recorded_at", 8), ("metadata", "block"),
        ("key_id", 16), ("payload", "block"),
    ]:  # fmt: skip
        if isinstance(form, str):
            length, at = take(data, at, 1 if form == "name" else 4)
            form = int.from_bytes(length, "big")
        fields[name], at = take(data, at, form)
    if at != len(data) or fields["form"] != b"\x01":
        raise ValueError("no record")
    return fields


def read_bundle(folder, vkey):
    def contents(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    manifest = json.loads(contents("bundle.json"))
    for entry in manifest["files"]:
        data = contents(entry["name"])
        if len(data) != entry["bytes"]:
            raise ValueError(entry["name"])
        if "sha256" in entry and sha256(data).hex() != entry["sha256"]:
            raise ValueError(entry["name"])
    data, at, leaves, positions = contents("records.bin"), 0, [], []
    while at < len(data):
        length, at = take(data, at, 4)
        record, at = take(data, at, int.from_bytes(length, "big"))
        positions.append(int.from_bytes(record_fields(record)["position"], "big"))
        leaves.append(sha256(b"\x00" + record))
    if b"".join(leaves) != contents("hashes.bin"):
        raise ValueError("hashes.bin")
    checkpoints = []
    for entry in manifest["files"]:
        if entry["name"].startswith("checkpoints/"):
            origin, size, root = open_note(contents(entry["name"]).decode(), vkey)
            checkpoints.append((origin, size, root))
    if manifest["kind"] == "whole":
        tree = Tree(leaves)
        fit = all(tree.hash(0, size) == root for _, size, root in checkpoints)
    else:
        data, at, fit = contents("proofs.bin"), 0, True
        _, size, root = checkpoints[0]
        for leaf, stated in zip(leaves, positions):
            position, at = take(data, at, 8)
            count, at = take(data, at, 1)
            path = []
            for _ in range(count[0]):
                hash_, at = take(data, at, 32)
                path.append(hash_)
            position = int.from_bytes(position, "big")
            fit &= position == stated
            fit &= root_from_path(leaf, position - 1, size, path) == root
        fit &= at == len(data)
    return {
        "origin": manifest["origin"],
        "kind": manifest["kind"],
        "positions": positions,
        "sizes": [size for _, size, _ in checkpoints],
        "fit": fit,
    }


def check_proof(path, record, vkey):
    with open(path, encoding="utf-8") as file:
        head, _, note = file.read().partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise ValueError("no proof")
    if lines[0].startswith("extra "):
        base64.b64decode(lines.pop(0)[6:], validate=True)
    index = int(lines.pop(0).removeprefix("index "))
    _, size, root = open_note(note, vkey)
    with open(record, "rb") as file:
        leaf = sha256(b"\x00" + file.read())
    hashes = [base64.b64decode(line, validate=True) for line in lines]
    return {"index": index, "size": size, "fit": root_from_path(leaf, index, size, hashes) == root}


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "roots":
        sizes = [int(line) for line in sys.stdin]
        tree = Tree([sha256(b"\x00" + i.to_bytes(8, "big")) for i in range(max(sizes))])
        sys.stdout.write("".join(f"{tree.hash(0, size).hex()}\n" for size in sizes))
    elif command == "note":
        with open(arguments[0], encoding="utf-8") as file:
            origin, size, root = open_note(file.read(), arguments[1])
        print(json.dumps({"origin": origin, "size": size, "root": root.hex()}))
    elif command == "bundle":
        print(json.dumps(read_bundle(*arguments)))
    elif command == "proof":
        print(json.dumps(check_proof(*arguments)))
    else:
        sys.exit("unknown command")


if __name__ == "__main__":
    main()
