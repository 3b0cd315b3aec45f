#!/usr/bin/env python3
"""Verifies an archive of `cordon audit export` with nothing but the public key.

    verify_export.py --key KEY [--checkpoints FILE]... [--json] ARCHIVE

A second verifier, written after docs/audit.md and not after Cordon's code, with
nothing but Python's own library. It reads the archive once, in constant memory
(a selection: one hash a record). KEY is the text that `cordon audit key` prints,
or a file with one such text a line. `-` reads the archive from standard input.

Exit code: 0 whole, 1 broken, 2 could not be checked.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import tarfile

# --- Ed25519, RFC 8032, section 5.1 ------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def decompress(text):
    """A point (x, y, z, xy) from its 32 bytes; None when there is none."""
    number = int.from_bytes(text, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def has_signed(key, text, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

# --- Hashes -------------------------------------------------------------------


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def genesis(tenant):
    return sha256(b"cordon audit genesis v1\0", tenant.encode())


def link(seq, prev, body):
    return sha256(b"cordon audit record v1\0", seq.to_bytes(8, "big"), prev, body)


def leaf(record):
    return sha256(b"\0", record)


def node(left, right):
    return sha256(b"\1", left, right)


class Tree:
    """RFC 6962, section 2.1: the perfect subtrees, largest first."""

    def __init__(self, size, nodes):
        if len(nodes) != bin(size).count("1"):
            raise NotChecked("the manifest's base is none")
        self.size, self.nodes = size, list(nodes)

    def push(self, record):
        hash, size = leaf(record), self.size
        while size & 1:
            hash, size = node(self.nodes.pop(), hash), size >> 1
        self.nodes.append(hash)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha256()
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = node(left, root)
        return root


def is_included(record, index, size, path, root):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    index, last, hash = index, size - 1, leaf(record)
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            hash = node(sibling, hash)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hash = node(hash, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and hash == root


def is_consistent(old_size, new_size, path, old_root, new_root):
    """RFC 9162, section 2.1.4.2, for 0 < old_size < new_size."""
    path = list(path)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    index, last = old_size - 1, new_size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, new_root)


# --- Checkpoints: C2SP signed-note and tlog-checkpoint --------------------------


class NotChecked(Exception):
    """Why it could not be found out. That is no tampering."""


class Broken(Exception):
    """A verdict, and the first record that is not right."""

    def __init__(self, verdict, first_bad):
        super().__init__(verdict)
        self.verdict, self.first_bad = verdict, first_bad


def parse_key(text):
    """(origin, 32 bytes) of NAME+HASH+BASE64."""
    name, id, key = text.strip().split("+", 2)
    key = base64.b64decode(key, validate=True)
    if key[:1] != b"\1" or len(key) != 33 or sha256(name.encode(), b"\n", key)[:4].hex() != id:
        raise ValueError
    return name.rsplit("/", 1)[0], key[1:]


class Checkpoint:
    """A validly signed checkpoint. `Unusable` when it is none."""

    def __init__(self, size, note, tenant, keys, outside):
        self.size, self.outside = size, outside
        try:
            text, signatures = note.rsplit("\n\n", 1)
            name, signed_size, root = text.split("\n")[:3]
            origin, of_tenant = name.rsplit("/", 1)
            time = re.search(r"^time (\d+)$", text, re.M).group(1)
            self.root, self.time_s, signed_size = base64.b64decode(root, validate=True), int(time), int(signed_size)
        except (ValueError, AttributeError):
            raise Unusable("bad_signature", size) from None
        verdict = "unknown_key"
        for line in signatures.splitlines():
            parts = line.split(" ")
            if len(parts) != 3 or parts[:2] != ["\u2014", name]:
                continue
            id, signature = base64.b64decode(parts[2])[:4], base64.b64decode(parts[2])[4:]
            for key_origin, key in keys:
                if key_origin == origin and sha256(name.encode(), b"\n\1", key)[:4] == id:
                    verdict = "bad_signature"
                    if has_signed(key, text.encode() + b"\n", signature):
                        verdict = None
                        break
            if verdict is None:
                break
        if verdict:
            raise Unusable(verdict, size)
        if of_tenant != tenant:
            raise Unusable("swapped", size)
        if signed_size != size:
            raise Unusable("bad_signature", size)


class Unusable(Exception):
    """A checkpoint that is not what a trusted key signed."""

    def __init__(self, verdict, size):
        super().__init__(verdict)
        self.verdict, self.size = verdict, size


# --- The archive ----------------------------------------------------------------

RECORD = re.compile(rb'\{"seq":(\d{1,18}),"prev_hash":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","body":(.*)\}')


def parse_record(line):
    match = RECORD.fullmatch(line)
    if not match:
        return None
    seq, prev, hash, body = match.groups()
    return int(seq), bytes.fromhex(prev.decode()), bytes.fromhex(hash.decode()), body


def check_tenant(tenant, body):
    """None, or what is wrong with a body that does not name its tenant."""
    if b'"tenant":"' + tenant.encode() + b'"' in body:
        return None
    try:
        return "swapped" if isinstance(json.loads(body)["tenant"], str) else "altered"
    except (ValueError, KeyError, TypeError):
        return "altered"


class Anchors:
    """The checkpoints that are still to be met, by size."""

    def __init__(self, tenant, keys, outside):
        self.tenant, self.keys, self.unusable = tenant, keys, None
        self.found = sorted(((size, True, note) for size, note in outside), key=lambda found: found[0])

    def add(self, size, note):
        self.found.append((size, False, note))
        self.found.sort(key=lambda found: found[0])

    def next_size(self):
        return self.found[0][0] if self.found else None

    def take(self, size):
        taken = []
        while self.next_size() == size:
            _, outside, note = self.found.pop(0)
            try:
                taken.append(Checkpoint(size, note, self.tenant, self.keys, outside))
            except Unusable as error:
                self.unusable = self.unusable or error
        return taken


class Range:
    """All records of a range: each link, and the tree at each checkpoint."""

    def __init__(self, manifest, anchors):
        self.tenant, self.manifest, self.anchors = manifest["tenant"], manifest, anchors
        base = manifest["base"]
        self.begins_after = self.vouched = self.seq = base["seq"]
        self.hash = bytes.fromhex(base["hash"]) if base["seq"] else genesis(self.tenant)
        self.before = None
        self.tree = Tree(base["seq"], [bytes.fromhex(node) for node in base["frontier"]])
        self.agreed, self.broken, self.outside_differs, self.lines = 0, None, False, 0
        while anchors.found and anchors.next_size() < self.seq:
            anchors.found.pop(0)
        self.meet()

    def checkpoint(self, size, note):
        if (self.broken is None or self.outside_differs) and size >= self.seq:
            self.anchors.add(size, note)
            if self.broken is None:
                self.meet()

    def record(self, line):
        record = parse_record(line)
        if self.broken:
            self.look_further(record)
        elif record is None:
            self.broken = Broken("altered", self.seq + 1)
        else:
            self.follow(*record)

    def follow(self, seq, prev, hash, body):
        wrong = None
        if seq != self.seq + 1:
            wrong = "forked" if seq == self.seq > self.begins_after else "missing"
        else:
            wrong = check_tenant(self.tenant, body)
            if not wrong and prev != self.hash:
                wrong = "forked" if prev == self.before else "link_broken"
            if not wrong and link(seq, prev, body) != hash:
                wrong = "altered"
        if wrong:
            self.broken = Broken(wrong, seq if wrong == "forked" else self.seq + 1)
            return
        self.before, self.seq, self.hash = self.hash, seq, hash
        self.tree.push(hash)
        self.meet()

    def look_further(self, record):
        """The record that belongs where the chain is broken may stand further back."""
        if self.broken.verdict in ("link_broken", "missing") and record and record[1] == self.hash:
            self.broken = Broken("reordered", self.broken.first_bad)

    def meet(self):
        if self.anchors.next_size() != self.seq:
            return
        anchors = self.anchors.take(self.seq)
        if anchors:
            self.compare(anchors, all(anchor.root == self.tree.root() for anchor in anchors))

    def compare(self, anchors, agrees):
        if len({anchor.root for anchor in anchors}) > 1:
            self.broken = Broken("forked", self.vouched + 1)
        elif agrees:
            self.vouched, self.agreed = self.seq, self.agreed + 1
        elif all(anchor.outside for anchor in anchors):
            self.outside_differs = True
            self.broken = Broken("restored_from_backup", self.vouched + 1)
        else:
            self.broken = Broken("rewritten_against_checkpoint", self.vouched + 1)

    def proof(self, proof):
        """That a checkpoint behind the range covers it; others show nothing new."""
        start, to = proof["from"], proof["to"]
        if self.broken or start != self.seq or to <= start:
            return
        while self.anchors.found and self.anchors.next_size() <= to:
            anchors = self.anchors.take(self.anchors.next_size())
            if anchors and anchors[0].size == to:
                path = [bytes.fromhex(hash) for hash in proof["path"]]
                holds = is_consistent(start, to, path, self.tree.root(), anchors[0].root)
                for anchor in anchors:
                    anchor.outside = False
                self.compare(anchors, holds)

    def end(self, end):
        through, made_s = self.manifest["through"], self.manifest["made_us"] // 1_000_000
        if self.outside_differs:
            # The database has a later checkpoint that is also kept outside: it is
            # no old one.
            while self.anchors.found:
                anchors = self.anchors.take(self.anchors.next_size())
                if len({anchor.outside for anchor in anchors}) == 2:
                    self.broken = Broken("rewritten_against_checkpoint", self.broken.first_bad)
        if self.broken:
            raise self.broken
        at = {"seq": self.seq, "hash": self.hash.hex()}
        if self.seq < through["seq"]:
            raise Broken("truncated", self.seq + 1)
        if self.seq > through["seq"]:
            raise Broken("past_head", through["seq"] + 1)
        if at != through or at != end["through"] or end["records"] != self.seq - self.begins_after:
            raise Broken("head_mismatch", self.seq)
        if self.manifest.get("head") == through:
            restored = False
            while self.anchors.found:
                anchors = self.anchors.take(self.anchors.next_size())
                if any(not anchor.outside for anchor in anchors):
                    raise Broken("truncated_against_checkpoint", self.seq + 1)
                restored = restored or any(anchor.time_s < made_s for anchor in anchors)
            if restored:
                raise Broken("restored_from_backup", self.seq + 1)
        if self.anchors.unusable:
            raise Broken(self.anchors.unusable.verdict, self.anchors.unusable.size)
        records = self.seq - self.begins_after
        if records and not self.agreed:
            raise NotChecked("no checkpoint of a trusted key covers any record")
        return {"records": records, "unanchored": self.seq - self.vouched}


class Selection:
    """Single records, each by its inclusion proof."""

    def __init__(self, manifest, anchors):
        self.tenant, self.anchors = manifest["tenant"], anchors
        self.roots, self.hashes, self.proven, self.last, self.broken = {}, {}, set(), 0, None
        self.take()

    def take(self):
        while self.anchors.found:
            for anchor in self.anchors.take(self.anchors.next_size()):
                if self.roots.setdefault(anchor.size, anchor.root) != anchor.root:
                    self.broken = self.broken or Broken("forked", 1)

    def checkpoint(self, size, note):
        self.anchors.add(size, note)
        self.take()

    def record(self, line):
        record = parse_record(line)
        if record is None:
            self.broken = self.broken or Broken("altered", self.last + 1)
            return
        seq, prev, hash, body = record
        wrong = "reordered" if seq <= self.last else check_tenant(self.tenant, body)
        if not wrong and link(seq, prev, body) != hash:
            wrong = "altered"
        if wrong:
            self.broken = self.broken or Broken(wrong, seq)
            return
        self.last, self.hashes[seq] = seq, hash

    def proof(self, proof):
        seq, size = proof["seq"], proof["size"]
        path = [bytes.fromhex(hash) for hash in proof["path"]]
        if seq in self.hashes and size in self.roots:
            if is_included(self.hashes[seq], seq - 1, size, path, self.roots[size]):
                self.proven.add(seq)

    def end(self, end):
        if self.broken:
            raise self.broken
        if end["records"] != len(self.hashes):
            raise Broken("missing", self.last + 1)
        if self.anchors.unusable:
            raise Broken(self.anchors.unusable.verdict, self.anchors.unusable.size)
        covered = max(self.roots, default=0)
        unproven = [seq for seq in self.hashes if seq not in self.proven]
        for seq in unproven:
            if seq <= covered:
                raise Broken("unproven", seq)
        if self.hashes and not self.proven:
            raise NotChecked("no checkpoint of a trusted key covers any record")
        return {"records": len(self.proven), "unanchored": len(unproven)}


def lines(member):
    for line in member:
        yield line.rstrip(b"\n")


def verify(file, keys, outside):
    """The verdict on an archive. Raises `Broken` or `NotChecked`."""
    checker = None
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive:
            for entry in archive:
                member, folder = archive.extractfile(entry), entry.name.split("/")[0]
                if checker is None:
                    manifest = json.load(member)
                    if entry.name != "manifest.json" or manifest.get("format") != "cordon-audit-export":
                        raise NotChecked("this is no archive of `cordon audit export`")
                    if manifest["version"] != 1:
                        raise NotChecked("the archive has another version than 1")
                    anchors = Anchors(manifest["tenant"], keys, outside)
                    checker = (Range if manifest["kind"] == "range" else Selection)(manifest, anchors)
                elif folder == "checkpoints":
                    for line in map(json.loads, lines(member)):
                        checker.checkpoint(line["size"], line["note"])
                elif folder == "records":
                    for line in lines(member):
                        checker.record(line)
                elif folder == "proofs.jsonl":
                    for line in map(json.loads, lines(member)):
                        checker.proof(line)
                elif folder == "end.json":
                    return manifest, checker.end(json.load(member))
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
        raise NotChecked(f"the archive cannot be read: {error}") from None
    raise NotChecked("the archive is cut off: it has no end")


def read_keys(text):
    try:
        return [parse_key(text)]
    except ValueError:
        with open(text, encoding="utf-8") as file:
            return [parse_key(line) for line in file if line.strip()]


def read_checkpoints(path):
    with open(path, encoding="utf-8") as file:
        return [(line["size"], line["note"]) for line in map(json.loads, file)]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("archive")
    options.add_argument("--key", action="append", required=True)
    options.add_argument("--checkpoints", action="append", default=[])
    options.add_argument("--json", action="store_true")
    options = options.parse_args()
    try:
        keys = [key for text in options.key for key in read_keys(text)]
        outside = [found for path in options.checkpoints for found in read_checkpoints(path)]
        file = sys.stdin.buffer if options.archive == "-" else open(options.archive, "rb")
        manifest, told = verify(file, keys, outside)
        told, code = {"verdict": "whole", "first_bad": None, "tenant": manifest["tenant"], **told}, 0
    except Broken as broken:
        told, code = {"verdict": broken.verdict, "first_bad": broken.first_bad}, 1
    except (NotChecked, OSError, ValueError) as error:
        told, code = {"verdict": None, "error": str(error)}, 2
    print(json.dumps(told) if options.json else " ".join(f"{name}={value}" for name, value in told.items()))
    sys.exit(code)


if __name__ == "__main__":
    main()
