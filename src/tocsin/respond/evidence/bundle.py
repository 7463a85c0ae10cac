"""
The sealed bundle: one ZIP file that proves itself. `standalone.py`, which travels in it as verify.py, reads it.

The same contents make the same bytes: members in order, stored as they are, all dates the first that ZIP knows.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any

from tocsin.respond.evidence import note
from tocsin.respond.evidence.contents import Contents, Record
from tocsin.respond.evidence.custody import PREFIX
from tocsin.respond.evidence.index import page
from tocsin.respond.evidence.item import Item, State, Type
from tocsin.respond.evidence.note import Sign, VerifyingKey
from tocsin.respond.evidence.standalone import CHECKPOINT as CHECKPOINT_FILE
from tocsin.respond.evidence.standalone import (
    CONSISTENCY,
    CUSTODY,
    FORMAT,
    INCLUSION,
    JOURNAL,
    KEY,
    MANIFEST,
    SIGNATURE,
)
from tocsin.respond.journal import canonical

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
OWNER_ONLY = 0o600 << 16
UNIX = 3
LARGEST_BYTES = (1 << 32) - (1 << 26)
"""Of a bundle, so that it is a plain ZIP file that every program reads."""
READABLE = frozenset({"txt", "log", "json", "csv", "png", "jpg", "jpeg", "pdf", "pcap", "eml", "gz", "zip"})
"""Endings that a piece keeps in the bundle; what a browser or a shell would run gets `bin`."""


def file_of(item: Item) -> str:
    """Where a piece is in the bundle; empty where its bytes are gone."""
    if item.state is State.DESTROYED:
        return ""
    if item.type is Type.CHAIN_SNAPSHOT:
        return f"chain/{item.id}.json"
    ending = item.name.rpartition(".")[2].lower()
    return f"evidence/{item.id}.{ending if ending in READABLE else 'bin'}"


def texts(contents: Contents, key: VerifyingKey, sign: Sign) -> dict[str, bytes]:
    """Every member but the evidence itself, the manifest and its signature among them."""
    members = {
        CHECKPOINT_FILE: contents.checkpoint.note.encode(),
        JOURNAL: _lines(contents.journal),
        CUSTODY: _lines(contents.custody),
        INCLUSION: _inclusion(contents),
        CONSISTENCY: _consistency(contents),
        KEY: f"{key.text}\n".encode(),
        "verify.py": contents.verifier,
        "index.html": page(contents, key, file_of).encode(),
        **{f"checkpoints/{each.size}.txt": each.note.encode() for each in contents.earlier},
        **{f"tsa/{size}-{_plain(authority)}.tsr": response for size, authority, response in contents.stamps},
    }
    if contents.roots:
        members["tsa/roots.pem"] = contents.roots
    if contents.anchors:
        members["anchors.json"] = canonical({"anchors": contents.anchors})
    manifest = canonical(_manifest(contents, key, members))
    signed = note.signed(f"{FORMAT}\n{hashlib.sha256(manifest).hexdigest()}\n", key, sign)
    return {**members, MANIFEST: manifest, SIGNATURE: signed.encode()}


def write(
    file: IO[bytes], members: Mapping[str, bytes], items: Iterable[Item], read: Callable[[Item], Iterable[bytes]]
) -> None:
    """Write the bundle; the bytes of each piece are read a part at a time."""
    pieces = {file_of(item): item for item in items if file_of(item)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as container:
        for name in sorted({*members, *pieces}):
            info = zipfile.ZipInfo(name, FIRST_DATE)
            info.create_system, info.external_attr = UNIX, OWNER_ONLY
            with container.open(info, "w") as member:
                for chunk in (members[name],) if name in members else read(pieces[name]):
                    member.write(chunk)


def _lines(records: Sequence[Record]) -> bytes:
    return b"".join(record.line + b"\n" for record in records)


def _inclusion(contents: Contents) -> bytes:
    proofs = [
        {
            "position": record.position,
            "leaf": _leaf(record),
            "path": [each.hex() for each in contents.tree.inclusion(record.position, contents.checkpoint.size)],
        }
        for record in (*contents.journal, *contents.custody)
    ]
    return canonical({"size": contents.checkpoint.size, "proofs": proofs})


def _consistency(contents: Contents) -> bytes:
    proofs = [
        {
            "first": each.size,
            "second": contents.checkpoint.size,
            "path": [node.hex() for node in contents.tree.consistency(each.size, contents.checkpoint.size)],
        }
        for each in contents.earlier
    ]
    return canonical({"proofs": proofs})


def _manifest(contents: Contents, key: VerifyingKey, members: Mapping[str, bytes]) -> dict[str, Any]:
    texts = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in members.items()
    ]
    pieces = [
        {"name": file_of(item), "sha256": item.sha256, "size": item.size} for item in contents.items if file_of(item)
    ]
    return {
        "format": FORMAT,
        "incident": contents.incident,
        "exported": contents.exported,
        "key": key.text,
        "checkpoint": {"size": contents.checkpoint.size, "root": contents.checkpoint.root},
        "evidence": [_piece(item) for item in contents.items],
        "streams": _streams(contents),
        "files": sorted(texts + pieces, key=lambda each: str(each["name"])),
        "time_stamps": [
            {"size": size, "authority": authority, "file": f"tsa/{size}-{_plain(authority)}.tsr"}
            for size, authority, _ in contents.stamps
        ],
    }


def _piece(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "file": file_of(item),
        "sha256": item.sha256,
        "size": item.size,
        "type": item.type.value,
        "name": item.name,
        "media": item.media,
        "source": item.source,
        "method": item.method,
        "tool": item.tool,
        "copy": item.copy.value,
        "parent": item.parent,
        "state": item.state.value,
        "legal_hold": item.legal_hold,
        "added_by": item.added_by,
    }


def _streams(contents: Contents) -> list[dict[str, Any]]:
    """How long each stream is, and its last record: so that a cut end shows."""
    heads: dict[str, dict[str, Any]] = {}
    for record in (*contents.journal, *contents.custody):
        before = heads.get(record.stream, {"entries": 0})
        heads[record.stream] = {"stream": record.stream, "entries": before["entries"] + 1, "last": _leaf(record)}
    for item in contents.items:
        heads.setdefault(PREFIX + item.id, {"stream": PREFIX + item.id, "entries": 0, "last": ""})
    return [heads[stream] for stream in sorted(heads)]


def _leaf(record: Record) -> str:
    return hashlib.sha256(b"\x00" + record.line).hexdigest()


def _plain(authority: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", authority).strip("-.")[:80] or "authority"
