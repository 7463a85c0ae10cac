"""Incidents in the store: numbered, journalled, listed, found, and loaded the same from what was kept."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import sqlalchemy as sa

from tocsin.edge.store import incident_rows, incidents, journal
from tocsin.edge.store.incident_rows import IncidentRow, Wanted, find
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.incidents import incident_states
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import NotFound, Outdated, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident, fold

ADA, EVE = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "eve")
NOW = 1_796_000_000.0  # in November 2026
DECLARED = events.Declared(
    number="",
    title="Vault emptied",
    type="informational",
    priority=Priority.P4,
    because=("loss",),
    rule="",
    detected_at=90.0,
)


def declare(store: Store, incident: str = "one", now: float = NOW, **fields: object) -> Incident:
    first = msgspec.structs.replace(DECLARED, **fields)
    with store.engine.begin() as connection:
        return incidents.declare(connection, incident=incident, events=[first], actor=ADA, occurred_at=now, now=now)


def record(store: Store, *told: Event, incident: str = "one", expected: int | None = None) -> Incident:
    with store.engine.begin() as connection:
        return incidents.record(connection, incident, told, actor=ADA, occurred_at=NOW, now=NOW, expected=expected)


def load(store: Store, incident: str = "one") -> Incident:
    with store.engine.begin() as connection:
        return incidents.load(connection, incident)


def named(store: Store, name: str, viewer: Actor = ADA) -> str:
    with store.engine.begin() as connection:
        return incident_rows.named(connection, name, viewer=viewer)


def listed(store: Store, viewer: Actor = ADA, **wanted: object) -> Sequence[IncidentRow]:
    return find(store.engine, Wanted(**wanted), viewer=viewer, limit=100)[0]  # type: ignore[arg-type] # by name


def linked(alert: str) -> events.AlertLinked:
    return events.AlertLinked(alert=alert, title="Drain", severity="critical", detected_at=95.0)


def test_numbers_count_up_in_each_year(store: Store) -> None:
    numbers = [declare(store, name, now).number for name, now in (("a", NOW), ("b", NOW), ("c", NOW + 86_400 * 60))]

    assert numbers == ["INC-2026-0001", "INC-2026-0002", "INC-2027-0001"]


def test_incidents_declared_at_the_same_time_have_numbers_without_holes(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = {one.number for one in pool.map(lambda n: declare(store, f"i{n}"), range(24))}

    assert numbers == {f"INC-2026-{number:04d}" for number in range(1, 25)}


def test_what_is_loaded_is_what_its_entries_say(store: Store) -> None:
    declare(store)
    state = record(store, linked("a"), events.RoleAssigned(role="commander", person="ada"))

    assert load(store) == state == fold(journal.stream(store.engine, "incident:one"))
    assert listed(store)[0].commander == "ada"
    assert (listed(store)[0].alerts, listed(store)[0].sequence) == (1, 3)


def test_a_state_that_was_kept_is_gone_on_from(store: Store) -> None:
    declare(store)
    for number in range(40):
        state = record(store, events.NoteWritten(note=f"n{number}", text="seen"))

    with store.engine.begin() as connection:
        kept = connection.execute(sa.select(incident_states.c.sequence)).scalar_one()
    assert 32 <= kept <= 41
    assert load(store) == state == fold(journal.stream(store.engine, "incident:one"))


def test_a_kept_state_of_another_shape_is_worked_out_anew(store: Store) -> None:
    declare(store)
    state = record(store, *(events.NoteWritten(note=f"n{number}", text="seen") for number in range(40)))
    with store.engine.begin() as connection:
        connection.execute(sa.update(incident_states).values(shape="of old", state=b"unreadable"))

    assert load(store) == state
    assert record(store, linked("a")).sequence == 42


def test_who_thinks_of_an_older_state_is_refused_and_nothing_is_written(store: Store) -> None:
    declare(store)

    with pytest.raises(Outdated):
        record(store, linked("a"), expected=0)
    assert load(store).alerts == {}


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        load(store, "absent")
    with pytest.raises(NotFound):
        record(store, linked("a"), incident="absent")
    assert journal.size(store.engine) == 0


def test_an_alert_is_about_one_incident_and_moves_with_a_merge(store: Store) -> None:
    declare(store, "one")
    declare(store, "two")
    record(store, linked("a"), incident="one")

    with pytest.raises(WrongState, match="INC-2026-0001"):
        record(store, linked("a"), incident="two")
    record(store, events.Merged(into="two", reason="same"), incident="one")
    record(store, linked("a"), incident="two")

    with store.engine.begin() as connection:
        assert incident_rows.incident_of_alert(connection, "a") == "two"
    assert [row.number for row in listed(store)] == ["INC-2026-0002"]
    assert len(listed(store, with_merged=True)) == 2


NAMES = {
    "INC-2026-0002": "0198-x",
    "inc-2026-2": "0198-x",
    "2026-2": "0198-x",
    "0002": "0199-y",
    "2": "0199-y",
    "0198-x": "0198-x",
    "019": None,
    "43": None,
    "": None,
    "%": None,
    "٢": None,
}


def test_an_incident_is_found_by_what_people_call_it(store: Store) -> None:
    declare(store, "0197-w")
    declare(store, "0198-x")
    declare(store, "0198-z", NOW + 86_400 * 60)
    declare(store, "0199-y", NOW + 86_400 * 60)

    for name, found in NAMES.items():
        if found:
            assert named(store, name) == found
        else:
            with pytest.raises((NotFound, Unacceptable)):
                named(store, name)


def test_a_restricted_incident_is_there_only_for_those_who_are_named(store: Store) -> None:
    declare(store, "one", is_restricted=True, codename="BLUE HERON")

    assert [row.id for row in listed(store, ADA)] == ["one"]
    assert listed(store, EVE) == ()
    assert [row.id for row in listed(store, TOCSIN)] == ["one"]
    with pytest.raises(NotFound):
        named(store, "1", EVE)
    record(store, events.AccessGranted(person="eve", reason="counsel"))
    assert named(store, "1", EVE) == "one"
    record(store, events.AccessRevoked(person="eve", reason="done"))
    assert listed(store, EVE) == ()


def test_lists_are_told_what_to_hold(store: Store) -> None:
    declare(store, "a", title="Oracle moved", type="oracle-manipulation", priority=Priority.P2)
    declare(store, "b", title="Vault emptied")
    declare(store, "c", title="Drill", exercise="spring")
    record(store, events.AssetsIdentified(assets=("vault",), directly=("vault",)), incident="b")
    record(store, events.RoleAssigned(role="commander", person="bo"), incident="b")

    def ids(**wanted: object) -> str:
        return "".join(row.id for row in listed(store, **wanted))

    assert ids() == "ba"
    assert ids(exercise=None) == "cba"
    assert ids(exercise="spring") == "c"
    assert ids(words="ORACLE moved") == "a"
    assert ids(words="bo") == "b"
    assert ids(words="100%") == ""
    assert ids(asset="vault") == "b"
    assert ids(priorities=(Priority.P2,)) == "a"
    assert ids(commander="") == "a"
    assert ids(types=("informational",)) == "b"
    assert ids(statuses=("stable",)) == ""
    assert ids(is_open=True) == "ba"
    assert ids(declared_before=NOW) == ""


@pytest.mark.parametrize("worst_first", [True, False])
def test_pages_hold_everything_once(store: Store, worst_first: bool) -> None:
    for number in range(25):
        declare(store, f"i{number:02d}", priority=list(Priority)[number % 4])

    found: list[IncidentRow] = []
    after = ""
    for _ in range(4):
        rows, after = find(store.engine, Wanted(), viewer=ADA, limit=7, after=after, worst_first=worst_first)
        found += rows
    assert after == ""
    assert len(found) == len({row.id for row in found}) == 25
    if worst_first:
        assert [row.priority for row in found] == sorted(row.priority for row in found)
    else:
        assert [row.id for row in found] == sorted((row.id for row in found), reverse=True)


def test_an_incident_begins_with_the_tasks_of_its_type(store: Store) -> None:
    state = declare(store, type="key-compromise", priority=Priority.P1)

    assert "rotate-keys" in state.tasks
    assert state.tasks["rotate-keys"].due_at == NOW + 30 * 60
