"""
Evidence, as people and programs handle it: each act is in the journal with who, why, and the digest before and after.

Bytes are in their place before a row tells of them, and are taken away only when no row does any more; what a crash
leaves over between the two is found by `app/evidence/check.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.app.desk import Desk
from tocsin.app.evidence.rules import Given, sound
from tocsin.edge.evidence.folder import Folder, Incoming, folder
from tocsin.edge.store import evidence as rows
from tocsin.edge.store import incidents, journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.evidence import Connection
from tocsin.edge.store.health import open_alert
from tocsin.edge.store.incident_rows import named
from tocsin.edge.store.values import HealthAlert
from tocsin.model.actor import Actor
from tocsin.model.errors import DigestMismatch, NotAllowed, Unacceptable, WrongState
from tocsin.respond.evidence import custody
from tocsin.respond.evidence.custody import Act, Doing
from tocsin.respond.evidence.item import Copy, Item, State
from tocsin.respond.incident.events import EvidenceAdded
from tocsin.respond.journal import AUDIT, Draft, Entry

KIND_OF_TROUBLE = "evidence"


def kept_in(desk: Desk) -> Folder:
    """Where the bytes are."""
    return folder(desk.settings.evidence.folder)


def _nothing_else(connection: Connection, item: Item) -> None:
    """What is written in the same transaction, unless somebody has more to write."""


def add(
    desk: Desk,
    actor: Actor,
    given: Given,
    chunks: Iterable[bytes],
    *,
    sha256: str = "",
    also: Callable[[Connection, Item], None] = _nothing_else,
) -> Item:
    """
    Take bytes into custody, and into an incident where one is given; `also` writes more in the same transaction.

    A digest that came with them is only compared: where it differs nothing is kept, the refusal stands in the journal,
    and `DigestMismatch` is raised. Raises `NotFound`, `Unacceptable`, `WrongState`, `StoreError`.
    """
    given = sound(given)
    if given.incident is not None:
        with named_errors(), desk.store.engine.begin() as connection:
            given = replace(given, incident=named(connection, given.incident, viewer=actor))
    place = kept_in(desk)
    incoming = place.receive(chunks, desk.settings.evidence.most_bytes)
    if sha256 and sha256.lower() != incoming.sha256:
        incoming.discard()
        _refused(desk, actor, given, sha256, incoming)
    item = given.item(desk.new_id(), incoming.sha256, incoming.size, at=desk.clock(), by=str(actor))
    try:
        with named_errors(), desk.store.engine.begin() as connection:
            incidents.hold(connection)  # the first of all locks, as in every act: nobody waits in a circle
            _fits_parent(connection, item)
            place.keep(incoming)
            _collected(connection, item, Doing(actor, item.added_at, given.why))
            also(connection, item)
    except BaseException:
        incoming.discard()
        raise
    desk.ring()
    return item


def _collected(connection: Connection, item: Item, doing: Doing) -> None:
    """The row, the custody record, and what the incident's stream tells."""
    rows.insert(connection, item)
    told = [custody.collected(item, doing)]
    if item.copy is Copy.WORKING_COPY and item.parent is not None:
        more = {"copy": item.id}
        told.append(custody.act(item.parent, Act.COPIED, doing, before=item.sha256, after=item.sha256, more=more))
    journal.append(connection, told, now=doing.at)
    if item.incident is not None:
        added = EvidenceAdded(evidence=item.id, sha256=item.sha256, name=item.name, type=item.type.value)
        incidents.record(connection, item.incident, [added], actor=doing.actor, occurred_at=doing.at, now=doing.at)


def _fits_parent(connection: Connection, item: Item) -> None:
    parent = None if item.parent is None else rows.load(connection, item.parent)
    if parent is not None and item.copy is Copy.WORKING_COPY and parent.sha256 != item.sha256:
        raise Unacceptable(f"not a working copy of {parent.id}: the bytes differ; say derived, or copy it again")


def _refused(desk: Desk, actor: Actor, given: Given, said: str, incoming: Incoming) -> None:
    data = {"name": given.name, "said": said[:100], "found": incoming.sha256, "incident": given.incident}
    now = desk.clock()
    drafts = [Draft(stream=AUDIT, kind="evidence_refused", actor=actor, occurred_at=now, data=data)]
    with named_errors(), desk.store.engine.begin() as connection:
        journal.append(connection, drafts, now=now)
    desk.ring()
    raise DigestMismatch(
        f"the bytes have the SHA-256 {incoming.sha256}, not {said[:100]}: they changed on the way, or the digest is of "
        "another file. Nothing was kept; the refusal stands in the journal"
    )


def listing(
    desk: Desk, actor: Actor, *, incident: str | None = None, after: str = "", limit: int = 500
) -> tuple[Item, ...]:
    """
    The pieces that this actor may see, of one incident (id or number) where given, oldest first, from behind an id.

    Raises `NotFound`, `StoreError`.
    """
    with named_errors(), desk.store.engine.begin() as connection:
        of = None if incident is None else named(connection, incident, viewer=actor)
        return rows.found(connection, viewer=actor, incident=of, after=after, limit=limit)


def show(desk: Desk, actor: Actor, evidence: str) -> tuple[Item, tuple[Entry, ...]]:
    """A piece and its custody record. Raises `NotFound`, `StoreError`."""
    item = seen(desk, actor, evidence)
    with named_errors(), desk.store.engine.begin() as connection:
        return item, journal.of_stream(connection, custody.stream(item.id))


