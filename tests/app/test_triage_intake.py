"""Findings become alerts: joined, counted, scored, merged, taken back; on both stores."""

import asyncio

import pytest
import sqlalchemy as sa

from findings_made import finding, header
from stores import store
from tocsin.app.triage.batch import batch
from tocsin.app.triage.incidents import judge
from tocsin.detect.alerts.alerts import alerts as scored_at_once
from tocsin.detect.catalogue import detectors
from tocsin.edge.store import reorg
from tocsin.edge.store.incidents import load as incident_of
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.every import tables
from tocsin.edge.store.triage import waiting
from tocsin.model.finding import Severity
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.verdicts import Verdict
from triage_room import ADA, KNOWN, Room

__all__ = ["store"]


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


def test_a_finding_opens_an_alert_with_the_score_that_detection_gives(room: Room) -> None:
    one = finding(1, attacker="mallory", victim="vault")
    room.found(1, one)
    room.take_in()

    (alert,) = room.alerts()
    (told,) = scored_at_once([one], detectors(), KNOWN)
    assert (alert.state, alert.severity, alert.title, alert.times) == (State.NEW, told.severity, told.title, 1)
    assert (alert.story.probability, alert.story.weight, alert.story.why) == (told.probability, told.weight, told.why)
    assert (alert.story.attackers, alert.story.victims) == (told.attackers, told.victims)
    assert alert.occurred_at == header(1).timestamp
    assert room.kinds(alert.id) == ["alert_opened"]
    assert waiting(room.store.engine) == 0


def test_what_belongs_together_raises_the_count_and_never_makes_a_second_alert(room: Room) -> None:
    for number in range(1, 8):
        room.found(number, finding(number, transaction=f"0x0{number}", attacker="mallory"))
        room.take_in()

    (alert,) = room.alerts()
    assert (alert.times, alert.findings) == (7, 7)
    assert room.kinds(alert.id) == ["alert_opened"]


def test_stages_of_one_attack_make_an_alert_worse_than_each(room: Room) -> None:
    """As all at once would be scored, although they came one after another."""
    some = [
        finding(1, severity=Severity.MEDIUM, attacker="mallory", detector="takeover"),
        finding(2, severity=Severity.MEDIUM, attacker="mallory", labels=["stage:preparation"], detector="evasive-code"),
        finding(3, severity=Severity.MEDIUM, attacker="mallory", labels=["stage:laundering"], detector="laundering"),
    ]
    for number, each in enumerate(some, 1):
        room.found(number, each)
        room.take_in()

    (alert,) = room.alerts()
    (told,) = scored_at_once(some, detectors(), KNOWN)
    assert told.severity > Severity.MEDIUM
    assert (alert.severity, alert.story.weight, alert.story.why) == (told.severity, told.weight, told.why)
    assert alert.story.stages == tuple(stage.value for stage in told.stages)
    assert "alert_raised" in room.kinds(alert.id)


