"""
The rows of clocks: how each stands, when the next thing is to be done about it, and what it knows of its incident.

Rows say the same as the journal, and can be made again from it (`edge/store/timekeeping.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.incident_rows import may_see
from tocsin.edge.store.schema.clocks import clock_situations, clocks
from tocsin.edge.store.schema.incidents import incidents
from tocsin.model.actor import Actor
from tocsin.respond.clocks.clock import Clock, State
from tocsin.respond.clocks.plan import Board
from tocsin.respond.clocks.situation import Situation

Connection = sa.Connection
"""What an operation is part of: whoever wires operations need not know what the database is."""

INCIDENTS_AT_ONCE = 200
"""Of how many incidents clocks are fired in one transaction."""
_FIELDS = Clock.__struct_fields__


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A clock with what a list says of its incident."""

    clock: Clock
    number: str
    exercise: str


def board(connection: sa.Connection, incident: str) -> Board:
    """How an incident and its clocks stand."""
    found = connection.scalar(sa.select(clock_situations.c.situation).where(clock_situations.c.incident == incident))
    rows = connection.execute(sa.select(clocks).where(clocks.c.incident == incident).order_by(clocks.c.place))
    return Board(
        incident=incident,
        situation=None if found is None else msgspec.json.decode(found, type=Situation),
        clocks={row.id: _clock(row) for row in rows},
    )


def write(connection: sa.Connection, before: Board, after: Board) -> None:
    """Write what changed between two boards of one incident."""
    if after.situation is not None and after.situation != before.situation:
        _write_situation(connection, after.incident, after.situation, is_new=before.situation is None)
    new = [_row(clock, place) for place, clock in enumerate(after.clocks.values()) if clock.id not in before.clocks]
    if new:
        connection.execute(sa.insert(clocks), new)
    for place, clock in enumerate(after.clocks.values()):
        if clock.id in before.clocks and clock != before.clocks[clock.id]:
            connection.execute(sa.update(clocks).where(clocks.c.id == clock.id).values(_row(clock, place)))


def forget(connection: sa.Connection, incident: str) -> None:
    """Delete the rows of an incident, to make them again."""
    connection.execute(sa.delete(clocks).where(clocks.c.incident == incident))
    connection.execute(sa.delete(clock_situations).where(clock_situations.c.incident == incident))


def due(connection: sa.Connection, now: float) -> tuple[str, ...]:
    """
    The incidents of clocks about which something is to be done by now, those that wait longest first.

    Their rows are claimed until the transaction ends. Rows that somebody else holds are left for the next look.
    """
    query = sa.select(clocks.c.incident).where(clocks.c.next_at <= now).order_by(clocks.c.next_at)
    claimed = connection.execute(query.limit(INCIDENTS_AT_ONCE).with_for_update(skip_locked=True)).scalars()
    return tuple(dict.fromkeys(claimed))


def next_moment(engine: sa.Engine) -> float | None:
    """When the next thing is to be done about a clock; None where none runs. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        found: float | None = connection.scalar(sa.select(sa.func.min(clocks.c.next_at)))
        return found


def find(connection: sa.Connection, clock: str) -> Clock | None:
    """The clock of this id."""
    row = connection.execute(sa.select(clocks).where(clocks.c.id == clock)).one_or_none()
    return None if row is None else _clock(row)


def shown(
    connection: sa.Connection,
    *,
    viewer: Actor,
    incident: str = "",
    is_open: bool = True,
    after: tuple[float, str] | None = None,
    limit: int | None = None,
) -> tuple[Shown, ...]:
    """
    Clocks by when they are due, those without a moment last; of one incident id, or of all that `viewer` may see; only
    open ones, or all.

    `after` is the moment (`inf` for none) and the id behind which to go on.
    """
    moment = sa.func.coalesce(clocks.c.due_at, NEVER)
    query = sa.select(clocks, incidents.c.number, incidents.c.exercise).join(
        incidents, incidents.c.id == clocks.c.incident
    )
    wanted = [
        *may_see(viewer),
        *([clocks.c.incident == incident] if incident else []),
        *([clocks.c.is_open] if is_open else []),
    ]
    if after is not None:
        wanted.append(sa.tuple_(moment, clocks.c.id) > sa.tuple_(min(after[0], NEVER), after[1]))
    rows = connection.execute(query.where(*wanted).order_by(moment, clocks.c.id).limit(limit))
    return tuple(Shown(clock=_clock(row), number=row.number, exercise=row.exercise) for row in rows)


NEVER = 1e18
"""Stands where a clock has no moment, to be sorted last."""


def situations(connection: sa.Connection) -> dict[str, Situation]:
    """What clocks know of every incident, by its id."""
    rows = connection.execute(sa.select(clock_situations.c.incident, clock_situations.c.situation))
    return {row.incident: msgspec.json.decode(row.situation, type=Situation) for row in rows}


def every_incident(connection: sa.Connection) -> Sequence[str]:
    """The ids of all incidents, oldest first, whether or not the rows of their clocks are there."""
    return connection.execute(sa.select(incidents.c.id).order_by(incidents.c.id)).scalars().all()


def _write_situation(connection: sa.Connection, incident: str, told: Situation, *, is_new: bool) -> None:
    said = msgspec.json.encode(told).decode()
    if is_new:
        connection.execute(sa.insert(clock_situations).values(incident=incident, situation=said))
        return
    mine = clock_situations.c.incident == incident
    connection.execute(sa.update(clock_situations).where(mine).values(situation=said))


def _row(clock: Clock, place: int) -> dict[str, object]:
    return {**dict(_values(clock)), "place": place, "is_open": clock.is_open, "next_at": clock.next_at}


def _values(clock: Clock) -> Iterator[tuple[str, object]]:
    for name in _FIELDS:
        value = getattr(clock, name)
        yield name, value.value if isinstance(value, State) else value


def _clock(row: "sa.Row[tuple[object, ...]]") -> Clock:
    return msgspec.convert({name: getattr(row, name) for name in _FIELDS}, Clock)
