"""Clocks in plain words: how much time is left, from when it counts, how it ended."""

from collections.abc import Callable, Mapping

from tocsin.respond.clocks import durations
from tocsin.respond.clocks.clock import Clock, State
from tocsin.respond.clocks.definition import Anchor, ClockDefinition
from tocsin.respond.clocks.targets import (
    DAY_SECONDS,
    HOUR_SECONDS,
    MINUTE_SECONDS,
    BusinessDays,
    ByPriority,
    EarlierOf,
    Elapsed,
    Target,
)

UNITS = ((DAY_SECONDS, "d"), (HOUR_SECONDS, "h"), (MINUTE_SECONDS, "min"), (1, "s"))


def span(seconds: float) -> str:
    """So much time, in its two largest units: 2 d 3 h, 14 min 59 s. Rounded towards less."""
    left, parts = int(abs(seconds)), list[str]()
    for size, unit in UNITS:
        number, left = divmod(left, size)
        if number or (unit == "s" and not parts):
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])


def left(clock: Clock, now: float) -> str:
    """How a clock stands, for whoever has to act."""
    return _SAYS[clock.state](clock, now)


def _going(clock: Clock, now: float) -> str:
    if clock.due_at is None:
        return f"without undue delay, for {span(now - clock.started_at)} now"
    return f"{span(clock.due_at - now)} left" if now < clock.due_at else f"{span(now - clock.due_at)} late"


def _paused(clock: Clock, now: float) -> str:
    since = clock.paused_at if clock.paused_at is not None else now
    return f"stands for {span(now - since)}, with {span((clock.due_at or since) - since)} left"


def _met(clock: Clock, _now: float) -> str:
    at = clock.met_at if clock.met_at is not None else clock.started_at
    after = f"met after {span(at - clock.started_at)}"
    return after if clock.due_at is None else f"{after}, {span(clock.due_at - at)} before it was due"


def _breached(clock: Clock, now: float) -> str:
    due = clock.due_at or now
    if clock.met_at is not None:
        return f"breached; done {span(clock.met_at - due)} late" if clock.met_at >= due else "breached; told of late"
    return "breached, and over" if clock.ended_at is not None else f"breached: {span(now - due)} late"


_SAYS: Mapping[State, Callable[[Clock, float], str]] = {
    State.RUNNING: _going,
    State.WARNED: _going,
    State.PAUSED: _paused,
    State.MET: _met,
    State.BREACHED: _breached,
    State.WAIVED: lambda clock, _now: f"waived{' after a breach' if clock.breached_at is not None else ''}",
    State.SUPERSEDED: lambda clock, _now: "replaced" if clock.superseded_by else "over",
}


def target(told: Target) -> str:
    """How long there is."""
    match told:
        case ByPriority(limits):
            return ", ".join(f"{priority.value} {target(each)}" for priority, each in limits.items())
        case EarlierOf(seconds, trigger, trigger_seconds):
            own, other = durations.written(Elapsed(seconds)), durations.written(Elapsed(trigger_seconds))
            return f"{own}, and at most {other} from {trigger}"
        case BusinessDays(days, until, calendar) if until is not None and calendar is not None:
            return f"{durations.written(BusinessDays(days))}, until {until:%H:%M} in {calendar.place}"
    return durations.written(told)


def starts(clock: ClockDefinition) -> str:
    """From which events it counts."""
    return " or ".join(dict.fromkeys(_anchor(each) for each in clock.starts))


def _anchor(anchor: Anchor) -> str:
    trigger = "".join(sorted(anchor.where.get("trigger", ())))
    rule = "".join(sorted(anchor.where.get("obligation", ())))
    after = "".join(sorted(anchor.where.get("after", ())))
    return f"{trigger} {rule}".strip() or after or anchor.kind.replace("_", " ")
