"""Clocks in the store: killed anywhere nothing is lost or done twice, several may keep time, rows can be made anew."""

import threading
from collections.abc import Callable
from itertools import count

import pytest
import sqlalchemy as sa

from tocsin.edge.store import clocks as rows
from tocsin.edge.store import incidents, journal, timekeeping
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.schema.clocks import clock_situations, clocks
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import NotFound
from tocsin.model.priority import Priority
from tocsin.respond.clocks import acts
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.clocks.internal import TARGETS, definitions
from tocsin.respond.clocks.plan import Rules
from tocsin.respond.incident import events
from tocsin.respond.obligation_catalogue import clocks_of

ADA = Actor(ActorKind.USER, "ada")
T0, MINUTE, HOUR = 1_772_452_800.0, 60.0, 3_600.0
RULES = Rules(definitions=(*definitions(TARGETS), *clocks_of(("gdpr", "dora"))))
IDS = (f"incident-{number}" for number in count())


def declare(store: Store, at: float = T0, priority: Priority = Priority.P1, exercise: str = "") -> str:
    incident = next(IDS)
    told = events.Declared(
        number="",
        title="Drain",
        type="exploit",
        priority=priority,
        because=("value is leaving",),
        rule="loss",
        detected_at=at,
        exercise=exercise,
    )
    with store.engine.begin() as connection:
        incidents.declare(connection, incident=incident, events=[told], actor=ADA, occurred_at=at, now=at)
    return incident


def happens(store: Store, incident: str, event: events.Event, at: float) -> None:
    with store.engine.begin() as connection:
        incidents.record(connection, incident, [event], actor=ADA, occurred_at=at, now=at)


def keep_time(store: Store, now: float) -> None:
    while timekeeping.follow(store.engine, RULES, now=now):
        pass


def told(store: Store, incident: str, kind: str, definition: str = "") -> list[dict[str, object]]:
    entries = journal.stream(store.engine, f"incident:{incident}")
    found = [dict(entry.data) for entry in entries if entry.kind == kind]
    return [each for each in found if definition in ("", each["definition"])]


def states(store: Store, incident: str) -> dict[str, str]:
    with store.engine.begin() as connection:
        found = rows.board(connection, incident).clocks
    return {clock.definition: clock.state.value for clock in found.values()}


def everything(store: Store) -> tuple[list[tuple[object, ...]], ...]:
    """All rows of clocks, as they stand in the tables."""
    with store.engine.begin() as connection:
        return tuple(
            sorted(tuple(row) for row in connection.execute(sa.select(table))) for table in (clocks, clock_situations)
        )


def test_the_timer_of_a_process_that_was_down_fires_late_and_once(store: Store) -> None:
    incident = declare(store)
    keep_time(store, T0 + MINUTE)
    keep_time(store, T0 + 9 * MINUTE)
    keep_time(store, T0 + 10 * MINUTE)

    (breach,) = told(store, incident, "clock_breached")
    assert (breach["definition"], breach["due_at"], breach["noticed_at"]) == (
        "acknowledge",
        T0 + 5 * MINUTE,
        T0 + 9 * MINUTE,
    )
    assert states(store, incident)["response"] == "running"


def test_what_happened_while_nothing_ran_counts_when_it_happened(store: Store) -> None:
    incident = declare(store)
    happens(store, incident, events.Acknowledged(via="cli"), T0 + 14 * MINUTE + 59)
    keep_time(store, T0 + HOUR)
    assert states(store, incident)["response"] == "met"
    assert states(store, incident)["acknowledge"] == "breached"


def test_an_answer_far_behind_in_the_journal_is_read_before_anything_is_late(store: Store) -> None:
    """More entries than one pass reads stand between the declaration and the answer."""
    incident = declare(store)
    note = events.NoteWritten(note="n", text="still looking")
    with store.engine.begin() as connection:
        many = [note] * (journal.ENTRIES_AT_ONCE + 7)
        incidents.record(connection, incident, many, actor=ADA, occurred_at=T0 + 1, now=T0 + 1)
    happens(store, incident, events.Acknowledged(via="cli"), T0 + 2)
    keep_time(store, T0 + HOUR)
    assert states(store, incident)["acknowledge"] == "met"


class Crash(Exception):
    """The process dies here."""


def crash_at(store: Store, statement: int) -> Callable[[], None]:
    numbers = iter(range(statement + 1))

    def count_down(*_: object) -> None:
        if next(numbers, statement) == statement:
            raise Crash

    sa.event.listen(store.engine, "before_cursor_execute", count_down)
    return lambda: sa.event.remove(store.engine, "before_cursor_execute", count_down)


