"""Whatever people do, in whatever order, an incident keeps its rules (reference: incident response, 3.4)."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import NotAllowed, RequestRefused, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events, gates, steps, tasks
from tocsin.respond.incident.classification import Classification
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import PHASES, Incident, fold
from tocsin.respond.incident.machine import PHASE_TABLE, STATUS_TABLE, STATUSES
from tocsin.respond.incident.state import NOTHING_THERE
from tocsin.respond.journal import Entry
from tocsin.respond.triage.verdicts import Verdict

ADA, BO = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "bo")
PEOPLE = st.sampled_from([ADA, BO])
REASONS = st.sampled_from(["", "because"])
PRIORITIES = st.sampled_from(list(Priority))


def entry(sequence: int, event: Event, actor: Actor) -> Entry:
    draft = events.draft("one", event, actor, float(sequence))
    return Entry(
        stream=draft.stream,
        kind=draft.kind,
        actor=actor,
        occurred_at=draft.occurred_at,
        data=draft.data,
        position=sequence,
        sequence=sequence,
        recorded_at=draft.occurred_at,
        previous="",
    )


def declared(priority: Priority = Priority.P1) -> events.Declared:
    return events.Declared(
        number="INC-2026-0001",
        title="Vault emptied",
        type="exploit",
        priority=priority,
        because=("funds leave",),
        rule="exploit-with-loss",
        detected_at=0.0,
    )


class Working(RuleBasedStateMachine):
    """People and programs work on one incident."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        first = (declared(), *tasks.first_tasks("exploit", Priority.P1, 1.0))
        self.incident = self.add(ADA, first, None)

    def add(self, actor: Actor, told: tuple[Event, ...], was: Incident | None) -> Incident:
        begins = len(self.entries) + 1
        new = [entry(number, event, actor) for number, event in enumerate(told, begins)]
        self.entries += new
        return fold(new, was)

    def do(self, actor: Actor, step: Callable[[Incident], tuple[Event, ...]]) -> None:
        """Try a step; one that is refused leaves everything as it was."""
        try:
            told = step(self.incident)
        except RequestRefused:
            return
        if told:
            self.incident = self.add(actor, told, self.incident)

    @rule(actor=st.sampled_from([ADA, BO, TOCSIN]))
    def acknowledge(self, actor: Actor) -> None:
        self.do(actor, lambda one: steps.acknowledge(one, actor, "cli"))

    @rule(actor=PEOPLE, role=st.sampled_from(["commander", "scribe"]))
    def assign(self, actor: Actor, role: str) -> None:
        self.do(actor, lambda one: steps.assign(one, role, actor.id))

    @rule(role=st.sampled_from(["commander", "scribe"]))
    def release(self, role: str) -> None:
        self.do(ADA, lambda one: steps.release(one, role, "home"))

    @rule(status=st.sampled_from(STATUSES), reason=REASONS)
    def change_status(self, status: str, reason: str) -> None:
        self.do(ADA, lambda one: steps.change_status(one, status, reason))

    @rule(phase=st.sampled_from(PHASES), reason=REASONS)
    def change_phase(self, phase: str, reason: str) -> None:
        self.do(ADA, lambda one: steps.change_phase(one, phase, reason))

    @rule(priority=PRIORITIES, actor=PEOPLE, reason=REASONS)
    def override(self, priority: Priority, actor: Actor, reason: str) -> None:
        self.do(actor, lambda one: steps.override(one, actor, reason=reason, priority=priority))

    @rule(priority=PRIORITIES, row=st.sampled_from(["exploit-with-loss", "loss"]))
    def reclassify(self, priority: Priority, row: str) -> None:
        found = Classification("exploit", priority, ("more is known",), row)
        self.do(TOCSIN, lambda one: steps.reclassify(one, found))

    @rule(state=st.sampled_from(["done", "cancelled", "todo"]), data=st.data())
    def change_task(self, state: str, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.incident.tasks)))
        self.do(ADA, lambda one: (tasks.changed(one, name, state=state, note="why"),))

    @rule()
    def do_all_tasks(self) -> None:
        for name in self.incident.tasks:
            self.do(ADA, lambda one, name=name: (tasks.changed(one, name, state="done"),))  # type: ignore[misc]

    @rule(word=st.sampled_from([str(each) for each in Verdict]))
    def give_verdict(self, word: str) -> None:
        self.do(ADA, lambda one: steps.give_verdict(one, word, "seen"))

    @rule()
    def fill_in(self) -> None:
        written = events.Described(summary="what happened")
        began = events.TimeCorrected(what="occurred", at=0.0, reason="block time")
        impact = events.ImpactAssessed(customers=3)
        self.do(ADA, lambda _one: (written, began, impact, events.PostMortemWritten(version=1, root_cause="a flaw")))

    @rule()
    def review(self) -> None:
        self.do(BO, lambda one: steps.review(one, BO, "reviewed"))

    @precondition(lambda self: self.incident.status == "closed")
    @rule(phase=st.sampled_from(PHASES), reason=REASONS)
    def reopen(self, phase: str, reason: str) -> None:
        self.do(ADA, lambda one: steps.reopen(one, reason, phase))

    @rule(with_words=st.booleans())
    def work_it_through(self, with_words: bool) -> None:
        """What leads to closing for good, which chance alone seldom finds."""
        if with_words:
            self.fill_in()
            self.review()
            self.give_verdict("tp_impact")
        self.assign(ADA, "commander")
        self.do_all_tasks()
        self.change_phase("post", "")
        self.change_status("stable", "")
        self.change_status("resolved", "")

    @precondition(lambda self: self.incident.status != "closed")
    @rule()
    def close(self) -> None:
        self.do(ADA, lambda one: steps.close(one, "over"))

    @invariant()
    def the_state_is_what_its_entries_say(self) -> None:
        assert fold(self.entries) == self.incident

    @invariant()
    def status_and_phase_are_closed_together(self) -> None:
        one = self.incident
        assert (one.status == "closed") == (one.phase == "closed") == (one.times.closed is not None)
        assert (one.times.resolved is not None) == (one.status in ("resolved", "closed"))

    @invariant()
    def what_is_closed_has_passed_every_gate(self) -> None:
        if (one := self.incident).status != "closed":
            return
        assert one.verdict is not None
        assert all(gate.is_met(one) for gate in gates.closing(one))
        if gates.worst(one) is Priority.P1:
            assert one.review.state == "reviewed"
        if one.verdict.verdict not in NOTHING_THERE:
            assert not gates.open_mandatory(one)
            assert one.times.recovered is not None

    @invariant()
    def every_step_is_a_row_of_the_table(self) -> None:
        one = self.incident
        known = {(row.before, row.after) for row in STATUS_TABLE}
        assert {(step.before, step.after) for step in one.steps} <= known
        assert {(step.before, step.after) for step in one.phases} <= {(row.before, row.after) for row in PHASE_TABLE}
        for some, now in ((one.steps, one.status), (one.phases, one.phase)):
            assert all(first.after == second.before for first, second in pairwise(some))
            assert not some or some[-1].after == now

    @invariant()
    def only_the_commander_lowered_it_and_said_why(self) -> None:
        for before, after in pairwise(self.incident.ratings):
            if after.priority > before.priority:
                assert after.rule == ""
                assert all(after.because)
                led = [a for a in self.incident.assignments if a.role == "commander" and a.since <= after.at]
                assert f"user:{led[-1].person}" == after.by

    @invariant()
    def a_person_acknowledged(self) -> None:
        one = self.incident
        assert (one.times.acknowledged is None) == (one.acknowledged_by == "")
        assert one.acknowledged_by in ("", "ada", "bo")

    @invariant()
    def who_is_past_detection_was_led(self) -> None:
        passed = any(step.before == "detect" and step.after == "triage" for step in self.incident.phases)
        assert not passed or any(one.role == "commander" for one in self.incident.assignments)


