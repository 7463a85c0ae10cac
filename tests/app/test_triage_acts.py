"""What people do with alerts, on both stores."""

import pytest

from findings_made import finding, header
from stores import store
from tocsin.app.triage import acts
from tocsin.app.triage.reading import place, place_of, quality_report, whole
from tocsin.app.triage.reports import Report
from tocsin.app.triage.rules import Wish, approve, end, suppress, suppressions
from tocsin.edge.store import health, reorg
from tocsin.edge.store.opening import Store
from tocsin.edge.store.triage import Wanted, listed
from tocsin.edge.store.values import HealthAlert
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import NotAllowed, NotFound, Outdated, Unacceptable, WrongState
from tocsin.model.finding import Severity
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.suppression import DAY_SECONDS, Action, Mode
from triage_room import ADA, BOB, Room

__all__ = ["store"]


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


def two(room: Room) -> tuple[TriagedAlert, TriagedAlert]:
    """Alerts of strangers."""
    room.found(1, finding(1, transaction="0x0a", attacker="mallory"), finding(1, transaction="0x0b", attacker="trudy"))
    room.take_in()
    one, other = room.alerts(State.NEW)
    return one, other


def test_an_alert_is_acknowledged_taken_and_judged_and_its_history_says_by_whom(room: Room) -> None:
    one, _ = two(room)
    acts.acknowledge(room.desk, ADA, [one.id])
    acts.take(room.desk, ADA, [one.id])
    acts.take(room.desk, ADA, [one.id], owner="bob")
    acts.give_verdict(room.desk, BOB, [one.id], "false_positive", "a router we did not know")

    found = whole(room.desk, ADA, one.id)
    assert (found.alert.state, found.alert.owner, found.alert.verdict) == (State.CLOSED, "bob", "false_positive")
    assert [str(entry.actor) for entry in found.history] == [str(TOCSIN), "user:ada", "user:ada", "user:ada"] + [
        "user:bob"
    ] * 2
    assert [act.value for act in found.can] == ["reopen"]


def test_a_verdict_is_given_by_people_and_some_need_a_reason(room: Room) -> None:
    one, other = two(room)
    with pytest.raises(NotAllowed):
        acts.give_verdict(room.desk, TOCSIN, [one.id], "benign")
    with pytest.raises(Unacceptable, match="reason"):
        acts.give_verdict(room.desk, ADA, [one.id], "false_positive")
    acts.give_verdict(room.desk, ADA, [one.id, other.id], "benign")
    assert len(room.alerts(State.CLOSED)) == 2


def test_several_are_judged_wholly_or_not_at_all(room: Room) -> None:
    one, other = two(room)
    acts.give_verdict(room.desk, ADA, [other.id], "test")
    with pytest.raises(WrongState):
        acts.give_verdict(room.desk, ADA, [one.id, other.id], "benign")
    assert room.alert(one.id).state is State.NEW


def test_who_acts_on_what_somebody_else_changed_is_told(room: Room) -> None:
    one, _ = two(room)
    acts.acknowledge(room.desk, ADA, [one.id], expected=one.version)
    with pytest.raises(Outdated):
        acts.take(room.desk, BOB, [one.id], expected=one.version)


def test_an_alert_is_named_by_the_beginning_or_the_end_of_its_id(room: Room) -> None:
    one, other = two(room)
    assert whole(room.desk, ADA, one.id[-12:]).alert.id == one.id
    with pytest.raises(NotFound, match="fits several"):
        whole(room.desk, ADA, one.id[:8])
    for wrong in ("zebra", "", "%", "ffffffffffff"):
        with pytest.raises(NotFound):
            whole(room.desk, ADA, wrong)
    assert other.id != one.id


def test_merged_alerts_stand_apart_again_with_what_came_to_each(room: Room) -> None:
    one, other = two(room)
    before = room.findings(other)
    acts.merge(room.desk, ADA, [other.id], one.id, "the same gang")
    merged = room.alert(one.id)
    assert (merged.times, merged.findings, room.alert(other.id).state) == (2, 2, State.MERGED)
    assert whole(room.desk, ADA, one.id).merged == (other.id,)

    room.found(2, finding(2, transaction="0x0c", attacker="trudy"))
    room.take_in()
    assert room.alert(one.id).times == 3

    acts.unmerge(room.desk, BOB, other.id)

    apart, back = room.alert(one.id), room.alert(other.id)
    assert (back.state, back.owner, back.findings, room.findings(back)) == (State.IN_TRIAGE, "bob", 1, before)
    assert (apart.times, apart.findings) == (2, 2)


