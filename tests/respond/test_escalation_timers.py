"""The escalation machine, played at random: it always gets to its last step, and never makes a key twice."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tocsin.model.priority import Priority
from tocsin.respond.paging.policy import Mode, Policy, Step, Target, TargetKind, everyone, standard
from tocsin.respond.paging.timers import Timer, TimerState, answer, begin, fire, hurry, stop, wants_answer_of

PEOPLE = ("ada", "bo", "chen", "dee")


def person(name: str) -> Target:
    return Target(TargetKind.PERSON, name)


steps = st.builds(
    Step,
    after_seconds=st.integers(0, 1_000),
    targets=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4, unique=True).map(lambda p: tuple(map(person, p))),
    mode=st.sampled_from(Mode),
    needed=st.integers(1, 2),
    again_seconds=st.integers(30, 600),
)
policies = st.builds(
    Policy,
    id=st.just("p"),
    steps=st.lists(steps, min_size=1, max_size=5).map(lambda s: tuple(sorted(s, key=lambda each: each.after_seconds))),
    rounds=st.integers(1, 4),
    pause_seconds=st.integers(30, 600),
)


class Escalation(RuleBasedStateMachine):
    """Time goes by, people answer, the process dies, the incident is raised and closed."""

    @initialize(policy=policies)
    def declared(self, policy: Policy) -> None:
        self.policy, self.now = policy, 0.0
        self.kept: dict[int, Timer] = {t.number: t for t in begin(policy, "i", self.now)}
        self.keys: list[tuple[Any, ...]] = []
        self.told: set[int] = set()
        self.answered: set[str] = set()
        self.is_closed = False

    @rule(seconds=st.integers(1, 2_000), dies=st.booleans())
    def time_goes_by(self, seconds: int, dies: bool) -> None:
        """What is fired before a death is not kept, nor are its pages: both are one transaction."""
        self.now += seconds
        for timer in self._due():
            people = tuple(target.id for target in timer.step.targets)
            fired = fire(timer, people, self.now)
            if dies:
                continue
            self.kept[timer.number] = fired.timer
            self.told.add(timer.number)
            self.keys += [(timer.number, fired.round, each) for each in fired.people]

    @rule(who=st.sampled_from(PEOPLE))
    def somebody_answers(self, who: str) -> None:
        self.kept = {number: answer(timer, who) for number, timer in self.kept.items()}
        self.answered.add(who)

    @precondition(lambda self: not self.is_closed)
    @rule()
    def raised(self) -> None:
        self.kept = {t.number: t for t in begin(self.policy, "i", self.now, self.kept.values())}
        self.answered.clear()
        self.told.clear()

    @rule()
    def nobody_was_reached(self) -> None:
        if sooner := hurry(self.kept.values(), self.now):
            self.kept[sooner.number] = sooner

    @rule()
    def closed(self) -> None:
        self.kept = {number: stop(timer) for number, timer in self.kept.items()}
        self.is_closed = True

    def _due(self) -> Iterator[Timer]:
        yield from [t for t in self.kept.values() if t.is_waiting and t.next_at <= self.now]

    @invariant()
    def no_key_comes_twice(self) -> None:
        assert len(self.keys) == len(set(self.keys))

    @invariant()
    def nothing_waits_once_it_is_closed(self) -> None:
        assert not self.is_closed or not any(timer.is_waiting for timer in self.kept.values())

    @invariant()
    def an_answer_ends_what_one_answer_ends(self) -> None:
        if self.answered:
            assert not any(timer.is_waiting for timer in self.kept.values() if not timer.needs_each)

    @invariant()
    def who_answered_is_not_asked_by_what_asks_each(self) -> None:
        for timer in self.kept.values():
            assert not any(wants_answer_of(timer, who) for who in self.answered)

    @invariant()
    def until_somebody_answers_every_step_has_told_or_will(self) -> None:
        if not self.answered and not self.is_closed:
            assert all(timer.is_waiting or timer.number in self.told for timer in self.kept.values())

    @invariant()
    def whom_all_must_answer_is_over_only_when_enough_have(self) -> None:
        for timer in self.kept.values():
            if timer.needs_each and timer.state is TimerState.ANSWERED:
                needed = timer.step.needed if timer.step.mode is Mode.QUORUM else len(timer.asked)
                assert len(set(timer.asked) & set(timer.answered)) >= needed


Escalation.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestEscalation = Escalation.TestCase


@given(policies, st.lists(st.integers(1, 700), min_size=1, max_size=60))
def test_a_p1_that_nobody_answers_reaches_its_last_step(policy: Policy, looks: list[int]) -> None:
    """However often, and however late, the pager looks."""
    timers, now, told = {t.number: t for t in begin(policy, "i", 0.0)}, 0.0, set()
    for seconds in looks:
        now += seconds
        for timer in [t for t in timers.values() if t.is_waiting and t.next_at <= now]:
            timers[timer.number] = fire(timer, PEOPLE, now).timer
            told.add(timer.number)

    assert told == {number for number, step in enumerate(policy.steps) if step.after_seconds <= now}


def test_who_was_away_for_hours_is_not_told_of_each_round_that_was_missed() -> None:
    policy = everyone(Priority.P1)
    timers = begin(policy, "i", 0.0)
    fired = [fire(timer, PEOPLE, 10_000.0).timer for timer in timers]

    assert [timer.next_at for timer in fired] == [10_000.0 + policy.round_seconds] * 4


def test_the_usual_policy_of_a_p1() -> None:
    """Reference: incident response, 4.5, test 1."""
    first, second, last = Target(TargetKind.SCHEDULE, "a"), Target(TargetKind.SCHEDULE, "b"), person("ada")
    policy = standard(first, second, last)

    assert [(step.after_seconds, step.targets) for step in policy.steps] == [
        (0, (first,)),
        (120, (first,)),
        (300, (second,)),
        (600, (last,)),
    ]


def test_a_quorum_counts_who_answered_before_he_was_asked() -> None:
    (timer,) = begin(Policy(id="p", steps=(Step(after_seconds=60, targets=(), mode=Mode.QUORUM, needed=2),)), "i", 0.0)
    early = answer(answer(timer, "ada"), "bo")
    assert early.is_waiting

    fired = fire(early, ("ada", "bo", "chen"), 60.0)

    assert fired.people == ()
    assert fired.timer.state is TimerState.ANSWERED
