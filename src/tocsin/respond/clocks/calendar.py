"""
Working time: business days and hours of a place, over public holidays and changes of its clocks.

Time is counted in the seconds that really pass: an hour of business is an hour, also on the day on which the clocks
change. So the business time between two moments never shrinks as the later one moves on, and adds up over any moment
between them (reference: incident response, 4.4 and 4.5).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from tocsin.model.errors import Unacceptable
from tocsin.respond.oncall.holiday_dates import is_holiday
from tocsin.respond.oncall.wall_time import at_place, moment, zone

MONDAY_TO_FRIDAY = frozenset(range(5))
MIDNIGHT = dt.time()
LONGEST_SEARCH_DAYS = 3_660
"""Ten years: no deadline is further away, and a calendar without a single working day is a mistake."""
MONTHS_OF_A_YEAR = 12
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Calendar:
    """When there is work: a place, its hours, its week, its holidays."""

    place: str = "UTC"
    """An IANA time zone, such as Europe/Zurich."""
    countries: tuple[str, ...] = ()
    """Whose public holidays are free, such as US or DE-BY."""
    opens: dt.time = MIDNIGHT
    closes: dt.time = MIDNIGHT
    """Midnight is the end of the day."""
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    """0 is Monday."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone. Raises `EstateError` for one that nobody knows."""
        return zone(self.place, "calendar")

    def is_working(self, day: dt.date) -> bool:
        """Whether there is work on this day."""
        return day.weekday() in self.weekdays and not is_holiday(day, self.countries)

    def hours(self, day: dt.date) -> tuple[float, float]:
        """When work begins and ends on this day, whether or not there is any."""
        ends = dt.datetime.combine(day, self.closes)
        if self.closes <= self.opens:
            ends += dt.timedelta(days=1)
        return moment(dt.datetime.combine(day, self.opens), self.zone), moment(ends, self.zone)

    def elapsed(self, start: float, end: float) -> float:
        """The seconds of business between two moments; negative where `end` is before `start`."""
        if end < start:
            return -self.elapsed(end, start)
        return sum(max(0.0, min(end, closes) - max(start, opens)) for opens, closes in self._spans(start, end))

    def after(self, start: float, seconds: float) -> float:
        """The moment at which so many seconds of business have passed. Raises `Unacceptable` where it never comes."""
        if seconds <= 0:
            return start
        left = seconds
        for opens, closes in self._spans(start, start + LONGEST_SEARCH_DAYS * DAY_SECONDS):
            begins = max(start, opens)
            if (here := closes - begins) >= left:
                return begins + left
            left -= max(0.0, here)
        raise Unacceptable(f"{seconds:g} s of business do not come within ten years; look at the days of the calendar")

    def day_after(self, start: float, days: int) -> dt.date:
        """The date of the so-manyth working day after the one of `start`. Raises `Unacceptable`."""
        day, left = at_place(start, self.zone).date(), days
        for _ in range(LONGEST_SEARCH_DAYS):
            if left == 0:
                return day
            day += dt.timedelta(days=1)
            left -= self.is_working(day)
        raise Unacceptable(f"{days} business days do not come within ten years; look at the days of the calendar")

    def _spans(self, start: float, end: float) -> Iterator[tuple[float, float]]:
        """Begin and end of work on every working day that may touch the time between two moments."""
        day = at_place(start, self.zone).date() - dt.timedelta(days=1)
        last = at_place(end, self.zone).date()
        while day <= last:
            if self.is_working(day):
                yield self.hours(day)
            day += dt.timedelta(days=1)


EVERY_WEEKDAY = Calendar()
"""Monday to Friday, around the clock, without holidays."""


def months_after(start: float, months: int) -> float:
    """The same time of day so many calendar months later, in UTC; on the month's last day where it has no such day."""
    at = dt.datetime.fromtimestamp(start, dt.UTC)
    years, month = divmod(at.month - 1 + months, MONTHS_OF_A_YEAR)
    return (
        at.replace(day=1, year=at.year + years, month=month + 1).timestamp()
        + (min(at.day, _days(at.year + years, month + 1)) - 1) * DAY_SECONDS
    )


def _days(year: int, month: int) -> int:
    following = dt.date(year + month // MONTHS_OF_A_YEAR, month % MONTHS_OF_A_YEAR + 1, 1)
    return (following - dt.timedelta(days=1)).day