def test_a_verdict_is_taken_back_unless_another_alert_is_open_for_the_same(room: Room) -> None:
    room.found(1, finding(1))
    room.take_in()
    (one,) = room.alerts()
    acts.give_verdict(room.desk, ADA, [one.id], "benign")
    acts.reopen(room.desk, BOB, [one.id], "it was not")
    assert (room.alert(one.id).state, room.alert(one.id).verdict) == (State.IN_TRIAGE, None)

    acts.give_verdict(room.desk, ADA, [one.id], "benign")
    reorg.retract(room.store.engine, 1, [header(1).hash], common=None, replaced_by=None, now=1.0)
    room.found(1, finding(1))
    room.take_in()
    (again,) = room.alerts(State.NEW)
    assert again.findings == 1
    with pytest.raises(WrongState, match=again.id):
        acts.reopen(room.desk, BOB, [one.id], "it was not")


def test_pages_of_a_list_hold_every_alert_once(room: Room) -> None:
    for number in range(1, 8):
        severity = Severity.HIGH if number % 2 else Severity.LOW
        room.clock.now += 1
        room.found(number, finding(number, transaction=f"0x{number:02x}", attacker=f"m{number}", severity=severity))
        room.take_in()
    every, after = [], None
    while page := listed(room.store.engine, Wanted(), limit=3, after=after):
        every += page
        after = place(place_of(page[-1]))
    assert [each.id for each in every] == [each.id for each in room.alerts()]
    assert [each.severity for each in every] == sorted((each.severity for each in every), reverse=True)
    with pytest.raises(Unacceptable):
        place("nonsense")


def test_quality_is_told_by_detector(room: Room) -> None:
    one, other = two(room)
    acts.give_verdict(room.desk, ADA, [one.id], "false_positive", "a router")
    (found,) = quality_report(room.desk, days=1)
    assert (found.detector, found.alerts, found.unjudged, found.precision) == ("large-profit", 2, 1, 0.0)
    assert found.noise == (("a router", 1),)
    acts.merge(room.desk, ADA, [other.id], acts.reopen(room.desk, ADA, [one.id], "again")[0].id)
    (found,) = quality_report(room.desk, days=1)
    assert found.alerts == 1


def hide(room: Room, expression: str = "detector = large-profit and severity < high", **given: object) -> str:
    wish = Wish(expression=expression, days=1, reason="known noise", **given)  # type: ignore[arg-type] # a test's words
    return suppress(room.desk, ADA, wish).rule.id


def test_what_is_hidden_comes_back_when_the_suppression_ends(room: Room) -> None:
    rule = hide(room)
    room.found(1, finding(1, severity=Severity.MEDIUM))
    room.take_in()
    (alert,) = room.alerts()
    assert (alert.state, alert.suppressed_by) == (State.SUPPRESSED, rule)
    (shown,) = suppressions(room.desk)
    assert (shown.hides, shown.rule.matched, shown.waits) == (1, 1, False)

    room.clock.now += DAY_SECONDS
    room.take_in()

    assert room.alert(alert.id).state is State.NEW
    assert suppressions(room.desk) == []
    assert [each.is_over for each in suppressions(room.desk, with_ended=True)] == [True]


def test_what_comes_back_and_is_bad_enough_opens_an_incident(room: Room) -> None:
    room.open_from = "medium"
    hide(room)
    room.found(1, finding(1, severity=Severity.MEDIUM))
    room.take_in()
    assert room.incidents() == set()

    room.clock.now += DAY_SECONDS
    room.take_in()
    assert len(room.incidents()) == 1


def test_something_that_is_not_hidden_brings_an_alert_back(room: Room) -> None:
    hide(room)
    room.found(1, finding(1, severity=Severity.MEDIUM, attacker="mallory"))
    room.take_in()
    room.found(2, finding(2, severity=Severity.MEDIUM, attacker="mallory", detector="takeover"))
    room.take_in()
    (alert,) = room.alerts()
    assert alert.state is State.NEW


