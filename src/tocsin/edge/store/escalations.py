"""The timers of escalations, as rows."""

import msgspec
import sqlalchemy as sa

from tocsin.edge.store.schema.paging import escalations
from tocsin.respond.paging.policy import Step
from tocsin.respond.paging.timers import Timer, TimerState

AT_ONCE = 100
"""How many timers are fired in one transaction."""


def of_incident(connection: sa.Connection, incident: str) -> tuple[Timer, ...]:
    """All timers of an incident, whatever their state, by policy and step."""
    return _timers(connection, escalations.c.incident == incident, (escalations.c.policy, escalations.c.step), None)


def due(connection: sa.Connection, now: float) -> tuple[Timer, ...]:
    """Timers that are due, those that waited longest first, `AT_ONCE` at most."""
    order = (escalations.c.next_at, escalations.c.incident, escalations.c.step)
    return _timers(connection, sa.and_(_waiting(), escalations.c.next_at <= now), order, AT_ONCE)


def next_due(connection: sa.Connection) -> float | None:
    """When the next timer is due; None where none waits."""
    found: float | None = connection.scalar(sa.select(sa.func.min(escalations.c.next_at)).where(_waiting()))
    return found


def write(connection: sa.Connection, *timers: Timer) -> None:
    """Keep these as they are now."""
    for timer in timers:
        row = _row(timer)
        mine = [escalations.c[name] == row[name] for name in ("incident", "policy", "step")]
        if connection.execute(sa.update(escalations).where(*mine).values(row)).rowcount == 0:
            connection.execute(sa.insert(escalations).values(row))


def _waiting() -> "sa.ColumnElement[bool]":
    return escalations.c.state == sa.literal_column("'waiting'")


def _timers(
    connection: sa.Connection,
    where: "sa.ColumnElement[bool]",
    order: "tuple[sa.Column[object], ...]",
    limit: int | None,
) -> tuple[Timer, ...]:
    rows = connection.execute(sa.select(escalations).where(where).order_by(*order).limit(limit)).mappings()
    return tuple(_timer(row) for row in rows)


def _timer(row: "sa.RowMapping") -> Timer:
    return Timer(
        incident=row["incident"],
        policy=row["policy"],
        number=row["step"],
        step=msgspec.convert(row["body"], Step),
        round=row["round"],
        last_round=row["last_round"],
        every_seconds=row["every_seconds"],
        next_at=row["next_at"],
        state=TimerState(row["state"]),
        answered=tuple(row["answered"]),
        asked=tuple(row["asked"]),
    )


def _row(timer: Timer) -> dict[str, object]:
    return {
        "incident": timer.incident,
        "policy": timer.policy,
        "step": timer.number,
        "round": timer.round,
        "last_round": timer.last_round,
        "every_seconds": timer.every_seconds,
        "next_at": timer.next_at,
        "state": timer.state.value,
        "body": msgspec.to_builtins(timer.step),
        "answered": list(timer.answered),
        "asked": list(timer.asked),
    }
