"""
The audit: who did what, or tried to, from where; a stream of the journal, so that nobody can change it.

Writing it is part of what it tells of: where it cannot be written, that does not happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tocsin.app.desk import Desk
from tocsin.edge.store import audit as rows
from tocsin.edge.store import journal
from tocsin.edge.store.errors import named_errors
from tocsin.model.actor import Actor, ActorKind
from tocsin.respond.journal import AUDIT, Draft, Entry

ANONYMOUS = Actor(ActorKind.SERVICE, "anonymous")
"""Whoever is not known."""
LOOKED_AT_ONCE = 2_000
"""Entries that one question looks through: a rare one takes several questions, none takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a request came from, as the audit has it."""

    request_id: str = ""
    address: str = ""


NO_TRACE = Trace()
"""Of what is done on the machine itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries of the audit are asked for; what is empty does not matter."""

    actor: str = ""
    action: str = ""
    object: str = ""
    request_id: str = ""
    address: str = ""
    since: float = 0.0
    until: float = float("inf")

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        asked = (
            (self.actor, str(entry.actor)),
            (self.action, entry.kind),
            (self.object, entry.data.get("object")),
            (self.request_id, entry.data.get("request_id")),
            (self.address, entry.data.get("address")),
        )
        return all(not want or want == has for want, has in asked) and self.since <= entry.recorded_at < self.until


def draft(
    desk: Desk, actor: Actor, action: str, thing: str, *, trace: Trace = NO_TRACE, after: str = "", **more: Any
) -> Draft:
    """
    An entry of the audit: the action in snake_case, the object such as `user:ada`, the digest of its state afterwards.

    `more` are plain values that say what changed; never a secret.
    """
    data = {"object": thing, "request_id": trace.request_id, "address": trace.address, "after": after, **more}
    kept = {name: value for name, value in data.items() if value not in ("", None)}
    return Draft(stream=AUDIT, kind=action, actor=actor, occurred_at=desk.clock(), data=kept)


def record(desk: Desk, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
    """Write entries by themselves. Raises `StoreError`: then what they tell of must not happen."""
    with named_errors(), desk.store.engine.begin() as connection:
        entries = journal.append(connection, drafts, now=desk.clock())
    desk.ring()
    return entries


def find(desk: Desk, wanted: Wanted, *, before: int | None, limit: int) -> tuple[tuple[Entry, ...], int | None]:
    """
    The newest entries that are wanted, from before a sequence number, and where to go on; None at the end.

    Looks through a bounded number: there may be fewer than `limit`, even none, and yet more to come.
    """
    with named_errors(), desk.store.engine.begin() as connection:
        looked = rows.before(connection, before, limit=LOOKED_AT_ONCE)
    found = _first(looked, wanted, limit)
    if len(found) == limit:
        return found, found[-1].sequence
    return found, looked[-1].sequence if len(looked) == LOOKED_AT_ONCE else None


def _first(looked: Sequence[Entry], wanted: Wanted, limit: int) -> tuple[Entry, ...]:
    return tuple(islice((entry for entry in looked if wanted.fits(entry)), limit))


def shown(entry: Entry) -> Mapping[str, Any]:
    """An entry as plain values."""
    return {
        "sequence": entry.sequence,
        "position": entry.position,
        "action": entry.kind,
        "actor": str(entry.actor),
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "digest": entry.digest,
        **{name: entry.data.get(name, "") for name in ("object", "request_id", "address", "after")},
        "data": dict(entry.data),
    }
