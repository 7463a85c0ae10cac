"""
What people may do to a clock: pause it, let it go on, waive it. Each with a reason, and only where the rules allow it.
"""

from typing import TypeVar

from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, Unacceptable, WrongState
from tocsin.respond.clocks.clock import AFTER, Clock
from tocsin.respond.clocks.definition import ClockDefinition, Waiting
from tocsin.respond.clocks.plan import resumed
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.incident import events

LONGEST_REASON = 1_000
E = TypeVar("E", bound=events.Event)


def pause(
    clock: Clock, definition: ClockDefinition | None, waiting: str, reason: str, actor: Actor
) -> events.ClockPaused:
    """Let it stand while somebody else is waited for. Raises `NotAllowed`, `WrongState`, `Unacceptable`."""
    _by_person(actor, "pauses")
    allowed = frozenset() if definition is None else definition.pauses_in
    if definition is not None and definition.obligation:
        raise WrongState(
            f"{clock.id} is a duty to {definition.recipient}: such a clock never stands still. Submit, ask for more "
            "time outside tocsin, or say that it is not reportable"
        )
    if not allowed:
        raise WrongState(f"{clock.id} may not stand still; pauses_in in clocks.toml says which clocks may, and when")
    if waiting not in {each.value for each in allowed}:
        known = sorted(each.value for each in allowed)
        raise WrongState(f"{clock.id} does not stand while waiting for {shown(waiting)}; {nearest(waiting, known)}")
    event = events.ClockPaused(
        clock=clock.id, definition=clock.definition, reason=checked(reason), state=Waiting(waiting).value
    )
    return _possible(clock, event, "paused")


def resume(clock: Clock, actor: Actor, now: float) -> events.ClockResumed:
    """Let it go on, due later by as long as it stood. Raises `NotAllowed`, `WrongState`."""
    _by_person(actor, "resumes")
    return _possible(clock, resumed(clock, now), "resumed")


def waive(clock: Clock, reason: str, actor: Actor) -> events.ClockWaived:
    """It does not count, and why. Raises `NotAllowed`, `WrongState`, `Unacceptable`."""
    _by_person(actor, "waives")
    if not clock.is_open and clock.breached_at is None:
        raise WrongState(f"{clock.id} is {clock.state.value}: there is nothing to waive")
    event = events.ClockWaived(clock=clock.id, definition=clock.definition, reason=checked(reason))
    return _possible(clock, event, "waived")


def checked(reason: str) -> str:
    """A reason that says something. Raises `Unacceptable`."""
    if not (said := reason.strip()):
        raise Unacceptable("a reason is needed: it stands in the journal and in reports")
    if len(said) > LONGEST_REASON:
        raise Unacceptable(f"the reason has {len(said):,} characters; at most {LONGEST_REASON:,}")
    return said


def _by_person(actor: Actor, does: str) -> None:
    if not actor.is_person:
        raise NotAllowed(f"only a person {does} a clock; {actor} is none")


def _possible(clock: Clock, event: E, done: str) -> E:
    if clock.state not in AFTER[type(event)]:
        raise WrongState(f"{clock.id} is {clock.state.value}: it cannot be {done}")
    return event