def test_a_finding_that_belongs_to_two_alerts_merges_them_and_keeps_both(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.found(2, finding(2, transaction="0x0b", victim="vault"))
    room.take_in()
    assert len(room.alerts(State.NEW)) == 2

    room.found(3, finding(3, transaction="0x0c", attacker="mallory", victim="vault"))
    room.take_in()

    (alert,), (gone,) = room.alerts(State.NEW), room.alerts(State.MERGED)
    assert (alert.times, alert.findings, gone.merged_into) == (3, 3, alert.id)
    assert len(room.findings(alert)) == 3
    assert room.kinds(gone.id) == ["alert_opened", "alert_moved"]


def test_a_reorg_shows_on_the_alert_and_closes_nothing(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.found(2, finding(2, transaction="0x0b", attacker="mallory"))
    room.take_in()
    reorg.retract(room.store.engine, 1, [header(2).hash], common=header(1), replaced_by=b"\x07" * 32, now=1.0)
    room.take_in()

    (alert,) = room.alerts()
    assert (alert.findings, alert.retracted, alert.is_retracted) == (2, 1, False)

    reorg.retract(room.store.engine, 1, [header(1).hash], common=None, replaced_by=None, now=1.0)
    room.take_in()

    (alert,) = room.alerts()
    assert alert.is_retracted
    assert alert.state is State.NEW
    assert room.kinds(alert.id) == ["alert_opened", "alert_finding_retracted", "alert_finding_retracted"]


def test_a_block_that_stands_again_brings_its_finding_back(room: Room) -> None:
    room.found(1, finding(1))
    room.take_in()
    reorg.retract(room.store.engine, 1, [header(1).hash], common=None, replaced_by=None, now=1.0)
    room.take_in()
    room.found(1, finding(1))
    room.take_in()

    (alert,) = room.alerts()
    assert (alert.findings, alert.retracted, alert.times) == (1, 0, 2)


def test_what_was_taken_back_before_it_was_triaged_opens_no_incident(room: Room) -> None:
    room.open_from = "high"
    room.found(1, finding(1))
    reorg.retract(room.store.engine, 1, [header(1).hash], common=None, replaced_by=None, now=1.0)
    room.take_in()

    (alert,) = room.alerts()
    assert (alert.state, alert.is_retracted, alert.incident) == (State.NEW, True, None)


def test_a_bad_enough_alert_opens_an_incident_and_its_retraction_is_told_there(room: Room) -> None:
    room.open_from = "high"
    room.found(1, finding(1, attacker="mallory"))
    room.take_in()

    (alert,) = room.alerts()
    assert alert.state is State.ESCALATED
    assert alert.incident is not None
    reorg.retract(room.store.engine, 1, [header(1).hash], common=None, replaced_by=b"\x07" * 32, now=1.0)
    room.take_in()
    with room.store.engine.begin() as connection:
        incident = incident_of(connection, alert.incident)
    assert list(incident.alerts) == [alert.id]
    assert [each.finding for each in incident.retracted] == [finding(1, attacker="mallory").id]
    assert incident.is_open


def test_detectors_that_only_label_make_no_alert(room: Room) -> None:
    labelling = next(each.id for each in detectors().values() if each.label)
    room.found(1, finding(1, detector=labelling))
    room.take_in()
    assert room.alerts() == []
    assert waiting(room.store.engine) == 0


def test_a_pass_that_fails_half_way_leaves_everything_waiting(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.open_from = "high"
    room.found(1, finding(1, attacker="mallory"))
    with monkeypatch.context() as broken:
        broken.setattr("tocsin.app.triage.batch.journal.append", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            room.take_in()
    assert room.alerts() == []
    assert waiting(room.store.engine) == 1

    room.take_in()
    assert len(room.alerts(State.ESCALATED)) == 1


def test_an_alert_of_a_closed_incident_is_not_joined_any_more(room: Room) -> None:
    """What comes after is an alert of its own: it must reach a person."""
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"))
    room.take_in()
    (first,) = room.alerts()
    close(room, first)

    room.found(2, finding(2, transaction="0x0b", attacker="mallory"))
    room.take_in()

    (new,) = room.alerts(State.NEW)
    assert new.id != first.id


def close(room: Room, alert: TriagedAlert) -> None:
    with batch(room.desk) as work:
        judge(work, work.of(alert.id), Verdict.BENIGN, "", ADA)


def test_a_finding_that_meets_a_defect_becomes_an_alert_and_holds_up_no_other(room: Room) -> None:
    room.found(1, finding(1, transaction="0x0a"), finding(1, transaction="0x0b"), finding(1, transaction="0x0c"))
    findings = tables().tables["findings"]
    with room.store.engine.begin() as connection:
        broken = finding(1, transaction="0x0b")
        body = {**broken.to_json(), "severity": "dreadful"}
        connection.execute(sa.update(findings).where(findings.c.id == broken.id).values(body=body))
    with pytest.raises(KeyError):
        room.take_in()

    triage = room.triage()
    while triage.one_now():
        pass

    alerts = room.alerts()
    assert sorted(each.source for each in alerts) == ["detectors", "detectors", "health"]
    assert next(each.story.summary for each in alerts if each.source == "health").startswith(f"finding {broken.id}")
    assert waiting(room.store.engine) == 0


def test_the_loop_gets_past_a_defect_by_itself(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not at once: a loop that never rests leaves whoever else asks an SQLite store without a turn.
    monkeypatch.setattr("tocsin.app.triage.triage.RETRY_SECONDS", 0.05)
    room.found(1, finding(1, transaction="0x0a"), finding(1, transaction="0x0b"))
    findings = tables().tables["findings"]
    with room.store.engine.begin() as connection:
        connection.execute(sa.update(findings).where(findings.c.transaction_hash == "0x0a").values(body={"id": "x"}))

    async def until_nothing_waits() -> None:
        running = asyncio.create_task(room.triage().run())
        while await asyncio.to_thread(waiting, room.store.engine):  # noqa: ASYNC110 - another thread empties it
            await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(until_nothing_waits(), 60.0))
    assert sorted(each.source for each in room.alerts()) == ["detectors", "health"]
