"""
The durations that response is measured by, as data (reference: incident response, 12.1; each formula is its own).

An event is when it happened, new is when the first alert was received, in progress is when a person first took it up,
imported is when the incident was declared. Acknowledging counts from the event, not from the receipt: what is promised
is counted apart, by the response clock. What turned out to be nothing has nothing to detect, contain or resolve.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.respond.numbers.subjects import AlertTold, IncidentTold


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """One duration of an incident."""

    id: str
    short: str
    """What people call its mean."""
    says: str
    of: Callable[[IncidentTold, Mapping[str, AlertTold]], float | None]
    """Seconds; None where it has not ended, or its begin is not known."""
    counts_for_nothing: bool = False
    """Whether incidents count that turned out to be nothing."""


def _difference(end: float | None, begin: float | None) -> float | None:
    """None as well where the end is before the begin: a corrected time, which says nothing of how long it took."""
    return None if end is None or begin is None or end < begin else end - begin


def _in_progress(told: IncidentTold, alerts: Mapping[str, AlertTold]) -> float | None:
    """When a person first took up the incident, or one of its alerts."""
    taken = [alerts[name].progress_at for name in told.alerts if name in alerts]
    known = [at for at in (told.state.times.acknowledged, *taken) if at is not None]
    return min(known, default=None)


def _ended(told: IncidentTold) -> float | None:
    times = told.state.times
    return times.resolved if times.resolved is not None else times.closed


def _responded(told: IncidentTold, _alerts: Mapping[str, AlertTold]) -> float | None:
    """From the start of the first clock of the response until it was met, late or not."""
    own = [clock for clock in told.clocks.values() if clock.definition == "response"]
    met = [clock.met_at for clock in own if clock.met_at is not None]
    return _difference(min(met, default=None), own[0].started_at if own else None)


DURATIONS: tuple[Duration, ...] = (
    Duration(
        id="detect",
        short="MTTD",
        says="from when it began until the first alert",
        of=lambda told, _: _difference(told.detected_at, told.state.times.occurred),
    ),
    Duration(
        id="triage",
        short="MTTT",
        says="from the first alert until a person took it up",
        of=lambda told, alerts: _difference(_in_progress(told, alerts), told.detected_at),
        counts_for_nothing=True,
    ),
    Duration(
        id="acknowledge",
        short="MTTA",
        says="from when it began until a person took it up",
        of=lambda told, alerts: _difference(_in_progress(told, alerts), told.state.times.occurred),
        counts_for_nothing=True,
    ),
    Duration(
        id="respond",
        short="response",
        says="from when the response clock started until a named person responded",
        of=_responded,
        counts_for_nothing=True,
    ),
    Duration(
        id="qualify",
        short="MTTQ",
        says="from the first alert until it was an incident",
        of=lambda told, _: _difference(told.state.times.declared, told.detected_at),
        counts_for_nothing=True,
    ),
    Duration(
        id="contain",
        short="MTTC",
        says="from the first alert until the harm spread no further",
        of=lambda told, _: _difference(told.state.times.contained, told.detected_at),
    ),
    Duration(
        id="resolve",
        short="MTTR",
        says="from when a person took it up until it was resolved",
        of=lambda told, alerts: _difference(_ended(told), _in_progress(told, alerts)),
    ),
)
