#!/usr/bin/env python3
"""
Verifies a sealed bundle of evidence, offline, with nothing but Python 3.11 or newer: python3 verify.py BUNDLE.zip

    --key FILE          the line of the key that is to have signed it, got from the organisation by another way
    --checkpoint FILE   a checkpoint of the same journal that you got earlier or elsewhere

Prints PASS, FAIL or OPEN for every part. Exit code 0: nothing failed. 1: something did. 2: wrong usage.

What it holds against one another: the bytes of every file and the signed manifest; every record of the incident and of
custody and the signed Merkle root of the journal (RFC 6962); the records of a stream and their order; the bytes of
each piece of evidence and the record of its collection. It is one file, because it travels alone.
"""

import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PASS, FAIL, OPEN = "PASS", "FAIL", "OPEN"
FORMAT = "tocsin evidence bundle 1"
MANIFEST, SIGNATURE, KEY, CHECKPOINT = "manifest.json", "manifest.sig", "key.txt", "checkpoint.txt"
JOURNAL, CUSTODY, INCLUSION, CONSISTENCY = (
    "journal.jsonl",
    "custody.jsonl",
    "inclusion_proofs.json",
    "consistency_proofs.json",
)
MOST_MEMBERS, MOST_TEXT_BYTES, CHUNK_BYTES = 100_000, 1 << 28, 1 << 20
NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,120}(/(?!\.)[A-Za-z0-9_.-]{1,120}){0,2}")
"""No absolute paths, no `..`, nothing that a system could take for a device or hide."""
DASH = "— "


@dataclass(frozen=True)
class Told:
    """What was found of one part."""

    what: str
    outcome: str
    says: str


class BadBundle(Exception):
    """The file is not a bundle that can be looked into safely."""


# Ed25519, verification only (RFC 8032, section 5.1). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, point)
        point, scalar = _add(point, point), scalar >> 1
    return found


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_Y = 4 * pow(5, P - 2, P) % P
BASE = _point(_Y.to_bytes(32, "little")) or (0, 1, 1, 0)


def ed25519_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of 64 bytes is of this message, by this key of 32 bytes."""
    point = _point(key) if len(key) == 32 else None
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return _encoded(_add(_times(scalar, BASE), _times(challenge, minus))) == signature[:32]


# The Merkle tree of RFC 9162, section 2.1.


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that this leaf is the one of this index (2.1.3.2)."""
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, sibling)
        at, last = at >> 1, last >> 1
    return 0 <= index < size and last == 0 and found == root


def extends(first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the larger tree begins with the smaller one (2.1.4.2)."""
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not 0 < first < second or not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = _node(sibling, was), _node(sibling, now)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            now = _node(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and was == first_root and now == second_root


# Signed notes (C2SP signed-note, tlog-checkpoint).


@dataclass(frozen=True)
class Key:
    """Who is to have signed."""

    name: str
    number: bytes
    raw: bytes
    text: str


def _unbase64(text: str) -> bytes:
    """Only the usual spelling: spare bits must not hide a change."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadBundle("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise BadBundle("base64 in an unusual spelling")
    return data


def read_key(text: str) -> Key:
    """The key in its line name+number+key. Raises `BadBundle`."""
    name, _, rest = text.strip().partition("+")
    number, _, encoded = rest.partition("+")
    raw = _unbase64(encoded)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] != 1 or number != expected.hex() or text.strip("\n") != text.strip():
        raise BadBundle("not the line of an Ed25519 key")
    return Key(name, expected, raw[1:], text.strip())


def opened(note: bytes, key: Key) -> str:
    """The text that the key signed. Raises `BadBundle`, which says why it is not."""
    text, separator, lines = note.decode("utf-8", "replace").rpartition("\n\n")
    if not separator or not lines.endswith("\n") or lines.count("\n") != 1:
        raise BadBundle("is no signed note")
    begin = f"{DASH}{key.name} "
    if not lines.startswith(begin):
        raise BadBundle(f"is signed by another key than {key.name}")
    marked = _unbase64(lines[len(begin) : -1])
    if marked[:4] != key.number:
        raise BadBundle(f"is signed by another key than {key.name}")
    if not ed25519_verifies(key.raw, (text + "\n").encode(), marked[4:]):
        raise BadBundle("was changed after it was signed, or its signature is forged")
    return text + "\n"