TestWorking = Working.TestCase
TestWorking.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def incident(*told: Event, actor: Actor = ADA, priority: Priority = Priority.P1) -> Incident:
    return fold([entry(number, each, actor) for number, each in enumerate((declared(priority), *told), 1)])


LED = events.RoleAssigned(role="commander", person="ada")


def test_an_exploit_goes_the_whole_way() -> None:
    """From detection to closing, by what the refusals say is missing."""
    state = incident(*tasks.first_tasks("exploit", Priority.P1, 1.0), LED)
    with pytest.raises(WrongState, match="pause"):
        steps.change_phase(state, "eradicate")
    told: tuple[Event, ...] = ()
    for name in state.tasks:
        told += (
            tasks.changed(incident(*tasks.first_tasks("exploit", Priority.P1, 1.0), LED, *told), name, state="done"),
        )
    state = incident(*tasks.first_tasks("exploit", Priority.P1, 1.0), LED, *told)
    through = steps.change_phase(state, "post")
    assert [one.after for one in through if isinstance(one, events.PhaseChanged)] == list(PHASES[1:6])

    ready = (*tasks.first_tasks("exploit", Priority.P1, 1.0), LED, *told, *through)
    stable = events.StatusChanged(before="active", after="stable")
    resolved = events.StatusChanged(before="stable", after="resolved")
    with pytest.raises(WrongState, match="no peer has reviewed it"):
        steps.close(incident(*ready, stable, resolved))


def test_a_false_alarm_is_closed_at_once_after_a_look_by_a_peer() -> None:
    verdict = events.VerdictGiven(verdict="false_positive", reason="a test of ours")
    with pytest.raises(WrongState, match="reviewed"):
        steps.close(incident(LED, verdict))

    reviewed = events.ReviewChanged(before="not_reviewed", after="reviewed", reviewer="bo")
    told = steps.close(incident(LED, verdict, reviewed))

    assert [str(one.__struct_config__.tag) for one in told] == ["status_changed", "status_changed", "phase_changed"]


