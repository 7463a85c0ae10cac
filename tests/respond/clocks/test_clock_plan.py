"""What is written about clocks, by what happened and what time it is (reference: incident response, 4.5)."""

import pytest
from clock_stories import (
    ADA,
    HOUR,
    MINUTE,
    NUMBER,
    OWN,
    T0,
    Story,
    acknowledged,
    classified,
    declared,
    met,
    status,
    told,
)
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.actor import TOCSIN
from tocsin.model.errors import WrongState
from tocsin.respond.clocks import clock as clocks
from tocsin.respond.clocks.clock import AFTER, State
from tocsin.respond.clocks.internal import TARGETS, definitions
from tocsin.respond.clocks.plan import Board, Rebase, Rules, plan, standing
from tocsin.respond.incident import events
from tocsin.respond.obligation_catalogue import clocks_of

DAY = 24 * HOUR
LIMITS = {"P1": 15 * MINUTE, "P2": HOUR, "P3": 4 * HOUR, "P4": DAY}


@pytest.mark.parametrize(("priority", "limit"), LIMITS.items())
def test_a_response_exactly_at_the_limit_is_late_and_a_second_before_it_is_met(priority: str, limit: float) -> None:
    just_in_time = Story().happens(declared(priority), T0).happens(acknowledged(), T0 + limit - 1)
    too_late = Story().happens(declared(priority), T0).happens(acknowledged(), T0 + limit)

    assert just_in_time.states()["response"] == "met"
    assert too_late.states()["response"] == "breached"
    assert too_late.clock("response").met_at == T0 + limit


def test_nobody_acknowledges_a_p1() -> None:
    story = Story().happens(declared(), T0)
    for minute in range(1, 31):
        story.passes(T0 + minute * MINUTE)

    (internal,) = story.told(events.ClockBreached, "acknowledge")
    (required,) = story.told(events.ClockBreached, "response")
    assert internal == events.ClockBreached(
        clock=f"{NUMBER}:acknowledge",
        definition="acknowledge",
        due_at=T0 + 5 * MINUTE,
        noticed_at=T0 + 5 * MINUTE,
    )
    assert required.due_at == T0 + 15 * MINUTE
    assert len(story.told(events.ClockWarned, "response")) == 1


def test_a_warning_comes_at_three_quarters_and_before_the_breach() -> None:
    story = Story().happens(declared(), T0).passes(T0 + 675 - 1)
    assert story.told(events.ClockWarned, "response") == []
    story.passes(T0 + 675)
    (warned,) = story.told(events.ClockWarned, "response")
    assert warned == events.ClockWarned(clock=f"{NUMBER}:response", definition="response", due_at=T0 + 900)


def test_down_from_the_first_minute_to_the_ninth() -> None:
    """The breach is told with when it was due and when it was seen, and nothing is skipped."""
    story = Story().happens(declared(), T0).passes(T0 + MINUTE).passes(T0 + 9 * MINUTE)

    (breach,) = story.told(events.ClockBreached)
    assert (breach.definition, breach.due_at, breach.noticed_at) == ("acknowledge", T0 + 5 * MINUTE, T0 + 9 * MINUTE)


def test_an_answer_while_nothing_ran_counts_when_it_was_given() -> None:
    story = Story().happens(declared(), T0)
    story.happens(acknowledged(), T0 + 4 * MINUTE, is_read=False).passes(T0 + HOUR)

    assert story.states()["acknowledge"] == "met"
    assert story.states()["response"] == "met"


def test_of_many_entries_read_bit_by_bit_none_is_breached_that_was_answered() -> None:
    """While not all is read, only what was due by the last entry that was read is late."""
    story = Story()
    story.happens(declared(), T0, is_read=False)
    planned = plan(story.board, story.unread, OWN, T0 + HOUR, read_until=T0)
    assert [change for change in planned.changes if isinstance(change.event, events.ClockBreached)] == []


@pytest.mark.parametrize(
    ("rebase", "started", "is_late"), [(Rebase.FROM_START, T0, True), (Rebase.FROM_CHANGE, T0 + 20 * MINUTE, False)]
)
def test_a_p2_raised_to_p1_after_twenty_minutes(rebase: Rebase, started: float, is_late: bool) -> None:
    rules = Rules(definitions=definitions(TARGETS), rebase=rebase)
    story = Story(rules).happens(declared("P2"), T0).happens(classified("P1"), T0 + 20 * MINUTE)

    assert story.states()["response"] == "superseded"
    assert story.clock("response").superseded_by == f"{NUMBER}:response:2"
    second = story.clock("response:2")
    assert (second.started_at, second.due_at) == (started, started + 15 * MINUTE)
    assert (second.state is State.BREACHED) is is_late