def read_checkpoint(note: bytes, key: Key) -> tuple[int, bytes]:
    """Size and root of a signed checkpoint. Raises `BadBundle`."""
    lines = opened(note, key).split("\n")
    if len(lines) != 4 or lines[0] != key.name or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise BadBundle("is no checkpoint of the journal")
    return int(lines[1]), _unbase64(lines[2])


# The container: a ZIP file in the one form in which tocsin writes it, so that no byte of it is left to chance.


class Bundle:
    """The members of a bundle. Raises `BadBundle` for what must not be looked into."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, RuntimeError) as error:
            raise BadBundle(f"is no ZIP file that can be read: {type(error).__name__}") from None
        self._file = file
        self._infos = self._zip.infolist()
        self.names = [info.filename for info in self._infos]
        self._refuse_traps()

    def _refuse_traps(self) -> None:
        if len(self.names) > MOST_MEMBERS:
            raise BadBundle(f"has more than {MOST_MEMBERS:,} members")
        if len(set(self.names)) != len(self.names):
            raise BadBundle(f"has {_twice(self.names)!r} twice: which one is shown depends on who looks")
        for info in self._infos:
            if not NAME.fullmatch(info.filename):
                raise BadBundle(f"has a member with the unsafe name {info.filename[:80]!r}")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                raise BadBundle(f"has {info.filename!r} compressed: it could grow without bound")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, a part at a time; a wrong checksum of the container is not minded here."""
        try:
            with self._zip.open(name) as member:
                member._expected_crc = None  # type: ignore[attr-defined]  # noqa: SLF001 - SHA-256 tells more, and where
                while chunk := member.read(CHUNK_BYTES):
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, struct.error, RuntimeError):
            return

    def bytes_of(self, name: str) -> bytes:
        """A member of text, whole; empty where it is missing. Raises `BadBundle` for one too long."""
        if name not in self.names:
            return b""
        if self._zip.getinfo(name).file_size > MOST_TEXT_BYTES:
            raise BadBundle(f"has {name!r} of more than {MOST_TEXT_BYTES:,} bytes")
        return b"".join(self.chunks(name))

    def digest(self, name: str) -> str:
        """The SHA-256 of a member."""
        found = hashlib.sha256()
        for chunk in self.chunks(name):
            found.update(chunk)
        return found.hexdigest()

    def json(self, name: str) -> Any:
        """A member that is JSON. Raises `BadBundle`."""
        return parsed(self.bytes_of(name), name)

    def shape(self) -> str:
        """What is not as tocsin writes it; empty for a bundle as it should be."""
        if self.names != sorted(self.names):
            return "its members are not in order"
        at = 0
        for info in self._infos:
            header = _header(info)
            self._file.seek(at)
            if info.header_offset != at or self._file.read(len(header)) != header:
                return f"the header of {info.filename} was changed"
            at += len(header) + info.file_size
        self._file.seek(at)
        end = self._end(at)
        return (
            "" if self._file.read(len(end) + 1) == end else "its directory was changed, or something stands behind it"
        )

    def _end(self, at: int) -> bytes:
        directory = b"".join(map(_entry, self._infos))
        count = len(self._infos)
        return directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)


def _twice(names: Sequence[str]) -> str:
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), "")  # type: ignore[func-returns-value]


