"""
The timers of an escalation: one for each step of a policy, each a row with the moment at which it is next due.

No timer waits for another, so a step that is late, because nothing of tocsin ran, is told as soon as something does,
and none is left out. After each round a step is due again. An answer ends the steps of mode `single`, whether they had
begun or not; `multi_ack` and `quorum` go on until those whom they ask have answered (reference, 5.2).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.respond.paging.policy import Mode, Policy, Step


class TimerState(StrEnum):
    """How it stands with a step."""

    WAITING = "waiting"
    """It is due at `next_at`."""
    ANSWERED = "answered"
    OVER = "over"
    """All its rounds were told, and nobody answered."""
    STOPPED = "stopped"
    """The incident was closed, or another policy took over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """One step of one policy for one incident."""

    incident: str
    policy: str
    number: int
    """Of the step, from 0."""
    step: Step
    round: int
    """Of the next telling, from 0; never the same twice for a step, so that no page has the key of another."""
    last_round: int
    every_seconds: int
    next_at: float
    state: TimerState = TimerState.WAITING
    answered: tuple[str, ...] = ()
    """Who has acknowledged since it began, of whomever."""
    asked: tuple[str, ...] = ()
    """Whom it has told."""

    @property
    def is_waiting(self) -> bool:
        """Whether it will tell somebody."""
        return self.state is TimerState.WAITING

    @property
    def needs_each(self) -> bool:
        """Whether an answer of one person does not end it."""
        return self.step.mode is not Mode.SINGLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What a timer that was due comes to."""

    timer: Timer
    round: int
    """Of the pages."""
    people: tuple[str, ...]
    """Who is told now."""


def begin(policy: Policy, incident: str, now: float, earlier: Iterable[Timer] = ()) -> tuple[Timer, ...]:
    """The timers of a policy that begins now; rounds go on from those of `earlier` timers of the same policy."""
    first = 1 + max((timer.round for timer in earlier if timer.policy == policy.id), default=-1)
    return tuple(
        Timer(
            incident=incident,
            policy=policy.id,
            number=number,
            step=step,
            round=first,
            last_round=first + policy.rounds - 1,
            every_seconds=policy.round_seconds if step.mode is Mode.SINGLE else step.again_seconds,
            next_at=now + step.after_seconds,
        )
        for number, step in enumerate(policy.steps)
    )


def fire(timer: Timer, people: tuple[str, ...], now: float) -> Fired:
    """The timer was due and means these people: who is told, and how it goes on."""
    asked = tuple(dict.fromkeys((*timer.asked, *people)))
    told = tuple(person for person in people if not timer.needs_each or person not in timer.answered)
    after = _next(replace(timer, asked=asked), now)
    if timer.needs_each and people and _is_answered(after):
        return Fired(timer=replace(after, state=TimerState.ANSWERED), round=timer.round, people=())
    return Fired(timer=after, round=timer.round, people=told)


def _next(timer: Timer, now: float) -> Timer:
    """Due again a round later, counted from now: who was away for hours is not told of each round that was missed."""
    is_last = not timer.needs_each and timer.round >= timer.last_round
    state = TimerState.OVER if is_last else timer.state
    return replace(timer, round=timer.round + 1, next_at=now + timer.every_seconds, state=state)


def answer(timer: Timer, person: str) -> Timer:
    """The person acknowledged the incident."""
    if timer.state in (TimerState.ANSWERED, TimerState.STOPPED):
        return timer
    answered = tuple(dict.fromkeys((*timer.answered, person)))
    after = replace(timer, answered=answered)
    ends = not timer.needs_each or (bool(timer.asked) and _is_answered(after))
    return replace(after, state=TimerState.ANSWERED) if ends else after


def stop(timer: Timer) -> Timer:
    """Nothing more is told."""
    return replace(timer, state=TimerState.STOPPED) if timer.is_waiting else timer


def hurry(timers: Collection[Timer], now: float) -> Timer | None:
    """The next step to come, due now: those before it reached nobody. None where there is none."""
    waiting = [timer for timer in timers if timer.is_waiting and timer.next_at > now]
    if not waiting:
        return None
    return replace(min(waiting, key=lambda timer: (timer.next_at, timer.number)), next_at=now)


def wants_answer_of(timer: Timer, person: str) -> bool:
    """Whether the pages of a person from this step stay open after what is known now."""
    return timer.is_waiting and timer.needs_each and person not in timer.answered


def _is_answered(timer: Timer) -> bool:
    count = len(set(timer.asked) & set(timer.answered))
    return count >= (timer.step.needed if timer.step.mode is Mode.QUORUM else len(timer.asked))
