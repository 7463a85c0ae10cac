"""
Targets: how long there is, as data. Each knows from when a clock is late, given when it started.

A target that is met exactly at its limit is missed: limits are strict (reference: incident response, 4.1).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.model.priority import Priority
from tocsin.respond.clocks.calendar import EVERY_WEEKDAY, Calendar, months_after
from tocsin.respond.oncall.wall_time import moment

MINUTE_SECONDS, HOUR_SECONDS, DAY_SECONDS = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the moment from which a clock is late may depend on."""

    started_at: float
    priority: Priority
    triggers: Mapping[str, float] = field(default_factory=dict)
    """When each trigger was met last, by its name."""
    calendar: Calendar = EVERY_WEEKDAY
    """The working time of the organisation."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """So many seconds, around the clock."""

    seconds: int

    def due(self, given: Given) -> float | None:
        """The start and so much."""
        return given.started_at + self.seconds


@dataclass(frozen=True, slots=True)
class Months:
    """So many calendar months: the same time of day on the same day of the month."""

    months: int

    def due(self, given: Given) -> float | None:
        """The same day, so many months later."""
        return months_after(given.started_at, self.months)


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """So many seconds of business of the organisation."""

    seconds: int

    def due(self, given: Given) -> float | None:
        """When so much business time has passed."""
        return given.calendar.after(given.started_at, self.seconds)


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Until a time of day on the so-manyth business day after the start; the start's own day does not count."""

    days: int
    until: dt.time | None = None
    """In the place of the calendar; None for the time of day of the start."""
    calendar: Calendar | None = None
    """None for the organisation's own."""

    def due(self, given: Given) -> float | None:
        """That time on that day."""
        calendar = self.calendar or given.calendar
        until = self.until or dt.datetime.fromtimestamp(given.started_at, calendar.zone).time()
        return moment(dt.datetime.combine(calendar.day_after(given.started_at, self.days), until), calendar.zone)


@dataclass(frozen=True, slots=True)
class EarlierOf:
    """
    So long from the start, and at the latest so long from another trigger.

    The second counts only where the start came within its time: a start that came later has its own time whole.
    """

    seconds: int
    trigger: str
    trigger_seconds: int

    def due(self, given: Given) -> float | None:
        """The earlier of the two."""
        own = given.started_at + self.seconds
        other = given.triggers.get(self.trigger)
        if other is None or given.started_at - other > self.trigger_seconds:
            return own
        return min(own, other + self.trigger_seconds)


@dataclass(frozen=True, slots=True)
class NoUndueDelay:
    """The duty names no time: it is to be done without undue delay."""

    def due(self, _given: Given) -> float | None:
        """Never late by the clock."""
        return None


Limit = Elapsed | Months | BusinessHours | BusinessDays | EarlierOf | NoUndueDelay


@dataclass(frozen=True, slots=True)
class ByPriority:
    """Another limit for every priority; a priority that is left out has none, and no clock."""

    limits: Mapping[Priority, Limit]


Target = Limit | ByPriority


def limit(target: Target, priority: Priority) -> Limit | None:
    """What counts for this priority; None where it has no limit."""
    return target.limits.get(priority) if isinstance(target, ByPriority) else target
