"""
The rows of incidents: written with every event, listed, searched, and found by what people call them.

A restricted incident is in no list and found by no name, except for those who may see it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import portions
from tocsin.edge.store.schema.incidents import incident_alerts, incident_assets, incident_viewers, incidents
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import NotFound, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events as happened
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.texts import is_storable

MOST_ROWS = 1_000
"""In one page of a list."""
_TIMES = ("occurred", "detected", "declared", "acknowledged", "contained", "recovered", "resolved", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An incident as a list shows it. Times are seconds since 1970."""

    id: str
    number: str
    title: str
    codename: str
    type: str
    priority: Priority
    status: str
    phase: str
    commander: str
    is_open: bool
    is_restricted: bool
    exercise: str
    merged_into: str
    alerts: int
    detected_at: float
    declared_at: float
    sequence: int
    changed_at: float
    occurred_at: float | None = None
    acknowledged_at: float | None = None
    contained_at: float | None = None
    recovered_at: float | None = None
    resolved_at: float | None = None
    closed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents a list is to hold. What is empty or None does not matter."""

    is_open: bool | None = None
    statuses: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()
    types: tuple[str, ...] = ()
    commander: str | None = None
    """Whose; empty text for those that nobody leads."""
    asset: str = ""
    words: str = ""
    """Each must be in the number, title, type, codename, or the name of somebody or something in it."""
    exercise: str | None = ""
    """Of which exercise; empty for the real thing alone, None for both."""
    with_merged: bool = False
    declared_from: float | None = None
    declared_before: float | None = None


def write_rows(connection: sa.Connection, state: Incident, events: Sequence[Event]) -> None:
    """Write what is listed anew, after these events. Raises `WrongState` where an alert is about another incident."""
    row = _row(state)
    if not connection.execute(sa.update(incidents).where(incidents.c.id == state.id).values(row)).rowcount:
        connection.execute(sa.insert(incidents).values(row))
    for write in dict.fromkeys(_ROWS[type(event)] for event in events if type(event) in _ROWS):
        write(connection, state)


def find(
    engine: sa.Engine,
    wanted: Wanted,
    *,
    viewer: Actor,
    limit: int,
    after: str = "",
    worst_first: bool = False,
) -> tuple[tuple[IncidentRow, ...], str]:
    """
    A page of incidents that `viewer` may see, and where the next begins: to be given as `after`; empty at the end.

    The newest first, or the worst and of those the newest. Raises `Unacceptable` for an `after` that no page gave.
    """
    if not all(
        map(is_storable, (wanted.words, wanted.asset, wanted.commander or "", after, *wanted.statuses, *wanted.types))
    ):
        return (), ""
    order = (incidents.c.priority, incidents.c.id.desc()) if worst_first else (incidents.c.id.desc(),)
    where = [*_conditions(wanted), *may_see(viewer), *(_behind(after, worst_first=worst_first) if after else ())]
    most = min(max(limit, 1), MOST_ROWS)
    query = sa.select(*_SHOWN).where(*where).order_by(*order).limit(most + 1)
    with named_errors(), engine.begin() as connection:
        found = [_read(row) for row in connection.execute(query)]
    last = found[most - 1] if len(found) > most else None
    following = "" if last is None else f"{last.priority}:{last.id}" if worst_first else last.id
    return tuple(found[:most]), following


def named(connection: sa.Connection, name: str, *, viewer: Actor) -> str:
    """
    The id of the incident that is called so: INC-2026-0042, 2026-42, 42 (of the newest year that has it), or the
    beginning of an id. Raises `NotFound`, also for one that `viewer` may not see, and `Unacceptable` for two.
    """
    query = sa.select(incidents.c.id, incidents.c.number).where(_is_called(name), *may_see(viewer))
    rows = connection.execute(query.order_by(incidents.c.id.desc()).limit(50)).all() if is_storable(name) else []
    if not rows:
        raise NotFound(f"there is no incident {name[:50]!r}; `tocsin incident list` shows those there are")
    if name.isdecimal() and rows[0].number.endswith(f"-{int(name):04d}"):
        return str(rows[0].id)
    if len(rows) > 1:
        several = ", ".join(row.number for row in rows[:5])
        raise Unacceptable(f"{name[:50]!r} could be {several}; write more of it")
    return str(rows[0].id)


def incident_of_alert(connection: sa.Connection, alert: str) -> str | None:
    """The id of the incident that an alert is about; None where there is none."""
    found: str | None = connection.scalar(sa.select(incident_alerts.c.incident).where(incident_alerts.c.alert == alert))
    return found


def _is_called(name: str) -> "sa.ColumnElement[bool]":
    """Numbers are compared without leading zeros and years; everything else is the beginning of an id."""
    digits = name.upper().removeprefix("INC-")
    year, _, count = digits.rpartition("-")
    by_id = incidents.c.id.startswith(name.lower(), autoescape=True) if name else sa.false()
    if not count.isdecimal() or not count.isascii() or len(count) > 9 or (year and not year.isdecimal()):
        return by_id
    number = f"-{int(count):04d}"
    by_number = incidents.c.number == f"INC-{year}{number}" if year else incidents.c.number.endswith(number)
    return by_number if year or len(name) < 8 else sa.or_(by_number, by_id)


def may_see(viewer: Actor) -> tuple["sa.ColumnElement[bool]", ...]:
    """tocsin itself sees everything; others what is not restricted, or where they are named."""
    if viewer == TOCSIN:
        return ()
    mine = sa.select(incident_viewers.c.incident).where(incident_viewers.c.person == seen_as(viewer))
    return (sa.or_(incidents.c.is_restricted.is_(False), incidents.c.id.in_(mine)),)


def seen_as(viewer: Actor) -> str:
    """What an actor is called where access is granted: a person by name, a program with its kind."""
    return viewer.id if viewer.is_person else str(viewer)


def _conditions(wanted: Wanted) -> list["sa.ColumnElement[bool]"]:
    table = incidents.c
    given: Iterable[tuple[bool, Callable[[], sa.ColumnElement[bool]]]] = (
        (wanted.is_open is not None, lambda: table.is_open.is_(bool(wanted.is_open))),
        (bool(wanted.statuses), lambda: table.status.in_(wanted.statuses)),
        (bool(wanted.priorities), lambda: table.priority.in_([str(one) for one in wanted.priorities])),
        (bool(wanted.types), lambda: table.type.in_(wanted.types)),
        (wanted.commander is not None, lambda: table.commander == wanted.commander),
        (bool(wanted.asset), lambda: table.id.in_(_with_asset(wanted.asset))),
        (wanted.exercise is not None, lambda: table.exercise == wanted.exercise),
        (not wanted.with_merged, lambda: table.merged_into == ""),
        (wanted.declared_from is not None, lambda: table.declared_at >= wanted.declared_from),
        (wanted.declared_before is not None, lambda: table.declared_at < wanted.declared_before),
    )
    words = [table.words.contains(word.lower(), autoescape=True) for word in wanted.words.split()]
    return [condition() for matters, condition in given if matters] + words


def _with_asset(asset: str) -> "sa.Select[tuple[str]]":
    return sa.select(incident_assets.c.incident).where(incident_assets.c.asset == asset)


def _behind(after: str, *, worst_first: bool) -> tuple["sa.ColumnElement[bool]", ...]:
    if not worst_first:
        return (incidents.c.id < after,)
    priority, separator, last = after.partition(":")
    if not separator:
        raise Unacceptable("this is not where a page of such a list begins; begin at the first page")
    same = sa.and_(incidents.c.priority == priority, incidents.c.id < last)
    return (sa.or_(incidents.c.priority > priority, same),)


_SHOWN = tuple(incidents.c[name] for name in IncidentRow.__dataclass_fields__)


def _read(row: Any) -> IncidentRow:
    return IncidentRow(**{**row._mapping, "priority": Priority(row.priority)})  # noqa: SLF001 - how SQLAlchemy names it


def _row(state: Incident) -> dict[str, object]:
    times = {f"{name}_at": getattr(state.times, name) for name in _TIMES}
    named = ("id", "number", "title", "codename", "type", "status", "phase", "commander", "is_open", "is_restricted")
    also = ("exercise", "merged_into", "sequence", "changed_at")
    told = {name: getattr(state, name) for name in (*named, *also)}
    return {**told, **times, "priority": str(state.priority), "alerts": len(state.alerts), "words": _words(state)}


def _words(state: Incident) -> str:
    """What the search looks in."""
    names = (state.number, state.title, state.codename, state.type, state.id)
    return "\n".join((*names, *state.assets, *dict.fromkeys(state.roles.values()))).lower()


def _write_alerts(connection: sa.Connection, state: Incident) -> None:
    """The alerts of an incident that goes on in another are that other's."""
    mine = incident_alerts.c.incident == state.id
    before = set(connection.scalars(sa.select(incident_alerts.c.alert).where(mine)))
    alerts = {} if state.merged_into else state.alerts
    for gone in portions(sorted(before - alerts.keys())):
        connection.execute(sa.delete(incident_alerts).where(incident_alerts.c.alert.in_(gone)))
    new = sorted(alerts.keys() - before)
    for some in portions(new):
        _refuse_taken(connection, some)
        connection.execute(sa.insert(incident_alerts), [{"alert": alert, "incident": state.id} for alert in some])


