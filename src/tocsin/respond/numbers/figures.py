"""
The numbers: durations, whether clocks were met, how good alerts are; per period and team, exercises apart.

An incident belongs to the period in which it was declared, with all its clocks; an alert to the one in which it was
received. An incident belongs to every team that owns something that was hit; else to the teams of whoever commands it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.model.priority import Priority
from tocsin.respond.clocks.clock import Clock, State
from tocsin.respond.numbers.durations import DURATIONS, Duration
from tocsin.respond.numbers.periods import Period
from tocsin.respond.numbers.spread import Spread, spread
from tocsin.respond.numbers.subjects import AlertTold, Gathered, IncidentTold
from tocsin.respond.triage.quality import Judged, Quality, quality

T = TypeVar("T")
OPEN, MET, BREACHED, WAIVED = "open", "met", "breached", "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which numbers are asked for."""

    since: float = 0.0
    until: float = float("inf")
    """Incidents declared and alerts received before this moment."""
    team: str = ""
    """Of this team only; empty for all."""
    period: Period = Period.ALL
    is_exercise: bool = False
    """Exercises, and nothing real; else the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """Whose assets and people are whose."""

    of_asset: Mapping[str, Sequence[str]] = field(default_factory=dict)
    of_person: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """How often a clock was met, for one priority. Waived is not met."""

    clock: str
    priority: str
    """Empty where priority does not matter."""
    met: int
    breached: int
    waived: int
    open: int

    @property
    def share_met(self) -> float | None:
        """Of those that are decided; None where none is."""
        decided = self.met + self.breached + self.waived
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The numbers of one period."""

    period: str
    """Empty for all time that was asked about."""
    incidents: int
    by_priority: Mapping[str, int]
    durations: Mapping[str, Spread]
    """By the id of each duration."""
    clocks: tuple[Compliance, ...]
    alerts: int
    alerts_escalated: int
    alert_acknowledge: Spread
    """From receipt until a person took it up."""
    alert_close: Spread
    quality: tuple[Quality, ...]
    """By source of alerts."""


NO_TEAMS = Teams()


def figures(gathered: Gathered, wanted: Wanted, *, now: float, teams: Teams = NO_TEAMS) -> tuple[Figures, ...]:
    """The numbers of every period that has any, oldest first; of all together where no period is asked for."""
    incidents = [each for each in gathered.incidents.values() if _is_wanted(each, wanted, teams)]
    alerts = [each for each in gathered.alerts.values() if _alert_is_wanted(each, gathered, wanted, teams)]
    of = wanted.period.of
    incidents_by = _by(incidents, [of(each.state.times.declared) for each in incidents])
    alerts_by = _by(alerts, [of(each.received_at) for each in alerts])
    periods = sorted({*incidents_by, *alerts_by}) or ([""] if wanted.period is Period.ALL else [])
    return tuple(
        _figures(period, incidents_by.get(period, []), alerts_by.get(period, []), gathered.alerts, now)
        for period in periods
    )


def teams_of(told: IncidentTold, teams: Teams) -> frozenset[str]:
    """The teams an incident belongs to."""
    state = told.state
    owning = frozenset(team for asset in state.hit or state.assets for team in teams.of_asset.get(asset, ()))
    return owning or frozenset(teams.of_person.get(state.commander, ()))


def _is_wanted(told: IncidentTold, wanted: Wanted, teams: Teams) -> bool:
    """What goes on in another incident is counted there."""
    return (
        bool(told.state.exercise) is wanted.is_exercise
        and not told.state.merged_into
        and wanted.since <= told.state.times.declared < wanted.until
        and (not wanted.team or wanted.team in teams_of(told, teams))
    )


def _alert_is_wanted(told: AlertTold, gathered: Gathered, wanted: Wanted, teams: Teams) -> bool:
    about = gathered.incidents.get(told.incident)
    is_exercise = about is not None and bool(about.state.exercise)
    is_theirs = not wanted.team or (about is not None and wanted.team in teams_of(about, teams))
    return is_exercise is wanted.is_exercise and is_theirs and wanted.since <= told.received_at < wanted.until


def _by(values: Sequence[T], keys: Sequence[str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return found


def _figures(
    period: str,
    incidents: Sequence[IncidentTold],
    alerts: Sequence[AlertTold],
    every_alert: Mapping[str, AlertTold],
    now: float,
) -> Figures:
    priorities = Counter(each.state.priority.value for each in incidents)
    return Figures(
        period=period,
        incidents=len(incidents),
        by_priority={each.value: priorities[each.value] for each in Priority},
        durations={each.id: spread(_seconds(each, incidents, every_alert)) for each in DURATIONS},
        clocks=_compliance(clock for each in incidents for clock in each.clocks.values()),
        alerts=len(alerts),
        alerts_escalated=sum(each.escalated_at is not None for each in alerts),
        alert_acknowledge=spread(_since_receipt(alerts, [each.progress_at for each in alerts])),
        alert_close=spread(_since_receipt(alerts, [each.closed_at for each in alerts])),
        quality=tuple(quality(map(_judged, alerts), now=now)),
    )


def _seconds(duration: Duration, incidents: Sequence[IncidentTold], alerts: Mapping[str, AlertTold]) -> list[float]:
    counted = [each for each in incidents if duration.counts_for_nothing or not each.state.is_for_nothing]
    found = [duration.of(each, alerts) for each in counted]
    return [each for each in found if each is not None]


def _since_receipt(alerts: Sequence[AlertTold], ends: Sequence[float | None]) -> list[float]:
    pairs = zip(alerts, ends, strict=True)
    return [end - each.received_at for each, end in pairs if end is not None and end >= each.received_at]


def _judged(told: AlertTold) -> Judged:
    return Judged(detector=told.source, verdict=told.verdict, reason=told.reason, alerts=1, oldest=told.received_at)


def outcome(clock: Clock) -> str | None:
    """How a clock counts; None for one that was replaced, or that nobody waited for any more, without a breach."""
    if clock.state is State.WAIVED:
        return WAIVED
    if clock.breached_at is not None:
        return BREACHED
    return {State.MET: MET, State.SUPERSEDED: None}.get(clock.state, OPEN)


def _compliance(clocks: Iterable[Clock]) -> tuple[Compliance, ...]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for clock in clocks:
        if (ended := outcome(clock)) is not None:
            key = (clock.definition, clock.priority.value if clock.priority else "")
            counted.setdefault(key, Counter())[ended] += 1
    return tuple(
        Compliance(
            clock=name,
            priority=priority,
            met=counts[MET],
            breached=counts[BREACHED],
            waived=counts[WAIVED],
            open=counts[OPEN],
        )
        for (name, priority), counts in sorted(counted.items())
    )