def parsed(data: bytes, name: str) -> Any:
    """JSON without names that stand twice. Raises `BadBundle`."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadBundle(f"{name} has a name twice in one object")
        return found

    try:
        return json.loads(data.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise BadBundle(f"{name} is not JSON") from None


def _header(info: zipfile.ZipInfo) -> bytes:
    name = info.filename.encode()
    sizes = (info.CRC, info.file_size, info.file_size)
    return struct.pack("<4s2B4H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 33, *sizes, len(name), 0) + name


def _entry(info: zipfile.ZipInfo) -> bytes:
    name = info.filename.encode()
    sizes = (info.CRC, info.file_size, info.file_size)
    parts = (b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, *sizes, len(name), 0, 0, 0, 0, 0o600 << 16, info.header_offset)
    return struct.pack("<4s4B4H3L5H2L", *parts) + name


# The checks.


@dataclass
class Checking:
    """A bundle, and what has been found of it so far."""

    bundle: Bundle
    key: Key
    manifest: dict[str, Any]
    told: list[Told] = field(default_factory=list)

    def tell(self, what: str, fault: str, fine: str) -> None:
        """The part is as it should be unless there is a fault."""
        self.told.append(Told(what, FAIL if fault else PASS, fault or fine))


def verify(file: IO[bytes], *, key: str = "", checkpoint: bytes = b"") -> list[Told]:
    """Everything that is found of a bundle. Never raises for what stands in the file."""
    try:
        bundle = Bundle(file)
    except BadBundle as error:
        return [Told("bundle", FAIL, str(error))]
    told = [Told("bundle", FAIL if (fault := bundle.shape()) else PASS, fault or "in the one form tocsin writes")]
    try:
        own = read_key(bundle.bytes_of(KEY).decode("utf-8", "replace"))
        expected = read_key(key) if key else own
    except BadBundle as error:
        return [*told, Told(KEY, FAIL, str(error))]
    told.append(_whose(own, expected, is_given=bool(key)))
    try:
        manifest = bundle.json(MANIFEST)
        checking = Checking(bundle, expected, manifest, told)
        for check in (_manifest, _files, _checkpoint, _records, _evidence, _others):
            check(checking)
        _known(checking, checkpoint)
    except BadBundle as error:
        told.append(Told("bundle", FAIL, str(error)))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        told.append(Told(MANIFEST, FAIL, f"does not have the form of one: {type(error).__name__}"))
    return told


def _whose(own: Key, expected: Key, *, is_given: bool) -> Told:
    if own != expected:
        return Told(KEY, FAIL, f"the bundle is of the key {own.text}, not of the one that was given: it is forged")
    if is_given:
        return Told(KEY, PASS, "the key that was given")
    return Told(KEY, OPEN, f"the bundle names its key itself; ask the organisation whether it is {own.text}")


def _manifest(checking: Checking) -> None:
    raw = checking.bundle.bytes_of(MANIFEST)
    fault = ""
    try:
        text = opened(checking.bundle.bytes_of(SIGNATURE), checking.key)
        if text != f"{FORMAT}\n{hashlib.sha256(raw).hexdigest()}\n":
            fault = "was changed after it was signed"
    except BadBundle as error:
        fault = f"its signature {error}"
    checking.tell(MANIFEST, fault, "signed")


def _files(checking: Checking) -> None:
    listed = {each["name"]: each for each in checking.manifest["files"]}
    whose = {each["sha256"]: name for name, each in listed.items()}
    for name in sorted({*listed, *checking.bundle.names} - {MANIFEST, SIGNATURE}):
        if name not in listed:
            fault = "is not in the manifest: it was added afterwards"
        elif name not in checking.bundle.names:
            fault = "is missing: it was taken out"
        else:
            fault = _difference(checking.bundle.digest(name), listed[name]["sha256"], whose)
        checking.tell(name, fault, "the bytes that the manifest lists")


def _difference(found: str, wanted: str, whose: dict[str, str]) -> str:
    if found == wanted:
        return ""
    if found in whose:
        return f"holds the bytes of {whose[found]}: they were swapped"
    return "was changed: its SHA-256 is not the one of the manifest"


def _checkpoint(checking: Checking) -> None:
    wanted = checking.manifest["checkpoint"]["size"]
    try:
        size, root = read_checkpoint(checking.bundle.bytes_of(CHECKPOINT), checking.key)
    except BadBundle as error:
        checking.tell("checkpoint", f"{CHECKPOINT} {error}", "")
        return
    fault = ""
    if size < wanted:
        fault = f"{CHECKPOINT} is an older one, of {size} records; the manifest is of {wanted}: it was rolled back"
    elif (size, root.hex()) != (wanted, checking.manifest["checkpoint"]["root"]):
        fault = f"{CHECKPOINT} is another one than the manifest names"
    checking.tell("checkpoint", fault, f"the journal's first {size} records, signed")


def _records(checking: Checking) -> None:
    """Every line is in the journal that the checkpoint is of, and every stream is whole and in order."""
    inclusion = checking.bundle.json(INCLUSION)
    proofs, proven = {each["leaf"]: each for each in inclusion["proofs"]}, inclusion["size"]
    try:
        size, root = read_checkpoint(checking.bundle.bytes_of(CHECKPOINT), checking.key)
    except BadBundle:
        size, root = 0, b""
    streams: dict[str, list[tuple[int, str, str]]] = {}
    for name in (JOURNAL, CUSTODY):
        faults, before = [], -1
        for number, line in enumerate(_lines(checking.bundle, name), 1):
            leaf = leaf_hash(line)
            entry, proof = parsed(line, f"{name} line {number}"), proofs.get(leaf.hex())
            position = -1 if proof is None else proof["position"]
            if root and size < proven:
                faults = [f"its proofs are for {proven} records, and {CHECKPOINT} is of {size}: it is an older one"]
            elif fault := _place(proof, leaf, size, root):
                faults.append(f"line {number} {fault}")
            elif position <= before:
                faults.append(
                    f"line {number} stands behind one that was recorded later: the lines were put out of order"
                )
            before = max(before, position)
            streams.setdefault(entry["stream"], []).append((entry["sequence"], entry["previous"], leaf.hex()))
        checking.tell(
            f"{name} in the journal", "; ".join(faults[:5]), "each line is proven to be where it was recorded"
        )
    for head in checking.manifest["streams"]:
        fault = _broken(streams.pop(head["stream"], []), head["entries"], head["last"])
        checking.tell(f"stream {head['stream']}", fault, f"{head['entries']} records, whole and in order")
    for name in sorted(streams):
        checking.tell(f"stream {name}", "is not in the manifest: it was added afterwards", "")


def _place(proof: dict[str, Any] | None, leaf: bytes, size: int, root: bytes) -> str:
    if proof is None:
        return "has no proof: it was changed or added"
    if not root:
        return "cannot be held against a checkpoint"
    if proof["position"] >= size:
        return f"was recorded as number {proof['position']}, and the checkpoint is of {size} only: it is an older one"
    path = [bytes.fromhex(each) for each in proof["path"]]
    return "" if includes(root, size, proof["position"], leaf, path) else "is not in the journal of the checkpoint"


def _broken(entries: list[tuple[int, str, str]], count: int, last: str) -> str:
    previous = ""
    for number, (sequence, before, leaf) in enumerate(entries, 1):
        if sequence != number:
            missing = number not in [each for each, _, _ in entries]
            return f"record {number} is missing" if missing else f"record {sequence} stands in the place of {number}"
        if before != previous:
            return f"record {number} does not follow record {number - 1}: one of them was changed"
        previous = leaf
    if len(entries) < count:
        return f"the end was cut off: {len(entries)} of {count} records are there"
    return "" if (len(entries), previous) == (count, last) else "has other records than the manifest says"


def _lines(bundle: Bundle, name: str) -> list[bytes]:
    raw = bundle.bytes_of(name)
    if raw and not raw.endswith(b"\n"):
        raise BadBundle(f"{name} breaks off within a line")
    return raw.split(b"\n")[:-1]


def _evidence(checking: Checking) -> None:
    """Each piece has the bytes of which its custody record says that they were collected."""
    collected = {}
    for line in _lines(checking.bundle, CUSTODY):
        entry = parsed(line, CUSTODY)
        if entry["kind"] == "collected":
            collected[entry["stream"].removeprefix("evidence:")] = entry["data"]["sha256"]
    for piece in checking.manifest["evidence"]:
        fault, wanted = "", collected.get(piece["id"])
        if wanted is None:
            fault = "no record says that it was collected"
        elif piece["sha256"] != wanted:
            fault = f"the manifest names other bytes than were collected ({wanted})"
        elif piece["file"] and (found := checking.bundle.digest(piece["file"])) != wanted:
            other = next((each for each, digest in collected.items() if digest == found), "")
            fault = f"its file holds the bytes of evidence {other}: swapped" if other else "its bytes were changed"
        fine = "the bytes that were collected" if piece["file"] else "destroyed, as its custody record says; no bytes"
        checking.tell(f"evidence {piece['id']}", fault, fine)


def _others(checking: Checking) -> None:
    """Earlier checkpoints, of which time-stamps and anchors are, belong to the same journal."""
    proofs = {each["first"]: each for each in checking.bundle.json(CONSISTENCY)["proofs"]}
    try:
        size, root = read_checkpoint(checking.bundle.bytes_of(CHECKPOINT), checking.key)
    except BadBundle:
        return
    for name in (name for name in checking.bundle.names if name.startswith("checkpoints/")):
        fault = ""
        try:
            first, was = read_checkpoint(checking.bundle.bytes_of(name), checking.key)
            path = [bytes.fromhex(each) for each in proofs[first]["path"]] if first in proofs else []
            if not extends(first, was, size, root, path):
                fault = "the journal does not go on from it: it was rewritten"
        except BadBundle as error:
            fault = str(error)
        checking.tell(f"{name} and the journal", fault, "the journal goes on from it")
    for name in (name for name in checking.bundle.names if name.endswith(".tsr")):
        checking.told.append(
            Told(f"time-stamp {name}", OPEN, "`tocsin evidence verify` and `openssl ts -verify` check it")
        )


def _known(checking: Checking, known: bytes) -> None:
    """The journal of the bundle is the one of a checkpoint that somebody kept."""
    if not known:
        return
    what = "the checkpoint you gave"
    try:
        size, root = read_checkpoint(checking.bundle.bytes_of(CHECKPOINT), checking.key)
        first, was = read_checkpoint(known, checking.key)
    except BadBundle as error:
        checking.tell(what, str(error), "")
        return
    proofs = {each["first"]: each for each in checking.bundle.json(CONSISTENCY)["proofs"]}
    if first > size:
        checking.tell(
            what, f"is of {first} records, the bundle of {size} only: an older state is passed off as new", ""
        )
    elif first != size and first not in proofs:
        checking.told.append(Told(what, OPEN, f"the bundle has no proof from {first} records; ask for one that has"))
    else:
        path = [bytes.fromhex(each) for each in proofs[first]["path"]] if first != size else []
        fault = "" if extends(first, was, size, root, path) else "the journal does not go on from it: it was rewritten"
        checking.tell(what, fault, "the journal goes on from it")


def main(arguments: Sequence[str]) -> int:
    """Verify the bundle named first, and print what is found."""
    options = {"--key": "", "--checkpoint": ""}
    rest = list(arguments)
    for option in options:
        if option in rest[:-1]:
            at = rest.index(option)
            options[option] = rest[at + 1]
            del rest[at : at + 2]
    if len(rest) != 1 or rest[0].startswith("-"):
        print(__doc__)
        return 2
    try:
        key = Path(options["--key"]).read_text(encoding="utf-8") if options["--key"] else ""
        known = Path(options["--checkpoint"]).read_bytes() if options["--checkpoint"] else b""
        with Path(rest[0]).open("rb") as file:
            told = verify(file, key=key, checkpoint=known)
    except (OSError, UnicodeDecodeError) as error:
        print(f"cannot be read: {error}")
        return 2
    for each in told:
        print(f"{each.outcome}  {each.what}: {each.says}".encode("ascii", "backslashreplace").decode())
    failed = sum(each.outcome == FAIL for each in told)
    print(f"\n{'FAILED' if failed else 'VERIFIED'}: {len(told)} checks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
