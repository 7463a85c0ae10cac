"""Hours of the week, in local time: when a layer is on, or a rule of a policy holds."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.wall_time import at_place, moment

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From one time of day to another, on some days of the week."""

    days: frozenset[int] = frozenset(range(7))
    """Monday is 0. A window over midnight belongs to the day on which it begins."""
    begins: int = 0
    """Minutes after midnight."""
    ends: int = DAY_MINUTES
    """Minutes after midnight; at or before `begins` it is on the next day."""

    def spans(self, first: dt.date, last: dt.date, place: ZoneInfo) -> Iterator[tuple[float, float]]:
        """From when to when it is open, for each day from the day before `first` to `last`; the end is not in it."""
        for number in range(-1, (last - first).days + 1):
            day = first + dt.timedelta(days=number)
            if day.weekday() not in self.days:
                continue
            midnight = dt.datetime.combine(day, dt.time())
            ends = self.ends if self.ends > self.begins else self.ends + DAY_MINUTES
            begins_at = moment(midnight + dt.timedelta(minutes=self.begins), place)
            yield begins_at, moment(midnight + dt.timedelta(minutes=ends), place)

    def is_open(self, at: float, place: ZoneInfo) -> bool:
        """Whether the moment lies in it."""
        day = at_place(at, place).date()
        return any(begins <= at < ends for begins, ends in self.spans(day, day, place))
