"""
A schedule, and who is on call by it at a moment.

Layers are read from the first to the last. Where a later layer has somebody it takes the place of those before it, or
adds to them when it is `beside`. Then come overrides in the order in which they were made: each puts a person in the
place of one, or of all. Everything is worked out from these values and the moment alone.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.holiday_dates import is_holiday
from tocsin.respond.oncall.rotations import Rotation
from tocsin.respond.oncall.wall_time import at_place
from tocsin.respond.oncall.windows import Window


class OnHolidays(StrEnum):
    """What public holidays do to a layer."""

    SAME = "same"
    OFF = "off"
    """It is not on that day: the layers below it are."""
    ONLY = "only"
    """It is on these days alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person, from a moment to another, which is not in it."""

    person: str
    begins: float
    ends: float

    def covers(self, at: float) -> bool:
        """Whether the moment lies in it."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One rotation or list of shifts, and when it counts."""

    id: str
    rotation: Rotation | None = None
    shifts: tuple[Shift, ...] = ()
    """A list made by hand; people may overlap. Exactly one of `rotation` and `shifts` is given."""
    windows: tuple[Window, ...] = ()
    """The hours in which it is on; none: always."""
    on_holidays: OnHolidays = OnHolidays.SAME
    is_beside: bool = False
    """Whether its people are on call together with those of the layers before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Shift):
    """A person takes the place of another. An empty `person` only takes the other one away."""

    id: str = ""
    instead_of: str = ""
    """Whose place; empty: that of everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Two people exchange shifts: each takes the other's."""

    id: str
    asks: str
    """Who asks to be relieved."""
    takes: str
    begins: float
    ends: float
    back_begins: float | None = None
    """The shift that is given back; None: nothing is."""
    back_ends: float | None = None

    def overrides(self) -> tuple[Override, ...]:
        """What it comes to."""
        there = Override(id=self.id, person=self.takes, instead_of=self.asks, begins=self.begins, ends=self.ends)
        if self.back_begins is None or self.back_ends is None:
            return (there,)
        back = replace(there, person=self.asks, instead_of=self.takes, begins=self.back_begins, ends=self.back_ends)
        return (there, back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Who is on call when."""

    id: str
    zone: ZoneInfo
    layers: tuple[Layer, ...]
    countries: tuple[str, ...] = ()
    """Whose public holidays count, such as CH-ZH."""
    overrides: tuple[Override, ...] = field(default=())

    def with_overrides(self, more: tuple[Override, ...]) -> "Schedule":
        """The same with these overrides too."""
        return replace(self, overrides=(*self.overrides, *more))


def on_call(schedule: Schedule, at: float) -> tuple[str, ...]:
    """Who is on call at a moment, each once: person ids in the order of the layers. Empty: nobody is."""
    people: tuple[str, ...] = ()
    for layer in schedule.layers:
        if here := of_layer(layer, schedule, at):
            people = (*people, *here) if layer.is_beside else here
    for override in schedule.overrides:
        if override.covers(at):
            people = _overridden(people, override)
    return tuple(dict.fromkeys(people))


def of_layer(layer: Layer, schedule: Schedule, at: float) -> tuple[str, ...]:
    """Who is on by one layer alone."""
    if not _counts(layer, schedule, at):
        return ()
    if layer.rotation is None:
        return tuple(shift.person for shift in layer.shifts if shift.covers(at))
    person = layer.rotation.person(at, schedule.zone)
    return (person,) if person else ()


def _counts(layer: Layer, schedule: Schedule, at: float) -> bool:
    if layer.windows and not any(window.is_open(at, schedule.zone) for window in layer.windows):
        return False
    if layer.on_holidays is OnHolidays.SAME:
        return True
    today = is_holiday(at_place(at, schedule.zone).date(), schedule.countries)
    return today is (layer.on_holidays is OnHolidays.ONLY)


def _overridden(people: tuple[str, ...], override: Override) -> tuple[str, ...]:
    new = (override.person,) if override.person else ()
    if not override.instead_of:
        return new
    return tuple(each for person in people for each in (new if person == override.instead_of else (person,)))
