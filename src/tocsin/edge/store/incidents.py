"""
Incidents in the store: declared, gone on with, loaded.

The journal is the truth. In the same transaction as its entries, the row that is listed and searched is written anew,
and now and then the state itself, so that a long incident need not be worked out from its first entry every time.
Whoever writes holds the journal until the transaction ends: what was read in it does not change meanwhile.
`edge/store/incident_rows.py` lists and finds.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from tocsin.edge.store import journal
from tocsin.edge.store.incident_rows import named, write_rows
from tocsin.edge.store.schema.incidents import incident_numbers, incident_states
from tocsin.model.actor import Actor
from tocsin.model.errors import NotFound, Unacceptable
from tocsin.respond.incident.events import PREFIX, Declared, Event, draft
from tocsin.respond.incident.incident import MEANING, Incident, fold
from tocsin.respond.incident.tasks import first_tasks
from tocsin.respond.journal import Entry

Connection = sa.Connection
"""For those above, who do not know the database."""
STATE_AFTER_ENTRIES = 32
"""How many entries are at least read anew before the state is kept again; it also waits until an eighth is new."""
_PACK, _UNPACK = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Incident)


def declare(
    connection: sa.Connection,
    *,
    incident: str,
    events: Sequence[Event],
    actor: Actor,
    occurred_at: float,
    now: float,
) -> Incident:
    """
    Begin an incident with a new id, and with the tasks of its type. The first event is `Declared`; its number is taken
    here, whatever it says.

    Raises `Unacceptable` where the first event is another, `Outdated` where the id is taken.
    """
    if not events or not isinstance(events[0], Declared):
        raise Unacceptable("an incident begins with Declared")
    hold(connection)
    declared = msgspec.structs.replace(events[0], number=_next_number(connection, now))
    told = (declared, *events[1:], *first_tasks(declared.type, declared.priority, occurred_at))
    drafts = [draft(incident, event, actor, occurred_at) for event in told]
    state = fold(journal.append(connection, drafts, now=now, expected=0))
    write_rows(connection, state, told)
    return state


def record(  # noqa: PLR0913 - what a recorded event consists of; all but three by name
    connection: sa.Connection,
    incident: str,
    events: Sequence[Event],
    *,
    actor: Actor,
    occurred_at: float,
    now: float,
    expected: int | None = None,
) -> Incident:
    """
    Add events to an incident, and return its state after them.

    With `expected` its stream must have exactly so many entries before: raises `Outdated` otherwise. Raises
    `NotFound` for an id that no incident has, `WrongState` where an alert is about another incident already.
    """
    hold(connection)
    before = _kept(connection, incident)
    entries = journal.append(
        connection, [draft(incident, event, actor, occurred_at) for event in events], now=now, expected=expected
    )
    if entries and entries[0].sequence == 1:
        raise _absent(incident)
    state = _after(connection, incident, before, until=entries)
    write_rows(connection, state, events)
    _keep(connection, state, before)
    return state


def load(connection: sa.Connection, incident: str) -> Incident:
    """The state of an incident. Raises `NotFound`."""
    return _after(connection, incident, _kept(connection, incident), until=())


def look_up(connection: sa.Connection, name: str, viewer: Actor) -> Incident:
    """The incident that is called so (see `named`), if `viewer` may see it. Raises `NotFound`, `Unacceptable`."""
    return load(connection, named(connection, name, viewer=viewer))


def hold(connection: sa.Connection) -> None:
    """Let nobody else write to the journal until this transaction ends: what is read now stays true."""
    journal.append(connection, (), now=0.0)


def _after(connection: sa.Connection, incident: str, before: Incident | None, until: Sequence[Entry]) -> Incident:
    """The state after the entries behind the kept one. `until` are the last of them, at hand already."""
    begun = 0 if before is None else before.sequence
    if until and until[0].sequence == begun + 1:
        return fold(until, before)
    entries = journal.of_stream(connection, PREFIX + incident, after=begun)
    if before is None and not entries:
        raise _absent(incident)
    return fold(entries, before)


def _absent(incident: str) -> NotFound:
    return NotFound(f"there is no incident {incident[:50]!r}")


def _kept(connection: sa.Connection, incident: str) -> Incident | None:
    """The state as it was kept last; None where it never was, or by a tocsin whose state had another shape."""
    mine = (incident_states.c.incident == incident, incident_states.c.shape == SHAPE)
    packed = connection.scalar(sa.select(incident_states.c.state).where(*mine))
    return None if packed is None else _UNPACK.decode(packed)


def _keep(connection: sa.Connection, state: Incident, before: Incident | None) -> None:
    """Keep the state where enough is new: over its life an incident of n entries is packed O(log n) times."""
    known = 0 if before is None else before.sequence
    if state.sequence - known < max(STATE_AFTER_ENTRIES, known // 8):
        return
    connection.execute(sa.delete(incident_states).where(incident_states.c.incident == state.id))
    row = {"incident": state.id, "sequence": state.sequence, "shape": SHAPE, "state": _PACK.encode(state)}
    connection.execute(sa.insert(incident_states).values(row))


def _shape() -> str:
    """Says which fields a state has, and what they mean: what was kept with others is not read."""
    told = {"meaning": MEANING, "fields": msgspec.json.schema(Incident)}
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]


SHAPE = _shape()
"""The shape of the states that this tocsin keeps."""


def _next_number(connection: sa.Connection, now: float) -> str:
    year = datetime.fromtimestamp(now, UTC).year
    mine = incident_numbers.c.year == year
    last = connection.scalar(sa.select(incident_numbers.c.last).where(mine))
    if last is None:
        connection.execute(sa.insert(incident_numbers).values(year=year, last=1))
        return f"INC-{year}-0001"
    connection.execute(sa.update(incident_numbers).where(mine).values(last=last + 1))
    return f"INC-{year}-{last + 1:04d}"
