"""
A schedule laid out in time: stretches in which nobody changes, the gaps among them, and the hand-overs between.

Who is on call can change only at an edge: the begin of a turn, of a window, of a holiday, of an override. Between two
edges next to each other it is the same, so what `on_call` says at each edge is what it says everywhere.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.respond.oncall.rotations import Rotation
from tocsin.respond.oncall.schedule import Layer, OnHolidays, Schedule, on_call
from tocsin.respond.oncall.wall_time import at_place, moment

MOST_DAYS = 800
"""The longest time that is laid out at once: a rotation of hours has an edge every hour."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which the same people are on call; the end is not in it."""

    people: tuple[str, ...]
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A moment at which somebody hands over."""

    at: float
    leaving: tuple[str, ...]
    coming: tuple[str, ...]


def shifts(schedule: Schedule, begins: float, ends: float) -> tuple[Stretch, ...]:
    """Who is on call from one moment to another, without holes: a stretch with nobody is there too."""
    ends = min(ends, begins + MOST_DAYS * DAY_SECONDS)
    edges = sorted({begins, *(edge for edge in _edges(schedule, begins, ends) if begins < edge < ends)})
    laid: list[Stretch] = []
    for begin, end in zip(edges, [*edges[1:], ends], strict=True):
        people = on_call(schedule, begin)
        if laid and laid[-1].people == people:
            begin = laid.pop().begins  # noqa: PLW2901 - the stretch goes on
        laid.append(Stretch(people=people, begins=begin, ends=end))
    return tuple(laid)


def gaps(schedule: Schedule, begins: float, ends: float) -> tuple[Stretch, ...]:
    """When nobody is on call."""
    return tuple(stretch for stretch in shifts(schedule, begins, ends) if not stretch.people)


def hand_overs(schedule: Schedule, begins: float, ends: float) -> tuple[HandOver, ...]:
    """When who hands over to whom."""
    laid = shifts(schedule, begins, ends)
    return tuple(
        HandOver(
            at=after.begins,
            leaving=tuple(person for person in before.people if person not in after.people),
            coming=tuple(person for person in after.people if person not in before.people),
        )
        for before, after in itertools.pairwise(laid)
    )


def _edges(schedule: Schedule, begins: float, ends: float) -> Iterator[float]:
    for override in schedule.overrides:
        yield from (override.begins, override.ends)
    for layer in schedule.layers:
        yield from _layer_edges(layer, schedule, begins, ends)


def _layer_edges(layer: Layer, schedule: Schedule, begins: float, ends: float) -> Iterator[float]:
    place = schedule.zone
    first, last = at_place(begins, place).date(), at_place(ends, place).date()
    for shift in layer.shifts:
        yield from (shift.begins, shift.ends)
    if layer.rotation is not None:
        yield from _turns(layer.rotation, schedule, begins, ends)
    for window in layer.windows:
        for span in window.spans(first, last, place):
            yield from span
    if layer.on_holidays is not OnHolidays.SAME:
        for number in range((last - first).days + 1):
            yield moment(dt.datetime.combine(first + dt.timedelta(days=number), dt.time()), place)


def _turns(rotation: Rotation, schedule: Schedule, begins: float, ends: float) -> Iterator[float]:
    turn = max(0, rotation.turn(begins, schedule.zone))
    while (edge := rotation.begins(turn, schedule.zone)) < ends:
        yield edge
        turn += 1