def test_hiding_what_is_high_waits_for_somebody_else(room: Room) -> None:
    rule = hide(room, "detector = large-profit")
    room.found(1, finding(1, transaction="0x0a"))
    room.take_in()
    assert [each.state for each in room.alerts()] == [State.NEW]
    assert whole(room.desk, ADA, room.alerts()[0].id).hidden_by == ((rule, False),)
    with pytest.raises(NotAllowed):
        approve(room.desk, ADA, rule)

    approve(room.desk, BOB, rule)
    room.found(2, finding(2, transaction="0x0b"))
    room.take_in()
    assert sorted(each.state for each in room.alerts()) == [State.NEW, State.SUPPRESSED]

    end(room.desk, ADA, rule, "it hid too much")
    room.take_in()
    assert {each.state for each in room.alerts()} == {State.NEW}


def test_one_that_only_watches_hides_nothing_and_says_what_it_would_have(room: Room) -> None:
    rule = hide(room, mode=Mode.MONITOR)
    room.found(1, finding(1, severity=Severity.MEDIUM))
    room.take_in()
    (alert,) = room.alerts()
    assert (alert.state, whole(room.desk, ADA, alert.id).hidden_by) == (State.NEW, ((rule, False),))


def test_deduplicated_strangers_make_one_alert(room: Room) -> None:
    hide(room, action=Action.DEDUPE)
    for number in range(1, 5):
        found = finding(number, transaction=f"0x0{number}", attacker=f"m{number}", severity=Severity.MEDIUM)
        room.found(number, found)
        room.take_in()
    (alert,) = room.alerts()
    assert (alert.state, alert.times) == (State.NEW, 4)


def test_what_hinders_tocsin_is_an_alert_until_it_ends(room: Room) -> None:
    room.open_from = "high"
    blind = HealthAlert(key="chain:1:blind", kind="blind", chain_id=1, detail="no traces", times=1)
    health.open_alert(room.store.engine, blind, now=room.clock.now)
    for _ in range(3):
        room.triage().pass_now()
    (alert,) = room.alerts()
    assert (alert.source, alert.state, alert.severity) == ("health", State.ESCALATED, Severity.HIGH)
    assert room.incident(alert.incident).type == "infrastructure-outage"

    health.close_alert(room.store.engine, blind.key, now=room.clock.now)
    room.triage().pass_now()

    closed = room.alert(alert.id)
    assert (closed.state, closed.verdict) == (State.CLOSED, "tp_no_impact")
    assert room.incident(alert.incident).notes


def test_what_a_person_judged_is_not_opened_again_while_it_lasts(room: Room) -> None:
    blind = HealthAlert(key="chain:1:blind", kind="blind", chain_id=1, detail="no traces", times=1)
    health.open_alert(room.store.engine, blind, now=room.clock.now)
    room.triage().pass_now()
    acts.give_verdict(room.desk, ADA, [room.alerts()[0].id], "benign")
    room.triage().pass_now()
    assert len(room.alerts()) == 1


def report(**given: object) -> Report:
    plain: dict[str, object] = {"source": "helpdesk", "key": "mail-7", "severity": Severity.MEDIUM, "title": "a user"}
    return Report(**{**plain, **given})  # type: ignore[arg-type] # a test's words


def test_what_others_report_is_counted_while_its_alert_is_open(room: Room) -> None:
    first = acts.report_alert(room.desk, TOCSIN, report(raw=b"payload"))
    again = acts.report_alert(room.desk, ADA, report(severity=Severity.HIGH, title="many users"))
    assert (again.id, again.times, again.severity, again.title) == (first.id, 2, Severity.HIGH, "many users")
    assert len(again.story.raw_sha256) == 64

    acts.give_verdict(room.desk, ADA, [first.id], "test")
    assert acts.report_alert(room.desk, ADA, report()).id != first.id


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"source": "health"}, "own"),
        ({"source": "A B"}, "source"),
        ({"key": " "}, "key"),
        ({"title": "x" * 301}, "title"),
        ({"type": "exployt"}, "did you mean 'exploit'"),
        ({"assets": ("vault",)}, "asset"),
        ({"entities": (("attacker", "0x12"),)}, "no address"),
        ({"entities": (("atacker", "0x" + "1" * 40),)}, "did you mean 'attacker'"),
        ({"transactions": ("0x12",)}, "no hash"),
        ({"labels": ("x",) * 101}, "at most"),
    ],
)
def test_a_report_that_says_what_cannot_be_meant_is_refused(room: Room, given: dict[str, object], says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        acts.report_alert(room.desk, ADA, report(**given))
    assert room.alerts() == []
