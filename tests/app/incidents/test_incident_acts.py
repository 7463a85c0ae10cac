"""What people do with incidents, on both databases: nobody does what he may not, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from incident_room import BEGINS, Room
from tocsin.app.incidents import access as incidents_access
from tocsin.app.incidents import incidents
from tocsin.app.incidents import joined as incidents_joined
from tocsin.app.incidents import work as incidents_work
from tocsin.app.incidents.incidents import Declaration
from tocsin.edge.store import incidents as stored
from tocsin.edge.store.incident_rows import Wanted, incident_of_alert
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import NotAllowed, NotFound, Outdated, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.incident.incident import Incident, fold
from tocsin.respond.incident.ledger import funds

ADA, BO, EVE = (Actor(ActorKind.USER, name) for name in ("ada", "bo", "eve"))
ROBOT = Actor(ActorKind.SERVICE, "robot")


def declared(room: Room, title: str = "Vault drained", **more: object) -> Incident:
    told = {"title": title, "type": "exploit"} | more
    return incidents.declare(room.desk, ADA, Declaration(**told))  # type: ignore[arg-type] # by name


def with_alert(room: Room, incident: Incident, alert: str) -> Incident:
    """As triage does it."""
    linked = events.AlertLinked(alert=alert, title="Drain", severity="critical", detected_at=BEGINS)
    return incidents.change(room.desk, TOCSIN, incident.id, lambda _: (linked,))


def test_what_is_declared_is_classified_by_the_table(room: Room) -> None:
    first = declared(room)
    second = declared(room, type="exploit", loss=False)

    assert (first.number, first.priority, first.rule) == ("INC-2026-0001", Priority.P1, "exploit-with-loss")
    assert (second.number, second.priority, second.rule) == ("INC-2026-0002", Priority.P2, "attempt")
    assert room.rung == 2


def test_another_priority_than_the_tables_needs_a_reason(room: Room) -> None:
    with pytest.raises(Unacceptable, match="reason"):
        declared(room, priority=Priority.P3)

    state = declared(room, priority=Priority.P3, reason="on a test network")

    assert (state.priority, state.rule, state.because[0]) == (Priority.P3, "", "on a test network")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": " "}, "title is missing"),
        ({"title": "x" * 201}, "201 characters"),
        ({"title": "a\0b"}, "no database keeps"),
        ({"summary": "\ud800"}, "no database keeps"),
        ({"type": "exploid"}, "did you mean 'exploit'"),
        ({"tlp": "purple"}, "TLP 2.0"),
        ({"began_at": BEGINS + 60}, "in the future"),
        ({"assets": ("vault",)}, "no asset 'vault'"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(room: Room, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        declared(room, **wrong)
    assert incidents.listing(room.desk, ADA, Wanted(), limit=10) == ((), "")


def test_what_no_database_keeps_names_nothing(room: Room) -> None:
    declared(room)

    for strange in ("1\0", "\ud800"):
        with pytest.raises(NotFound):
            incidents.show(room.desk, ADA, strange)
        for wanted in (
            Wanted(words=strange),
            Wanted(asset=strange),
            Wanted(commander=strange),
            Wanted(types=(strange,)),
        ):
            assert incidents.listing(room.desk, ADA, wanted, limit=9) == ((), "")


@pytest.mark.parametrize("strange", ["a\0b", "\ud800"])
def test_a_reason_that_no_database_keeps_is_refused(room: Room, strange: str) -> None:
    declared(room)

    with pytest.raises(Unacceptable, match="no database keeps"):
        incidents.change_status(room.desk, ADA, "1", status="stable", reason=strange)


def test_a_person_acknowledges_and_leads(room: Room) -> None:
    declared(room)
    room.now += 60

    state = incidents.acknowledge(room.desk, BO, "1", via="cli")

    assert (state.acknowledged_by, state.commander, state.phase) == ("bo", "bo", "triage")
    assert state.times.acknowledged == BEGINS + 60
    with pytest.raises(NotAllowed):
        incidents.acknowledge(room.desk, ROBOT, "1", via="api")


def test_two_who_change_it_at_once_do_not_overwrite_one_another(room: Room) -> None:
    seen = declared(room).sequence
    incidents_work.write_note(room.desk, BO, "1", text="first", expected=seen)

    with pytest.raises(Outdated, match="look again"):
        incidents_work.write_note(room.desk, ADA, "1", text="second", expected=seen)


def test_many_at_once_have_ids_of_their_own(room: Room) -> None:
    declared(room)
    desk = room.desk

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: incidents_work.write_note(desk, ADA, "1", text=f"note {number}"), range(18)))

    state = incidents.show(desk, ADA, "1")
    assert sorted(note.text for note in state.notes.values()) == sorted(f"note {number}" for number in range(18))


def test_the_work_is_written_down(room: Room) -> None:
    desk = room.desk
    declared(room)
    incidents_work.add_task(desk, ADA, "1", title="Call the exchange", is_mandatory=True, assignees=["bo"])
    incidents_work.change_tasks(desk, BO, "1", ["t14", "root-cause", "fix"], state="done")
    incidents_work.decide(desk, ADA, "1", what="Pause", why="It drains", options=["wait"], about="containment")
    incidents_work.write_note(desk, ADA, "1", text="seen")
    incidents_work.write_note(desk, BO, "1", text="seen twice", note="n1")
    incidents_work.write_line(desk, ADA, "1", incidents_work.Told(at=BEGINS - 600, text="Deployed"))
    incidents_work.assess_impact(desk, ADA, "1", customers=12, services=["withdrawals"])
    incidents_work.add_item(desk, ADA, "1", what="Add a guard", owner="ada", due_at=BEGINS + 86_400)

    state = incidents.show(desk, ADA, "1")

    assert [state.tasks[name].state for name in ("t14", "root-cause", "fix")] == ["done"] * 3
    assert state.decisions["d1"].decided_by == "ada"
    assert [one.by for one in state.notes["n1"].versions] == ["user:ada", "user:bo"]
    assert state.lines["l1"].now.text == "Deployed"
    assert state.impact is not None
    assert state.impact.customers == 12
    with pytest.raises(NotAllowed, match="somebody else verifies"):
        incidents_work.change_item(desk, ADA, "1", "a1", state="verified")
    assert incidents_work.change_item(desk, BO, "1", "a1", state="verified").items["a1"].state == "verified"


def test_tasks_are_changed_all_or_none(room: Room) -> None:
    declared(room)

    with pytest.raises(NotFound, match="no task 'absent'"):
        incidents_work.change_tasks(room.desk, ADA, "1", ["pause", "absent"], state="done")
    assert incidents.show(room.desk, ADA, "1").tasks["pause"].state == "todo"


def test_funds_are_booked_exactly_and_never_more_than_there_are(room: Room) -> None:
    declared(room)
    largest = str(2**256 - 1)
    taken = incidents_work.Move(debit="external", credit="stolen", amount=largest, chain_id=1)
    back = incidents_work.Move(debit="stolen", credit="returned", amount=largest, chain_id=1)

    incidents_work.move_funds(room.desk, ADA, "1", taken, at=BEGINS - 60)
    state = incidents_work.move_funds(room.desk, ADA, "1", back)

    assert funds(state.postings.values()).holdings[0].figures["recovered"].units == 2**256 - 1
    assert funds(state.postings.values(), BEGINS - 30).holdings[0].figures["lost"].units == 2**256 - 1
    with pytest.raises(WrongState, match="stolen holds 0 of native"):
        incidents_work.move_funds(room.desk, ADA, "1", back)


def test_a_timeline_of_another_tool_is_taken_over_whole_or_not_at_all(room: Room) -> None:
    declared(room)
    lines = "datetime,timestamp_desc,message\n2026-11-30T03:12:00+01:00,log,Login\n2026-11-30T02:20:00,chain,Drain\n"

    state = incidents_work.import_lines(room.desk, ADA, "1", lines)
    with pytest.raises(Unacceptable, match="line 3"):
        incidents_work.import_lines(room.desk, ADA, "1", lines.replace("2026-11-30T02:20:00", "yesterday"))

    assert [(line.now.text, line.now.time_zone) for line in state.lines.values()] == [
        ("Login", "UTC+01:00"),
        ("Drain", "UTC"),
    ]
    assert state.lines["l1"].now.at + 8 * 60 == state.lines["l2"].now.at
    assert len(incidents.show(room.desk, ADA, "1").lines) == 2


def test_a_merge_takes_the_alerts_along_and_can_be_taken_back(room: Room) -> None:
    desk = room.desk
    one, two = declared(room, "On Ethereum"), declared(room, "On Base")
    with_alert(room, one, "a")
    with_alert(room, one, "b")
    with_alert(room, two, "c")

    target = incidents_joined.merge(desk, ADA, "1", into="2", reason="one attacker")
    assert set(target.alerts) == {"a", "b", "c"}
    assert [row.number for row in incidents.listing(desk, ADA, Wanted(), limit=10)[0]] == ["INC-2026-0002"]
    with pytest.raises(WrongState, match="goes on in another"):
        incidents.acknowledge(desk, ADA, "1", via="cli")
    with pytest.raises(WrongState, match="goes on in another"):
        incidents_joined.merge(desk, ADA, "1", into="2", reason="again")

    alone = incidents_joined.unmerge(desk, ADA, "1", reason="another attacker")
    assert set(alone.alerts) == {"a", "b"}
    assert set(incidents.show(desk, ADA, "2").alerts) == {"c"}
    with desk.store.engine.begin() as connection:
        assert [incident_of_alert(connection, alert) for alert in "abc"] == [one.id, one.id, two.id]


def test_links_stand_at_both(room: Room) -> None:
    one, two = declared(room), declared(room)

    state = incidents_joined.link(room.desk, ADA, "1", other="2", how="parent")

    assert state.links[two.id].how == "parent"
    assert incidents.show(room.desk, ADA, "2").links[one.id].how == "child"
    with pytest.raises(Unacceptable, match="same incident"):
        incidents_joined.link(room.desk, ADA, "1", other="INC-2026-0001")


def test_a_restricted_incident_is_not_there_for_others_whatever_they_try(room: Room) -> None:
    desk = room.desk
    declared(room, is_restricted=True, codename="BLUE HERON")
    declared(room, "Open one")
    attempts = (
        lambda: incidents.show(desk, EVE, "1"),
        lambda: incidents.entries(desk, EVE, "1"),
        lambda: incidents.acknowledge(desk, EVE, "1", via="cli"),
        lambda: incidents_work.write_note(desk, EVE, "1", text="?"),
        lambda: incidents_joined.merge(desk, EVE, "1", into="2", reason="?"),
        lambda: incidents_joined.link(desk, EVE, "2", other="1"),
        lambda: incidents_access.grant_access(desk, EVE, "1", person="eve", reason="?"),
        lambda: incidents.show(desk, ROBOT, "1"),
    )

    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert [row.number for row in incidents.listing(desk, EVE, Wanted(), limit=9)[0]] == ["INC-2026-0002"]


def test_those_who_lead_say_who_sees_it_and_reading_is_entered(room: Room) -> None:
    desk = room.desk
    declared(room, is_restricted=True, codename="BLUE HERON")
    incidents.acknowledge(desk, ADA, "1", via="cli")
    incidents_access.grant_access(desk, ADA, "1", person="eve", reason="counsel")

    incidents.show(desk, EVE, "1")
    incidents.show(desk, EVE, "1")
    _, told = incidents.entries(desk, ADA, "1")
    viewed = [str(entry.actor) for entry in told if entry.kind == "viewed"]
    assert viewed == ["user:eve"]
    with pytest.raises(NotAllowed, match="only those who lead"):
        incidents_access.grant_access(desk, EVE, "1", person="bo", reason="curious")
    incidents_access.revoke_access(desk, ADA, "1", person="eve", reason="done")
    with pytest.raises(NotFound):
        incidents.show(desk, EVE, "1")


def test_what_is_restricted_is_not_merged_into_what_is_not(room: Room) -> None:
    declared(room, is_restricted=True, codename="BLUE HERON")
    declared(room)

    with pytest.raises(WrongState, match="restrict that first"):
        incidents_joined.merge(room.desk, ADA, "1", into="2", reason="same")


def test_an_exercise_and_the_real_thing_stay_apart(room: Room) -> None:
    declared(room, exercise="spring")
    declared(room)

    with pytest.raises(WrongState, match="exercise"):
        incidents_joined.merge(room.desk, ADA, "1", into="2", reason="same")


def test_the_times_of_an_incident_are_put_right_beside_the_record(room: Room) -> None:
    declared(room)

    state = incidents.correct(room.desk, ADA, "1", what="occurred", at=BEGINS - 900, reason="block time")

    assert state.times.occurred == BEGINS - 900
    with pytest.raises(Unacceptable, match="future"):
        incidents.correct(room.desk, ADA, "1", what="occurred", at=BEGINS + 900, reason="typo")
    with pytest.raises(Unacceptable, match="did you mean 'occurred'"):
        incidents.correct(room.desk, ADA, "1", what="ocurred", at=BEGINS, reason="typo")


def test_it_is_closed_when_everything_is_done_and_reopened_with_a_reason(room: Room) -> None:
    desk = room.desk
    declared(room, "Slow node", type="performance")
    incidents.acknowledge(desk, ADA, "1", via="cli")
    incidents.change_phase(desk, ADA, "1", phase="post")
    incidents.change_status(desk, ADA, "1", status="stable")
    incidents.change_status(desk, ADA, "1", status="resolved")
    with pytest.raises(WrongState, match="it has no summary"):
        incidents.close(desk, ADA, "1")
    incidents.describe(desk, ADA, "1", summary="The disk was full.")
    incidents.give_verdict(desk, ADA, "1", verdict="tp_impact", reason="late answers")
    incidents_work.review(desk, BO, "1", state="reviewed")

    assert incidents.close(desk, ADA, "1").times.closed == BEGINS
    with pytest.raises(WrongState, match="closed; reopen it"):
        incidents.describe(desk, ADA, "1", summary="Changed afterwards.")
    state = incidents.reopen(desk, ADA, "1", reason="full again")
    assert (state.status, state.phase, state.review.state) == ("reopened", "triage", "not_reviewed")
    assert incidents.acknowledge(desk, ADA, "1", via="cli").status == "active"


def test_the_state_is_what_the_journal_says_whatever_was_done(room: Room) -> None:
    desk, numbers = room.desk, count()
    declared(room)
    for _ in range(40):
        incidents_work.write_note(desk, ADA, "1", text=f"{next(numbers)}")
    incidents.acknowledge(desk, ADA, "1", via="cli")

    state, told = incidents.entries(desk, ADA, "1")

    assert fold(told) == state
    with desk.store.engine.begin() as connection:
        assert stored.load(connection, state.id) == state