def test_killed_between_any_two_statements_nothing_is_lost_and_nothing_is_written_twice(store: Store) -> None:
    """Each pass is killed at its first statement, then its second, and so on, until it comes through."""
    incident = declare(store)
    steps = [
        (events.TriggerMet(trigger="aware", at=T0, why="seen"), T0 + MINUTE),
        (events.Classified(type="exploit", priority=Priority.P2, because=("less",), rule=""), T0 + 20 * MINUTE),
        (events.UpdatePublished(update="u", audience="a", text="t", tlp="amber"), T0 + 70 * MINUTE),
        (events.Acknowledged(via="cli"), T0 + 90 * MINUTE),
    ]
    crashes = 0
    for event, at in steps:
        happens(store, incident, event, at)
        killed = 0
        while True:
            before = everything(store), journal.size(store.engine)
            mend = crash_at(store, killed)
            try:
                more = timekeeping.follow(store.engine, RULES, now=at)
            except Crash:
                killed, crashes = killed + 1, crashes + 1
                mend()
                assert (everything(store), journal.size(store.engine)) == before
                continue
            mend()
            if not more:
                break
            killed = 0
    assert crashes > 50
    for definition in ("response", "acknowledge", "update", "contain"):
        breaches = [each["clock"] for each in told(store, incident, "clock_breached", definition)]
        assert len(breaches) == len(set(breaches))
    assert states(store, incident) == {
        "response": "breached",
        "acknowledge": "breached",
        "update": "running",
        "contain": "warned",
        "gdpr-33": "running",
    }


def test_rows_made_anew_from_the_journal_are_the_rows(store: Store) -> None:
    first, second = declare(store), declare(store, priority=Priority.P3)
    happens(store, first, events.TriggerMet(trigger="aware", at=T0, why="seen"), T0 + 1)
    keep_time(store, T0 + 6 * MINUTE)
    change(store, "contain", lambda c: acts.pause(c, RULES.by_id["contain"], "external_party", "asked", ADA), 7, first)
    change(store, "acknowledge", lambda c: acts.waive(c, "a drill of the line", ADA), 8, first)
    happens(store, first, events.UpdatePublished(update="u", audience="a", text="t", tlp="amber"), T0 + 9 * MINUTE)
    keep_time(store, T0 + 20 * MINUTE)
    change(store, "contain", lambda c: acts.resume(c, ADA, T0 + 21 * MINUTE), 21, first)
    happens(store, second, events.Acknowledged(via="cli"), T0 + 22 * MINUTE)  # not acted on yet
    before = everything(store)

    with store.engine.begin() as connection:
        connection.execute(sa.delete(clocks))
        connection.execute(sa.delete(clock_situations))
        for incident in (first, second):
            timekeeping.rebuild(connection, incident)

    assert everything(store) == before
    keep_time(store, T0 + 23 * MINUTE)
    assert states(store, second)["response"] == "met"


def change(store: Store, name: str, decide: Callable[[Clock], events.Event], minute: float, incident: str) -> Clock:
    with store.engine.begin() as connection:
        number = rows.board(connection, incident).situation.number
        clock = f"{number}:{name}"
        return timekeeping.change(connection, RULES, clock, decide, actor=ADA, now=T0 + minute * MINUTE)


def test_an_act_comes_after_all_that_happened_before_it(store: Store) -> None:
    """The answer stands in the journal and nobody has acted on it: what is waived must not be a breach."""
    incident = declare(store)
    keep_time(store, T0)
    happens(store, incident, events.Acknowledged(via="cli"), T0 + MINUTE)
    with pytest.raises(Exception, match="is met"):
        change(store, "response", lambda c: acts.waive(c, "no need", ADA), 20, incident)
    keep_time(store, T0 + 20 * MINUTE)
    assert states(store, incident)["response"] == "met"


def test_a_clock_that_is_not_there_is_named(store: Store) -> None:
    with store.engine.begin() as connection, pytest.raises(NotFound, match="INC-1:nothing"):
        timekeeping.change(connection, RULES, "INC-1:nothing", lambda c: acts.resume(c, ADA, 0), actor=ADA, now=T0)


def test_several_keep_time_at_once_and_every_breach_is_written_once(store: Store, store_url: str) -> None:
    many = [declare(store) for _ in range(12)]
    keep_time(store, T0)
    stores = [open_store(store_url) for _ in range(4)]
    failures: list[BaseException] = []

    def keep(one: Store) -> None:
        try:
            keep_time(one, T0 + HOUR)
        except BaseException as error:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=keep, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in stores:
        one.close()

    assert failures == []
    for incident in many:
        breaches = [each["definition"] for each in told(store, incident, "clock_breached")]
        assert sorted(breaches) == ["acknowledge", "contain", "response", "update"]


def test_the_next_moment_is_the_first_of_all_clocks(store: Store) -> None:
    assert rows.next_moment(store.engine) is None
    declare(store)
    keep_time(store, T0)
    assert rows.next_moment(store.engine) == T0 + 0.75 * 5 * MINUTE


def test_clocks_are_listed_by_time_left_page_by_page(store: Store) -> None:
    declare(store)
    declare(store, priority=Priority.P2)
    keep_time(store, T0)
    with store.engine.begin() as connection:
        whole = rows.shown(connection, viewer=ADA)
        first = rows.shown(connection, viewer=ADA, limit=3)
        last = first[-1].clock
        rest = rows.shown(connection, viewer=ADA, after=(last.due_at or rows.NEVER, last.id))
    assert [each.clock.due_at for each in whole] == sorted(each.clock.due_at for each in whole)
    assert first + rest == whole
    assert {each.number for each in whole} == {"INC-2026-0001", "INC-2026-0002"}