def test_a_person_who_is_not_the_commander_does_not_lower_it() -> None:
    with pytest.raises(NotAllowed, match=r"commander of INC-2026-0001 \(ada\)"):
        steps.override(incident(LED), BO, reason="looks fine", priority=Priority.P3)
    with pytest.raises(Unacceptable, match="say why"):
        steps.override(incident(LED), ADA, reason=" ", priority=Priority.P3)


def test_a_row_that_a_person_overruled_does_not_raise_it_again() -> None:
    lowered = events.Classified(type="exploit", priority=Priority.P3, because=("no loss",), rule="")
    state = incident(LED, lowered)
    again = Classification("exploit", Priority.P1, ("funds leave",), "exploit-with-loss")
    other = Classification("key-compromise", Priority.P1, ("a key is out",), "key-compromise")

    assert steps.reclassify(state, again) == ()
    raised = steps.reclassify(state, other)
    assert isinstance(raised[0], events.Classified)
    assert any(isinstance(one, events.TaskAdded) and one.task == "rotate-keys" for one in raised)


def test_who_leads_does_not_review() -> None:
    with pytest.raises(NotAllowed, match="somebody else reviews"):
        steps.review(incident(LED), ADA, "reviewed")
    assert steps.review(incident(LED), BO, "reviewed")


def test_a_program_acknowledges_nothing() -> None:
    with pytest.raises(NotAllowed, match="only a person"):
        steps.acknowledge(incident(), TOCSIN, "api")


def test_who_acknowledges_first_leads() -> None:
    told = steps.acknowledge(incident(), BO, "cli")

    assert [str(one.__struct_config__.tag) for one in told] == ["acknowledged", "role_assigned", "phase_changed"]
    assert len(steps.acknowledge(incident(LED, *steps.change_phase(incident(LED), "triage")), BO, "cli")) == 1


def test_a_task_waits_for_those_before_and_a_mandatory_one_is_not_dropped_silently() -> None:
    state = incident(*tasks.first_tasks("exploit", Priority.P1, 1.0))

    with pytest.raises(WrongState, match="waits for root-cause"):
        tasks.changed(state, "fix", state="done")
    with pytest.raises(Unacceptable, match="say with a note"):
        tasks.changed(state, "pause", state="cancelled")
    assert tasks.changed(state, "pau", state="done").task == "pause"


def test_every_template_names_tasks_that_are_there() -> None:
    ids = [one.id for one in tasks.TEMPLATES]

    assert len(set(ids)) == len(ids)
    assert {before for one in tasks.TEMPLATES for before in one.after} <= set(ids)
    assert {one.group for one in tasks.TEMPLATES} <= set(PHASES)


def test_every_gate_says_what_to_type() -> None:
    empty = incident()
    for gate in (*gates.closing(empty), gates.LED, gates.NOTHING_THERE, gates.RECOVERED, gates.done_in("contain")):
        assert gate.says(empty)
        assert gate.do(empty).startswith(("tocsin incident ", "tocsin clocks "))
        assert "INC-2026-0001" in gate.do(empty)


def test_both_tables_name_only_states_there_are() -> None:
    assert {state for row in STATUS_TABLE for state in (row.before, row.after)} == set(STATUSES)
    assert {phase for row in PHASE_TABLE for phase in (row.before, row.after)} == set(PHASES)


def test_nothing_is_closed_while_a_regulator_waits() -> None:
    started = events.ClockStarted(clock="c", definition="gdpr-33", started_at=1.0, due_at=9.0, says="GDPR, 72 hours")
    response = events.ClockStarted(clock="r", definition="response", started_at=1.0, due_at=2.0)
    breached = events.ClockBreached(clock="c", definition="gdpr-33", due_at=9.0, noticed_at=9.0)
    nothing = events.VerdictGiven(verdict="false_positive", reason="a test of ours")
    reviewed = events.ReviewChanged(before="not_reviewed", after="reviewed", reviewer="bo")
    waits = [nothing, reviewed, response, started, breached]

    with pytest.raises(
        WrongState, match=r"GDPR, 72 hours.*not-reportable INC-2026-0001 gdpr-33 .*submit INC-2026-0001 gdpr-33"
    ):
        steps.close(incident(*waits))

    ends: list[Event] = [
        events.ClockMet(clock="c", definition="gdpr-33", at=10.0, is_late=True),
        events.ClockWaived(clock="c", definition="gdpr-33", reason="counsel"),
        events.ClockSuperseded(clock="c", definition="gdpr-33", reason="not reportable"),
    ]
    for end in ends:
        assert steps.close(incident(*waits, end))