def test_a_p1_lowered_to_p2_keeps_its_breach() -> None:
    story = Story().happens(declared(), T0).passes(T0 + 16 * MINUTE).happens(classified("P2"), T0 + 20 * MINUTE)

    assert story.states()["response"] == "breached"
    assert story.clock("response:2").due_at == T0 + HOUR
    story.happens(acknowledged(), T0 + 30 * MINUTE)
    assert story.states()["response"] == "breached"
    assert story.states()["response:2"] == "met"
    assert len(story.told(events.ClockBreached, "response")) == 1


def test_an_answered_response_stays_answered_whatever_the_priority_becomes() -> None:
    story = Story().happens(declared("P3"), T0).happens(acknowledged(), T0 + HOUR).happens(classified("P1"), T0 + DAY)
    assert [name for name in story.states() if name.startswith("response")] == ["response"]


def test_what_tocsin_does_by_itself_is_no_answer() -> None:
    story = Story().happens(declared(), T0).happens(acknowledged(), T0 + MINUTE, by=TOCSIN)
    assert story.states()["response"] == "running"


def test_an_incident_that_resolves_by_itself_leaves_nobody_waiting() -> None:
    story = Story().happens(declared(), T0).happens(status("resolved"), T0 + MINUTE, by=TOCSIN)
    assert story.states()["response"] == "superseded"
    assert "resolved" in story.clock("response").reason


def test_updates_are_due_again_after_each() -> None:
    story = Story().happens(declared(), T0)
    for told_after in (20, 40, 75):
        story.happens(told(), T0 + told_after * MINUTE)

    updates = [clock for clock in story.board.clocks.values() if clock.definition == "update"]
    assert [clock.state.value for clock in updates] == ["met", "met", "breached", "running"]
    assert [clock.due_at for clock in updates] == [T0 + m * MINUTE for m in (30, 50, 70, 105)]


def test_a_postponed_update_is_due_later_and_says_why() -> None:
    story = Story().happens(declared(), T0)
    later = events.UpdatePostponed(audience="board", until=T0 + 2 * HOUR, reason="the board meets then")
    story.happens(later, T0 + 10 * MINUTE)

    assert story.clock("update").reason == "postponed: the board meets then"
    assert story.clock("update:2").due_at == T0 + 2 * HOUR
    earlier = events.UpdatePostponed(audience="board", until=T0 + HOUR, reason="no")
    story.happens(earlier, T0 + 11 * MINUTE)
    assert story.clock("update:2").is_open


def test_a_decision_about_containment_and_no_other_stops_its_clock() -> None:
    def decision(about: str) -> events.DecisionMade:
        return events.DecisionMade(decision="d", what="w", why="y", about=about)

    story = Story().happens(declared(), T0).happens(decision(""), T0 + MINUTE)
    assert story.states()["contain"] == "running"
    story.happens(decision("containment"), T0 + 2 * MINUTE)
    assert story.states()["contain"] == "met"


def test_a_p3_has_no_update_clock_until_it_is_a_p1() -> None:
    story = Story().happens(declared("P3"), T0)
    assert "update" not in story.states()
    story.happens(classified("P1"), T0 + DAY)
    assert story.clock("update").started_at == T0 + DAY


def test_a_post_mortem_is_due_a_week_after_the_end_and_not_for_a_false_alarm() -> None:
    story = Story().happens(declared(), T0).happens(status("resolved", "stable"), T0 + DAY)
    assert story.clock("post-mortem").due_at == T0 + 8 * DAY
    story.happens(status("closed", "resolved"), T0 + 2 * DAY)
    assert [name for name in story.states() if name.startswith("post-mortem")] == ["post-mortem"]

    false = Story().happens(declared(), T0)
    false.happens(events.VerdictGiven(verdict="false_positive", reason="a test"), T0 + MINUTE)
    false.happens(status("resolved"), T0 + HOUR)
    assert "post-mortem" not in false.states()


def test_a_merged_incident_waits_for_nobody_but_owes_what_it_owes() -> None:
    rules = Rules(definitions=(*definitions(TARGETS), *clocks_of(("gdpr",))))
    story = Story(rules).happens(declared(), T0).happens(met("aware", T0), T0 + MINUTE)
    story.happens(events.Merged(into="j", reason="the same attack"), T0 + 2 * MINUTE)
    assert {clock.definition for clock in story.board.clocks.values() if clock.is_open} == {"gdpr-33"}
    story.happens(events.Unmerged(other="j", reason="another attack"), T0 + 3 * HOUR)
    assert story.clock("response:2").started_at == T0 + 3 * HOUR


def test_reopened_by_a_watch_somebody_must_respond_again() -> None:
    story = Story().happens(declared(), T0).happens(acknowledged(), T0 + MINUTE)
    story.happens(status("closed"), T0 + DAY).happens(status("reopened", "closed"), T0 + 9 * DAY, by=TOCSIN)
    assert story.clock("response:2").due_at == T0 + 9 * DAY + 15 * MINUTE


