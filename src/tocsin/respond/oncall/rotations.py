"""
Rotations: people who take turns of equal length, from a start on.

Turns of hours have that many hours, whatever the clocks do. Turns of days, weeks and months change at the same local
time of day, so that one of them is an hour shorter or longer when the clocks change. A month begins on the day of the
start, or on its last day where it has no such day.
"""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.wall_time import at_place, moment

MONTHS = 12
HOUR_SECONDS = 3_600


class Unit(StrEnum):
    """What a turn is counted in."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Who takes turns, how long each, since when."""

    people: tuple[str, ...]
    """Person ids, in order; the first has the first turn."""
    start: dt.datetime
    """Local time at which the first turn begins; nobody is on before."""
    unit: Unit = Unit.WEEK
    count: int = 1
    """So many units are one turn."""

    def person(self, at: float, place: ZoneInfo) -> str:
        """Who has the turn at a moment; empty before the start."""
        turn = self.turn(at, place)
        return self.people[turn % len(self.people)] if turn >= 0 else ""

    def turn(self, at: float, place: ZoneInfo) -> int:
        """The number of the turn at a moment, from 0; negative before the start."""
        guess = self._guess(at, place)
        while self.begins(guess + 1, place) <= at:
            guess += 1
        while self.begins(guess, place) > at:
            guess -= 1
        return guess

    def begins(self, turn: int, place: ZoneInfo) -> float:
        """The moment at which a turn begins."""
        if self.unit is Unit.HOUR:
            return moment(self.start, place) + turn * self.count * HOUR_SECONDS
        if self.unit is Unit.MONTH:
            return moment(_months_later(self.start, turn * self.count), place)
        return moment(self.start + dt.timedelta(days=turn * self.count * _DAYS[self.unit]), place)

    def _guess(self, at: float, place: ZoneInfo) -> int:
        """The number of the turn, or one beside it."""
        if self.unit is Unit.HOUR:
            return int((at - moment(self.start, place)) // (self.count * HOUR_SECONDS))
        local = at_place(at, place)
        if self.unit is Unit.MONTH:
            months = (local.year - self.start.year) * MONTHS + local.month - self.start.month
            return months // self.count
        return (local - self.start).days // (self.count * _DAYS[self.unit])


def _months_later(local: dt.datetime, months: int) -> dt.datetime:
    year, month = divmod(local.year * MONTHS + local.month - 1 + months, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))
