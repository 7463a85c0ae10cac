"""Exporting an incident's evidence as a sealed bundle: the export itself is in the custody record of every piece."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from tocsin.app.desk import Desk
from tocsin.app.evidence.checkpoint import seal
from tocsin.app.evidence.custody import Purpose, handle, kept_in, reason_of
from tocsin.app.evidence.stamps import roots_pem
from tocsin.edge.evidence.key import SigningKey, signing_key
from tocsin.edge.store import evidence as rows
from tocsin.edge.store import incidents, log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.evidence import Connection
from tocsin.edge.store.incident_rows import named
from tocsin.edge.store.log_checkpoints import SealedCheckpoint
from tocsin.edge.whole_file import write_whole
from tocsin.model.actor import Actor
from tocsin.model.errors import DigestMismatch, InconsistentInput, Unacceptable
from tocsin.respond.evidence import bundle, custody
from tocsin.respond.evidence.contents import Contents, Record, Sealed
from tocsin.respond.evidence.custody import Act
from tocsin.respond.evidence.item import Item, State
from tocsin.respond.evidence.merkle import Tree
from tocsin.respond.incident.events import PREFIX

MOST_EARLIER = 100
"""Checkpoints from before that go into a bundle: those with time-stamps and anchors, the newest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that is recorded, and still to be sealed and written."""

    incident: str
    number: str
    title: str
    items: tuple[Item, ...]
    at: float
    by: str
    why: str


def begin(desk: Desk, actor: Actor, incident: str, why: str) -> Export:
    """
    Hold all evidence of an incident against its digests, and record that it is exported, by whom and why.

    Raises `NotFound`, `Unacceptable`, `DigestMismatch` where bytes are not those that were kept, and `StoreError`.
    """
    reason = reason_of(why)
    with named_errors(), desk.store.engine.begin() as connection:
        identity = named(connection, incident, viewer=actor)
        state = incidents.load(connection, identity)
        items = _all(connection, identity)
    if sum(item.size for item in items if item.state is not State.DESTROYED) > bundle.LARGEST_BYTES:
        raise Unacceptable("the evidence is larger than the 4 GiB that a bundle holds; export parts with `get`")
    for item in items:
        if item.state is not State.DESTROYED:
            handle(desk, actor, item.id, Act.EXPORTED, Purpose(reason, to=f"bundle of {state.number}"))
    return Export(
        incident=identity,
        number=state.number,
        title=state.title,
        items=items,
        at=desk.clock(),
        by=str(actor),
        why=reason,
    )


def contents(desk: Desk, export: Export, sealed: SealedCheckpoint) -> Contents:
    """Everything of the bundle as of this checkpoint. Raises `InconsistentInput`, `StoreError`."""
    tree = Tree(log_checkpoints.leaves(desk.store.engine, sealed.size))
    if tree.size != sealed.size or tree.root().hex() != sealed.root:
        raise InconsistentInput("the journal is not the one that was signed; `tocsin evidence verify` says where")
    with named_errors(), desk.store.engine.begin() as connection:
        streams = [custody.stream(item.id) for item in export.items]
        stamps = [each for each in log_checkpoints.stamps(connection) if each.size <= sealed.size]
        anchors = [each for each in log_checkpoints.anchored(connection) if each.size <= sealed.size]
        proven = {each.size for each in stamps} | {each.size for each in anchors}
        earlier = [each for each in log_checkpoints.every(connection) if each.size in proven and each != sealed]
        return Contents(
            incident={"id": export.incident, "number": export.number, "title": export.title},
            exported={"at": export.at, "by": export.by, "why": export.why},
            items=export.items,
            journal=tuple(_records(connection, [PREFIX + export.incident], sealed.size)),
            custody=tuple(_records(connection, streams, sealed.size)),
            tree=tree,
            checkpoint=_plain(sealed),
            earlier=[_plain(each) for each in earlier[-MOST_EARLIER:]],
            stamps=[(each.size, each.authority, each.response) for each in stamps],
            roots=roots_pem(desk.settings.evidence),
            anchors=[asdict(each) for each in anchors],
            verifier=files("tocsin.respond.evidence").joinpath("standalone.py").read_bytes(),
        )


def write(desk: Desk, parts: Contents, key: SigningKey, path: Path) -> None:
    """Seal the bundle and put it into this file, whole or not at all. Raises `StoreFull`, `SourceError`, ..."""
    texts = bundle.texts(parts, key.verifying, key.sign)
    write_whole(path, lambda file: bundle.write(file, texts, parts.items, lambda item: _unchanged(desk, item)))


def exported(desk: Desk, actor: Actor, incident: str, why: str) -> tuple[Path, str]:
    """
    A bundle in a file of its own, which whoever asked removes, and what to call it.

    Raises what `begin`, `contents` and `write` raise.
    """
    key = signing_key(Path(desk.settings.evidence.key))
    begun = begin(desk, actor, incident, why)
    parts = contents(desk, begun, seal(desk, key))
    path = kept_in(desk).path / "bundles" / f"{desk.new_id()}.zip"
    write(desk, parts, key, path)
    return path, f"{begun.number}-evidence.zip"


def _unchanged(desk: Desk, item: Item) -> Iterator[bytes]:
    """The bytes as they go into the bundle, held against their digest once more."""
    digest = hashlib.sha256()
    for chunk in kept_in(desk).chunks(item.sha256):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != item.sha256:
        raise DigestMismatch(f"evidence {item.id}: the bytes changed while they were exported; nothing was written")


def _all(connection: Connection, incident: str) -> tuple[Item, ...]:
    found: list[Item] = []
    while part := rows.found(connection, incident=incident, after=found[-1].id if found else ""):
        found += part
    return tuple(found)


def _records(connection: Connection, streams: list[str], stop: int) -> Iterator[Record]:
    for line in log_checkpoints.of_streams(connection, streams, stop):
        yield Record(line.position, line.stream, line.line)


def _plain(sealed: SealedCheckpoint) -> Sealed:
    return Sealed(size=sealed.size, root=sealed.root, note=sealed.note, made_at=sealed.made_at)
