"""Alerts open incidents and join them: across chains, sources and the estate; never lower, never twice."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from findings_made import finding
from stores import store
from tocsin.app.triage import acts
from tocsin.app.triage.incidents import STORM_INCIDENTS, STORM_SECONDS
from tocsin.app.triage.reports import Report
from tocsin.edge.store import journal
from tocsin.edge.store.incidents import record
from tocsin.edge.store.opening import Store
from tocsin.model.errors import SettingError, WrongState
from tocsin.model.finding import Severity
from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import Asset, AssetKind, Criticality, Estate
from tocsin.respond.incident.events import AlertUnlinked, Classified, Event, StatusChanged, VerdictGiven
from tocsin.respond.incident.incident import Incident
from tocsin.respond.triage.linking import DAY_SECONDS, TELL_AGAIN_SECONDS
from tocsin.respond.triage.machine import State
from tocsin.tables.literal import address
from triage_room import ADA, Room

__all__ = ["store"]


MALLORY = finding(1, attacker="mallory").entities


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store, open_from="high")


def estate(*names: str, chain_id: int = 1, criticality: Criticality = Criticality.MEDIUM) -> Estate:
    some = [
        Asset(
            id=name,
            kind=AssetKind.CONTRACT,
            name=name,
            owner="core",
            criticality=criticality,
            chain_id=chain_id,
            address=address(name),
        )
        for name in names
    ]
    return Estate(assets={each.id: each for each in some})


def only(room: Room) -> Incident:
    (name,) = room.incidents()
    return room.incident(name)


def tell(room: Room, incident: str, *events: Event) -> None:
    with room.store.engine.begin() as connection:
        record(connection, incident, events, actor=ADA, occurred_at=room.clock.now, now=room.clock.now)


def test_an_alert_below_the_threshold_waits_for_a_person(room: Room) -> None:
    room.found(1, finding(1, severity=Severity.MEDIUM))
    room.take_in()
    (alert,) = room.alerts()
    assert (alert.state, alert.incident) == (State.NEW, None)

    acts.escalate(room.desk, ADA, [alert.id])

    (alert,) = room.alerts()
    assert alert.state is State.ESCALATED
    assert only(room).declared_by == "user:ada"


def test_an_incident_tells_what_its_alert_tells(room: Room) -> None:
    room.estate = lambda: estate("vault")
    room.found(1, finding(1, transaction="0x0a", attacker="mallory", victim="vault", labels=["watched-loss"]))
    room.take_in()

    (alert,), incident = room.alerts(), only(room)
    assert (incident.title, incident.type, incident.priority) == (alert.title, "exploit", Priority.P1)
    assert incident.rule == "exploit-with-loss"
    assert incident.hit == ("vault",)
    assert incident.times.occurred == alert.occurred_at
    linked = incident.alerts[alert.id]
    assert (linked.transactions, linked.attackers) == (("0x0a",), (address("mallory"),))
    assert linked.block_hash == finding(1).place.block_hash


def test_what_hits_nothing_of_the_estate_happened_elsewhere(room: Room) -> None:
    room.estate = lambda: estate("vault")
    room.found(1, finding(1, victim="stranger"))
    room.take_in()
    assert (only(room).priority, only(room).rule) == (Priority.P4, "elsewhere")


def test_an_attacker_seen_on_another_chain_is_the_same_incident(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.take_in()
    room.found(5, finding(5, transaction="0x0b", attacker="mallory", chain_id=10), chain_id=10)
    room.take_in()

    one, other = room.alerts()
    assert {one.chain_id, other.chain_id} == {1, 10}
    assert one.incident == other.incident
    assert set(only(room).alerts) == {one.id, other.id}


def test_one_asset_hit_twice_within_a_day_is_one_incident_and_later_another(room: Room) -> None:
    room.estate = lambda: estate("vault")
    room.found(1, finding(1, attacker="mallory", victim="vault", labels=["stage:preparation"]))
    room.take_in()
    report(room, "one", ["vault"])
    report(room, "two", ["vault"])
    assert len(room.incidents()) == 1

    room.clock.now += DAY_SECONDS + 1
    report(room, "three", ["vault"])
    assert len(room.incidents()) == 2


def report(room: Room, key: str, assets: Iterable[str]) -> str:
    given = Report(source="helpdesk", key=key, severity=Severity.HIGH, title=key, assets=tuple(assets))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(acts, "estate_now", lambda _desk: room.estate())
        return acts.report_alert(room.desk, ADA, given).id


def test_worse_findings_raise_the_priority_and_nothing_lowers_it(room: Room) -> None:
    room.found(
        1, finding(1, transaction="0x0a", attacker="mallory", detector="evasive-code", labels=["stage:preparation"])
    )
    room.take_in()
    first = only(room)
    assert first.priority > Priority.P1

    room.found(2, finding(2, transaction="0x0b", attacker="mallory", labels=["watched-loss"]))
    room.take_in()
    assert only(room).priority is Priority.P1

    tell(room, first.id, Classified(type="exploit", priority=Priority.P3, because=("a test of ours",), rule=""))
    room.found(3, finding(3, transaction="0x0a", fork=0, key="more", attacker="mallory", severity=Severity.INFO))
    room.take_in()
    assert only(room).priority is Priority.P3


def test_alerts_of_a_closed_incident_are_closed_with_its_verdict(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.take_in()
    incident = only(room)
    tell(room, incident.id, VerdictGiven(verdict="tp_impact", reason="paid back"))
    tell(room, incident.id, StatusChanged(before="active", after="closed", reason="done"))

    room.found(2, finding(2, transaction="0x0b", attacker="mallory"))
    room.take_in()

    new, old = sorted(room.alerts(), key=lambda each: each.state is State.CLOSED)
    assert (old.state, old.verdict) == (State.CLOSED, "tp_impact")
    assert new.state is State.ESCALATED
    assert new.incident != incident.id


def test_an_alert_that_people_took_out_is_not_put_back(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.take_in()
    (alert,) = room.alerts()
    tell(room, only(room).id, AlertUnlinked(alert=alert.id, reason="something else"))
    room.found(2, finding(2, transaction="0x0b", attacker="mallory"))
    room.take_in()
    assert only(room).alerts == {}


def test_a_finding_of_two_incidents_relates_them(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"), finding(1, transaction="0x0b", attacker="trudy"))
    room.take_in()
    assert [room.incident(name).links for name in room.incidents()] == [{}, {}]

    theirs = finding(2, attacker="trudy").entities
    room.found(2, replace(finding(2, transaction="0x0c", attacker="mallory"), entities=(*theirs, *MALLORY)))
    room.take_in()

    one, other = (room.incident(name) for name in sorted(room.incidents()))
    assert set(one.links) == {other.id}
    assert set(other.links) == {one.id}


def test_what_grows_in_a_storm_is_told_now_and_then_and_never_forgotten(room: Room) -> None:
    for number in range(1, 31):
        room.found(number, finding(number, transaction=f"0x{number:02x}", attacker="mallory"))
        room.take_in()
    (alert,) = room.alerts()
    assert len(only(room).alerts[alert.id].transactions) == 8

    room.clock.now += TELL_AGAIN_SECONDS
    room.take_in()
    assert len(only(room).alerts[alert.id].transactions) == 30
    kinds = [entry.kind for entry in journal.stream(room.store.engine, f"incident:{only(room).id}")]
    assert kinds.count("alert_linked") == 9


def test_strangers_in_a_storm_share_one_incident_and_nobody_is_forgotten(room: Room) -> None:
    names = STORM_INCIDENTS + 30
    some = [finding(1, transaction=f"0x{n:03x}", attacker=f"stranger-{n}") for n in range(names)]
    room.found(1, *some)
    room.take_in(at_once=7)

    assert len(room.incidents()) == STORM_INCIDENTS
    assert len(room.alerts(State.ESCALATED)) == names
    sizes = sorted(len(room.incident(each).alerts) for each in room.incidents())
    assert sizes == [1] * (STORM_INCIDENTS - 1) + [31]

    room.clock.now += STORM_SECONDS + 1
    room.found(2, finding(2, transaction="0xfff", attacker="somebody"))
    room.take_in()
    assert len(room.incidents()) == STORM_INCIDENTS + 1


def test_an_incident_is_told_of_so_many_alerts_and_all_are_listed_with_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 40
    monkeypatch.setattr("tocsin.respond.triage.linking.MOST_LINKED", most)
    names = STORM_INCIDENTS + most + 20
    room.found(1, *(finding(1, transaction=f"0x{n:04x}", attacker=f"stranger-{n}") for n in range(names)))
    room.take_in()

    biggest = max((room.incident(each) for each in room.incidents()), key=lambda each: len(each.alerts))
    assert len(biggest.alerts) == most
    assert [note.text.startswith("More than") for note in biggest.notes.values()] == [True]
    assert len([each for each in room.alerts() if each.incident == biggest.id]) == names - STORM_INCIDENTS + 1


def test_an_alert_joins_no_incident_that_is_closed(room: Room) -> None:
    room.found(1, finding(1, attacker="mallory"), finding(1, transaction="0x02", severity=Severity.LOW))
    room.take_in()
    incident = only(room)
    tell(room, incident.id, StatusChanged(before="active", after="closed", reason="done"))
    (low,) = room.alerts(State.NEW)
    with pytest.raises(WrongState, match="not open"):
        acts.escalate(room.desk, ADA, [low.id], incident.number)


def test_a_threshold_that_is_none_is_said_when_triage_is_made(room: Room) -> None:
    room.open_from = "hgh"
    with pytest.raises(SettingError, match="did you mean 'high'"):
        room.triage()
