"""The state of an incident is worked out from its entries alone."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import MalformedInput
from tocsin.model.priority import Priority
from tocsin.respond.incident import events, incident
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident, apply, fold
from tocsin.respond.journal import Draft, Entry

ADA = Actor(ActorKind.USER, "ada")
DECLARED = events.Declared(
    number="INC-2026-0001",
    title="Vault emptied",
    type="exploit",
    priority=Priority.P1,
    because=("funds are leaving",),
    rule="exploit-with-loss",
    detected_at=90.0,
    began_at=80.0,
)


def entries(*told: Event, actor: Actor = ADA, begins: int = 1) -> list[Entry]:
    """The entries of a stream, ten seconds apart."""
    drafts: Sequence[Draft] = [
        events.draft("one", event, actor, 100.0 + 10 * number) for number, event in enumerate(told, begins - 1)
    ]
    return [
        Entry(
            stream=draft.stream,
            kind=draft.kind,
            actor=draft.actor,
            occurred_at=draft.occurred_at,
            data=draft.data,
            position=number,
            sequence=number,
            recorded_at=draft.occurred_at + 1,
            previous="",
        )
        for number, draft in enumerate(drafts, begins)
    ]


def told(*more: Event, actor: Actor = ADA) -> Incident:
    return fold(entries(DECLARED, *more, actor=actor))


def linked(alert: str, detected_at: float = 95.0) -> events.AlertLinked:
    return events.AlertLinked(alert=alert, title="Drain", severity="critical", detected_at=detected_at)


def phase(before: str, after: str) -> events.PhaseChanged:
    return events.PhaseChanged(before=before, after=after)


def status(before: str, after: str) -> events.StatusChanged:
    return events.StatusChanged(before=before, after=after)


def test_every_kind_of_event_says_what_it_changes() -> None:
    assert set(incident._CHANGES) | {events.Declared} == set(events.KINDS.values())


def test_a_declared_incident_is_active_and_being_detected() -> None:
    state = told()

    assert (state.id, state.number, state.status, state.phase) == ("one", "INC-2026-0001", "active", "detect")
    assert (state.times.occurred, state.times.detected, state.times.declared) == (80.0, 90.0, 100.0)
    assert (state.sequence, state.declared_by, state.is_open) == (1, "user:ada", True)


def test_the_first_person_acknowledges_and_no_program_does() -> None:
    taken = events.Acknowledged(via="cli")

    assert told(taken, actor=TOCSIN).times.acknowledged is None
    assert told(taken, taken).times.acknowledged == 110.0


def test_a_role_passes_on_with_its_history() -> None:
    state = told(
        events.RoleAssigned(role="commander", person="ada"), events.RoleAssigned(role="commander", person="bo")
    )

    assert state.commander == "bo"
    assert [(one.person, one.since, one.until) for one in state.assignments] == [
        ("ada", 110.0, 120.0),
        ("bo", 120.0, None),
    ]


def test_an_earlier_alert_moves_the_detection_unless_a_person_corrected_it() -> None:
    corrected = events.TimeCorrected(what="detected", at=85.0, reason="the node's clock was wrong")

    assert told(linked("a", 70.0)).times.detected == 70.0
    assert told(corrected, linked("a", 70.0)).times.detected == 85.0


def test_phases_left_behind_are_completed_and_phases_gone_back_to_are_not() -> None:
    through = (phase("detect", "triage"), phase("triage", "contain"), phase("contain", "eradicate"))

    assert told(*through).times.contained == 130.0
    assert told(*through, phase("eradicate", "contain")).times.contained is None
    again = told(*through, phase("eradicate", "recover"), phase("recover", "eradicate")).times
    assert (again.contained, again.eradicated) == (130.0, None)


def test_stable_is_contained_and_new_impact_is_not() -> None:
    assert told(status("active", "stable")).times.contained == 110.0
    assert told(status("active", "stable"), status("stable", "active")).times.contained is None


def test_reopening_takes_back_that_it_was_resolved_and_closed() -> None:
    over = (status("active", "stable"), status("stable", "resolved"), status("resolved", "closed"))

    closed = told(*over)
    assert (closed.times.resolved, closed.times.closed, closed.is_open) == (120.0, 130.0, False)
    reopened = told(*over, status("closed", "reopened"))
    assert (reopened.times.resolved, reopened.times.closed, reopened.is_open) == (None, None, True)


def test_a_late_stop_leaves_the_clock_breached() -> None:
    clock = events.ClockStarted(clock="c", definition="response", started_at=100.0, due_at=1_000.0)
    breach = events.ClockBreached(clock="c", definition="response", due_at=1_000.0, noticed_at=1_001.0)
    late = events.ClockMet(clock="c", definition="response", at=1_200.0, is_late=True)

    state = told(clock, breach, late).clocks["c"]

    assert (state.state, state.met_at, state.is_late, state.is_open) == ("breached", 1_200.0, True, False)


def test_versions_of_notes_and_lines_are_all_kept() -> None:
    state = told(
        events.NoteWritten(note="n", text="a mistake"),
        events.NoteWritten(note="n", text="put right", version=2),
        events.TimelineWritten(line="l", at=50.0, text="deployed"),
    )

    assert [one.text for one in state.notes["n"].versions] == ["a mistake", "put right"]
    assert state.lines["l"].now.at == 50.0


def test_a_merge_says_where_it_goes_on_and_can_be_taken_back() -> None:
    merged = events.Merged(into="two", reason="same attacker")

    assert not told(merged).is_open
    assert told(merged, events.Unmerged(other="two", reason="another attacker")).is_open


def test_what_no_tocsin_wrote_is_refused() -> None:
    (first, second) = entries(DECLARED, linked("a"))
    unknown = Entry(**{name: getattr(second, name) for name in Entry.__dataclass_fields__} | {"kind": "exploded"})

    with pytest.raises(MalformedInput, match="no event 'exploded'"):
        fold([first, unknown])
    with pytest.raises(MalformedInput, match="declares"):
        fold([second])
    with pytest.raises(MalformedInput, match="begins with"):
        fold([])


EVENTS = st.sampled_from(
    [
        linked("a"),
        linked("b", 60.0),
        events.AlertUnlinked(alert="a", reason="another chain"),
        events.Acknowledged(via="cli"),
        events.RoleAssigned(role="scribe", person="bo"),
        status("active", "stable"),
        phase("detect", "triage"),
        phase("triage", "contain"),
        phase("contain", "eradicate"),
        events.TaskAdded(task="t", title="Pause"),
        events.TaskChanged(task="t", state="done"),
        events.NoteWritten(note="n", text="…"),
        events.FindingRetracted(alert="a", finding="f"),
        events.TriggerMet(trigger="aware", at=90.0, why="ada saw it"),
        events.ClockStarted(clock="c", definition="response", started_at=100.0, due_at=200.0),
        events.ClockWaived(clock="c", definition="response", reason="an exercise"),
        events.Linked(incident="two", how="related"),
        events.MergedIn(incident="two", alerts=("b",), reason="the same"),
        events.Unmerged(other="two", reason="not the same"),
        events.AccessGranted(person="bo", reason="counsel"),
        events.UpdatePublished(update="u", audience="board", text="…", tlp="amber"),
    ]
)


@given(st.lists(EVENTS, max_size=30), st.integers(min_value=0, max_value=30))
def test_a_journal_folded_at_once_is_the_same_as_step_by_step(more: list[Event], cut: int) -> None:
    whole = entries(DECLARED, *more)
    states = [apply(None, DECLARED, whole[0])]
    for entry in whole[1:]:
        states.append(apply(states[-1], events.event(entry), entry))
    kept = msgspec.msgpack.encode(states[min(cut, len(more))])

    assert fold(whole) == states[-1]
    assert fold(whole[cut + 1 :], states[min(cut, len(more))]) == states[-1]
    assert msgspec.msgpack.encode(states[min(cut, len(more))]) == kept, "a state that was folded on stays as it was"


@given(st.lists(EVENTS, max_size=20), EVENTS)
def test_what_comes_after_changes_no_state_that_was_folded(more: list[Event], after: Event) -> None:
    whole = entries(DECLARED, *more, after)
    state = fold(whole[:-1])
    packed = msgspec.msgpack.encode(state)

    apply(state, after, whole[-1])

    assert msgspec.msgpack.encode(state) == packed
    assert {type(getattr(state, name)) for name in ("alerts", "notes", "retracted", "because")} == {dict, tuple}


@given(st.lists(EVENTS, max_size=20), st.integers(min_value=0, max_value=20))
def test_going_on_from_a_kept_state_is_the_same_as_beginning_anew(more: list[Event], cut: int) -> None:
    whole = entries(DECLARED, *more)
    kept = fold(whole[: cut + 1])
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Incident)

    assert packed == kept
    assert fold(whole[cut + 1 :], packed) == fold(whole)