def seen(desk: Desk, actor: Actor, evidence: str) -> Item:
    """A piece, where this actor may know of it. Raises `NotFound`, `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        return rows.load(connection, evidence, viewer=actor)


def get(desk: Desk, actor: Actor, evidence: str, why: str) -> tuple[Item, Iterator[bytes]]:
    """
    The bytes, a part at a time, held against their digest before the first is given; the access is recorded.

    Raises `NotFound`, `DigestMismatch`, `WrongState`, `StoreError`.
    """
    item = handle(desk, actor, evidence, Act.ACCESSED, Purpose(why))
    return item, kept_in(desk).chunks(item.sha256)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why something is done with a piece, to whom it goes, and by whose authority."""

    why: str
    to: str = ""
    by: str = ""


def handle(
    desk: Desk, actor: Actor, evidence: str, act: Act, purpose: Purpose, *, becomes: Mapping[str, Any] | None = None
) -> Item:
    """
    Do something with a piece, its bytes held against their digest before; `becomes` is what changes of its row.

    Raises `Unacceptable` without a reason, `WrongState` where its bytes are gone, `DigestMismatch` where they changed.
    """
    reason = reason_of(purpose.why)
    item = seen(desk, actor, evidence)
    _must_be_here(item)
    found = digest_now(desk, item)
    now = desk.clock()
    more = {name: value for name, value in (("to", purpose.to), ("authorised_by", purpose.by)) if value}
    told = custody.act(item.id, act, Doing(actor, now, reason), before=item.sha256, after=found, more=more)
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        now_here = rows.load(connection, evidence, hold=True)
        _must_be_here(now_here)
        journal.append(connection, [told], now=now)
        if becomes and found == item.sha256:
            rows.update(connection, replace(now_here, **becomes))
    desk.ring()
    if found != item.sha256:
        raise changed(desk, item, found)
    return item


def _must_be_here(item: Item) -> None:
    if item.state is State.DESTROYED:
        raise WrongState(f"evidence {item.id} was destroyed; its custody record says when, by whom and why")


def release(desk: Desk, actor: Actor, evidence: str, why: str, *, to: str) -> Item:
    """Hand a piece on to somebody who keeps it from now on. Raises as `handle` does."""
    if not to.strip():
        raise Unacceptable("to: say to whom it is handed on")
    return handle(desk, actor, evidence, Act.RELEASED, Purpose(why, to=to), becomes={"state": State.RELEASED})


def transfer(desk: Desk, actor: Actor, evidence: str, why: str, *, to: str) -> Item:
    """Record that a piece went from one keeper to another. Raises as `handle` does."""
    if not to.strip():
        raise Unacceptable("to: say to whom it is handed over")
    return handle(desk, actor, evidence, Act.TRANSFERRED, Purpose(why, to=to))


def hold(desk: Desk, actor: Actor, evidence: str, why: str, *, on: bool = True, by: str = "") -> Item:
    """Set or lift a legal hold: while it is set nobody destroys the piece. Raises `NotAllowed` for programs."""
    _must_be_person(actor)
    act = Act.HELD if on else Act.LET_GO
    return handle(desk, actor, evidence, act, Purpose(why, by=by), becomes={"legal_hold": on})


def destroy(desk: Desk, actor: Actor, evidence: str, why: str, *, by: str = "") -> Item:
    """
    Take the bytes away for good, unless another piece has the same; what was known of it stays.

    Raises `WrongState` under legal hold or before its time, `Unacceptable` without a reason, `NotAllowed` for programs.
    """
    _must_be_person(actor)
    reason, now = reason_of(why), desk.clock()
    seen(desk, actor, evidence)
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        item = rows.load(connection, evidence, hold=True)
        _must_be_here(item)
        _may_be_destroyed(item, now)
        gone = replace(item, state=State.DESTROYED)
        rows.update(connection, gone)
        more = {"authorised_by": by} if by else {}
        told = custody.act(item.id, Act.DESTROYED, Doing(actor, now, reason), before=item.sha256, more=more)
        journal.append(connection, [told], now=now)
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)  # nobody adds the same bytes meanwhile
        if not rows.keepers(connection, item.sha256):
            kept_in(desk).remove(item.sha256)
    desk.ring()
    return gone


def _must_be_person(actor: Actor) -> None:
    if not actor.is_person:
        raise NotAllowed(f"{actor} is a program: legal holds and destruction are decided by people")


def _may_be_destroyed(item: Item, now: float) -> None:
    if item.legal_hold:
        raise WrongState(f"evidence {item.id} is under legal hold: lift it first, with the authority to do so")
    if item.retain_until is not None and now < item.retain_until:
        raise WrongState(f"evidence {item.id} is to be kept longer: its time has not come")


def reason_of(why: str) -> str:
    """What goes into the custody record. Raises `Unacceptable` where nothing is said."""
    if not why.strip():
        raise Unacceptable("why: say for what purpose; it stands in the custody record for ever")
    return why.strip()[:2_000]


def digest_now(desk: Desk, item: Item) -> str:
    """The digest that the bytes of a piece have now; empty where they are gone. Raises `StoreError`."""
    return kept_in(desk).digest(item.sha256)


def trouble_key(item: Item) -> str:
    """The key of the health alert about a piece."""
    return f"{KIND_OF_TROUBLE}:{item.id}"


def changed(desk: Desk, item: Item, found: str) -> DigestMismatch:
    """The error for bytes that are not those that were kept; a health alert tells of it too."""
    said = f"are gone from {desk.settings.evidence.folder}" if not found else f"have the SHA-256 {found} now"
    told = f"evidence {item.id}: the bytes {said}, and had {item.sha256} when they were kept; put back a copy of them"
    alert = HealthAlert(key=trouble_key(item), kind=KIND_OF_TROUBLE, chain_id=None, detail=told, times=1)
    open_alert(desk.store.engine, alert, now=desk.clock())
    return DigestMismatch(told)