def _refuse_taken(connection: sa.Connection, alerts: Sequence[str]) -> None:
    joined = incident_alerts.join(incidents, incidents.c.id == incident_alerts.c.incident)
    query = sa.select(incident_alerts.c.alert, incidents.c.number).select_from(joined)
    taken = connection.execute(query.where(incident_alerts.c.alert.in_(alerts)).limit(1)).one_or_none()
    if taken is not None:
        raise WrongState(
            f"alert {taken.alert} is about {taken.number} already; unlink it there, or merge the incidents"
        )


def _write_assets(connection: sa.Connection, state: Incident) -> None:
    rows = [{"incident": state.id, "asset": asset} for asset in state.assets]
    _rewrite(connection, incident_assets, state.id, rows)


def _write_viewers(connection: sa.Connection, state: Incident) -> None:
    rows = [{"incident": state.id, "person": person} for person in sorted(state.viewers)]
    _rewrite(connection, incident_viewers, state.id, rows)


def _rewrite(connection: sa.Connection, table: sa.Table, incident: str, rows: Sequence[Mapping[str, str]]) -> None:
    connection.execute(sa.delete(table).where(table.c.incident == incident))
    if rows:
        connection.execute(sa.insert(table), list(rows))


_ROWS: Mapping[type[Event], Callable[[sa.Connection, Incident], None]] = {
    happened.AlertLinked: _write_alerts,
    happened.AlertUnlinked: _write_alerts,
    happened.Merged: _write_alerts,
    happened.Unmerged: _write_alerts,
    happened.AssetsIdentified: _write_assets,
    happened.Declared: _write_viewers,
    happened.RoleAssigned: _write_viewers,
    happened.RoleReleased: _write_viewers,
    happened.AccessGranted: _write_viewers,
    happened.AccessRevoked: _write_viewers,
}
"""Which rows an event may change, besides that of the list."""