def test_a_clock_that_stands_is_due_later_by_as_long_as_it_stood() -> None:
    story = Story().happens(declared(), T0)
    clock = story.clock("contain")
    stands = clocks.after(
        clock,
        events.ClockPaused(clock=clock.id, definition="contain", reason="the exchange answers", state="external_party"),
        T0 + 10 * MINUTE,
        str(ADA),
    )
    story.board = Board(incident="i", situation=story.board.situation, clocks={**story.board.clocks, clock.id: stands})
    story.passes(T0 + 5 * HOUR)
    assert story.states()["contain"] == "paused"
    story.happens(events.DecisionMade(decision="d", what="w", why="y", about="containment"), T0 + 6 * HOUR)
    done = story.clock("contain")
    assert (done.state, done.due_at) == (State.MET, T0 + 6 * HOUR + 20 * MINUTE)
    assert done.paused_seconds == 6 * HOUR - 10 * MINUTE


def test_not_reportable_ends_a_duty_with_the_reason() -> None:
    rules = Rules(definitions=clocks_of(("gdpr",)))
    story = Story(rules).happens(declared(), T0).happens(met("aware", T0), T0)
    no = events.TriggerMet(trigger="not_reportable", obligation="gdpr-33", at=T0 + HOUR, why="the data was encrypted")
    story.happens(no, T0 + HOUR)
    assert story.clock("gdpr-33").reason == "not reportable: the data was encrypted"
    assert not story.clock("gdpr-33").is_open


@pytest.mark.parametrize("kind", sorted(AFTER, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("state", State)
def test_only_what_the_table_allows_changes_a_clock(kind: type[events.Event], state: State) -> None:
    clock = clocks.Clock(
        id="c", incident="i", definition="d", says="s", state=state, started_at=T0, due_at=T0 + 1, paused_at=T0
    )
    common = {"clock": "c", "definition": "d"}
    extra = {"due_at": T0, "noticed_at": T0, "at": T0, "reason": "r", "state": "customer", "by": ""}
    event = kind(**common, **{name: extra[name] for name in kind.__struct_fields__ if name in extra})
    if state in AFTER[kind]:
        assert clocks.after(clock, event, T0, "user:ada").state is AFTER[kind][state]
    else:
        with pytest.raises(WrongState, match=state.value):
            clocks.after(clock, event, T0, "user:ada")


HAPPENINGS = st.sampled_from(
    [
        acknowledged(),
        classified("P1"),
        classified("P2"),
        classified("P4"),
        told(),
        status("stable"),
        status("resolved", "stable"),
        status("closed", "resolved"),
        status("reopened", "closed"),
        met("aware", T0),
        met("classified", T0 + HOUR),
        met("submitted:dora-initial", T0 + 2 * HOUR),
        met("submitted:gdpr-33", T0 + 2 * HOUR),
        met("not_reportable:gdpr-33", T0 + 2 * HOUR),
        events.UpdatePostponed(audience="a", until=T0 + 5 * HOUR, reason="r"),
        events.DecisionMade(decision="d", what="w", why="y", about="containment"),
        events.PostMortemWritten(version=1, root_cause="a key"),
        events.Merged(into="j", reason="r"),
        events.Unmerged(other="j", reason="r"),
        events.VerdictGiven(verdict="benign", reason="r"),
    ]
)
STORIES = st.lists(st.tuples(HAPPENINGS, st.integers(1, 40_000), st.booleans(), st.booleans()), max_size=12)
EVERYTHING = Rules(definitions=(*definitions(TARGETS), *clocks_of(("gdpr", "dora", "nis2", "sec-8k", "mas"))))


@given(STORIES)
def test_late_or_in_time_the_clocks_end_the_same_and_the_journal_alone_says_how(
    happenings: "list[tuple[events.Event, int, bool, bool]]",
) -> None:
    """Down for any while: only when a breach was noticed, and who was warned, differs. No breach is written twice."""
    steady, shaky = Story(EVERYTHING), Story(EVERYTHING)
    at = T0
    for story in (steady, shaky):
        story.happens(declared(), T0)
    for event, later, by_person, is_up in happenings:
        at += later
        steady.happens(event, at, ADA if by_person else TOCSIN)
        shaky.happens(event, at, ADA if by_person else TOCSIN, is_read=is_up)
    for story in (steady, shaky):
        story.passes(at + 400 * DAY)

    assert _comparable(steady) == _comparable(shaky)
    for story in (steady, shaky):
        breaches = [event.clock for event in story.told(events.ClockBreached)]
        assert len(breaches) == len(set(breaches))
        assert standing("i", story.entries, len(story.entries)) == story.board


def _comparable(story: Story) -> list[tuple[object, ...]]:
    return [
        (name, clock.state.value, clock.started_at, clock.due_at, clock.met_at, clock.breached_at, clock.superseded_by)
        for name, clock in sorted(story.board.clocks.items())
    ]
