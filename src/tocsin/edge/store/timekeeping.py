"""
Keeping time: the journal is followed, what is due is fired, and people's acts on clocks are written.

Each is one transaction: entries are read, what comes of them is entered into the journal and the rows, and how far was
read moves on. Killed at any point, nothing is lost and nothing is written twice. Whoever changes clocks holds the
follower's row, so that several instances, and people, take turns; an act comes after everything that happened before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import sqlalchemy as sa

from tocsin.edge.store import clocks as rows
from tocsin.edge.store import incidents, journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.journal import followers
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import NotFound
from tocsin.respond.clocks import clock as states
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.clocks.plan import TRIGGER_MET, Board, Change, Rules, plan, standing
from tocsin.respond.incident.events import PREFIX, Event, incident_of
from tocsin.respond.journal import Entry

FOLLOWER = "clocks"
CLOSED = "closed"


def follow(engine: sa.Engine, rules: Rules, *, now: float) -> bool:
    """Act on some of what is new in the journal, then on what is due. True where there was any. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return _pass(connection, rules, now)


def settled(connection: sa.Connection, rules: Rules, *, now: float) -> None:
    """Act on everything that is new or due, as part of a larger transaction; nobody else does until it ends."""
    while _pass(connection, rules, now):
        pass


def change(
    connection: sa.Connection,
    rules: Rules,
    clock: str,
    decide: Callable[[Clock], Event],
    *,
    actor: Actor,
    now: float,
) -> Clock:
    """
    Do to a clock, as it stands after all that happened, what `decide` says; return it as it stands then.

    Raises `NotFound`, and what `decide` raises.
    """
    settled(connection, rules, now=now)
    if (found := rows.find(connection, clock)) is None:
        raise NotFound(f"there is no clock {clock[:80]!r}; tocsin clocks list shows those that are open")
    before = rows.board(connection, found.incident)
    event = decide(found)
    after = states.after(found, event, now, str(actor))
    incidents.record(connection, found.incident, [event], actor=actor, occurred_at=now, now=now)
    board = Board(incident=found.incident, situation=before.situation, clocks={**before.clocks, found.id: after})
    rows.write(connection, before, board)
    return after


def rebuild(connection: sa.Connection, incident: str) -> Board:
    """Make the rows of an incident again from the journal alone; return how it stands then."""
    query = sa.select(followers.c.position).where(followers.c.name == FOLLOWER).with_for_update()
    read_until = connection.scalar(query) or 0
    board = standing(incident, journal.of_stream(connection, PREFIX + incident), read_until)
    rows.forget(connection, incident)
    rows.write(connection, Board(incident=incident), board)
    return board


def adopt(engine: sa.Engine, rules: Rules, *, now: float) -> bool:
    """
    Start the clocks of regimes that were named only after their trigger was declared, in incidents that are not closed.

    True where there was any. Raises `StoreError`.
    """
    with named_errors(), engine.begin() as connection:
        settled(connection, rules, now=now)
        known = rows.situations(connection)
        owing = [incident for incident, told in known.items() if told.triggers and told.status != CLOSED]
        return sum(_adopt(connection, incident, rules, now) for incident in owing) > 0


def _adopt(connection: sa.Connection, incident: str, rules: Rules, now: float) -> bool:
    before = rows.board(connection, incident)
    known = {clock.definition for clock in before.clocks.values()}
    new = tuple(each for each in rules.definitions if each.obligation and each.id not in known)
    if not new:
        return False
    entries = journal.of_stream(connection, PREFIX + incident)
    declared = [entry for entry in entries if entry.kind == TRIGGER_MET]
    planned = plan(before, declared, replace(rules, definitions=new), now)
    _enter(connection, incident, planned.changes, now)
    rows.write(connection, before, planned.board)
    return bool(planned.changes)


def _pass(connection: sa.Connection, rules: Rules, now: float) -> bool:
    entries = journal.unread(connection, FOLLOWER)
    is_all = len(entries) < journal.ENTRIES_AT_ONCE
    for incident, told in _by_incident(entries, rules).items():
        _advance(connection, incident, told, rules, now, None if is_all else entries[-1].recorded_at)
    journal.acted_on(connection, FOLLOWER, entries)
    late = rows.due(connection, now) if is_all else ()
    for incident in late:
        _advance(connection, incident, (), rules, now, None)
    return not is_all or bool(late) or any(entry.kind not in states.CLOCK_KINDS for entry in entries)


def _by_incident(entries: Sequence[Entry], rules: Rules) -> Mapping[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind in rules.kinds and (incident := incident_of(entry)):
            found.setdefault(incident, []).append(entry)
    return found


def _advance(
    connection: sa.Connection,
    incident: str,
    entries: Sequence[Entry],
    rules: Rules,
    now: float,
    read_until: float | None,
) -> None:
    before = rows.board(connection, incident)
    planned = plan(before, entries, rules, now, read_until=read_until)
    _enter(connection, incident, planned.changes, now)
    rows.write(connection, before, planned.board)


def _enter(connection: sa.Connection, incident: str, changes: Sequence[Change], now: float) -> None:
    """Into the journal, those that happened at one moment together."""
    for occurred_at, together in groupby(changes, key=lambda each: each.occurred_at):
        told = [each.event for each in together]
        incidents.record(connection, incident, told, actor=TOCSIN, occurred_at=occurred_at, now=now)
