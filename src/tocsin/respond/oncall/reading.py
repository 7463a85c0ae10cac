"""
Schedules from the tables of oncall.toml: docs/paging.md has the format.

Every error names the file, the table and its id, the field, and the nearest right spelling.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.model.errors import EstateError
from tocsin.respond.estate.fields import (
    Reader,
    flag,
    identity,
    member,
    nearest,
    several,
    shown,
    table,
    text,
    time_zone,
)
from tocsin.respond.oncall.holiday_dates import check_country
from tocsin.respond.oncall.rotations import Rotation, Unit
from tocsin.respond.oncall.schedule import Layer, OnHolidays, Schedule, Shift
from tocsin.respond.oncall.wall_time import moment
from tocsin.respond.oncall.windows import DAY_MINUTES, DAYS, Window

FIRST_YEAR, LAST_YEAR = 2000, 2200
MOST_UNITS = {Unit.HOUR: 24 * 31, Unit.DAY: 366, Unit.WEEK: 53, Unit.MONTH: 24}
"""The longest turn of each unit."""
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_TURN = re.compile(r"([0-9]{1,3}) ?(hour|day|week|month)s?")


def schedule(content: object, where: str) -> Schedule:
    """One [[schedule]]. Raises `EstateError`."""
    given = table(content, _SCHEDULE, where, ("id", "layer"))
    place = ZoneInfo(given.get("time_zone", "UTC"))
    countries = given.get("holidays", ())
    layers = tuple(
        _layer(each, place, f"{where}: layer {number}", has_holidays=bool(countries))
        for number, each in enumerate(given["layer"], 1)
    )
    if not layers:
        raise EstateError(f"{where}: layer is empty; write at least one [[schedule.layer]]")
    return Schedule(id=given["id"], zone=place, layers=layers, countries=countries)


def window(content: object, where: str) -> Window:
    """Hours of the week: `{ days = "mon-fri", from = "08:00", to = "18:00" }`."""
    given = table(content, {"days": _days, "from": clock_time, "to": clock_time}, where)
    return Window(
        days=given.get("days", frozenset(range(7))),
        begins=given.get("from", 0) % DAY_MINUTES,
        ends=given.get("to", DAY_MINUTES),
    )


def clock_time(value: object, where: str) -> int:
    """A time of day such as 08:30, in minutes; 24:00 is the end of the day."""
    if not isinstance(value, str) or not (found := _CLOCK.fullmatch(value)) or value > "24:00":
        raise EstateError(f'{where} is {shown(value)}; write a time of day such as "08:30", up to "24:00"')
    return int(found[1]) * 60 + int(found[2])


def local_time(value: object, where: str) -> dt.datetime:
    """A date and time without zone: that of the schedule is meant."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if not isinstance(value, dt.datetime) or value.tzinfo is not None:
        raise EstateError(f"{where} is {shown(value)}; write a local time such as 2026-01-05T09:00:00, without zone")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise EstateError(f"{where} is {value}; years from {FIRST_YEAR} to {LAST_YEAR} are known")
    return value


def _layer(content: object, place: ZoneInfo, where: str, *, has_holidays: bool) -> Layer:
    given = table(content, _LAYER, where)
    if ("people" in given) is ("shift" in given):
        raise EstateError(f"{where}: write either people, who take turns, or shift, a list made by hand")
    on_holidays = given.get("on_holidays", OnHolidays.SAME)
    if on_holidays is not OnHolidays.SAME and not has_holidays:
        raise EstateError(f'{where}: on_holidays needs holidays in the schedule, such as holidays = ["CH-ZH"]')
    return Layer(
        id=given.get("id", ""),
        rotation=_rotation(given, where) if "people" in given else None,
        shifts=tuple(
            _shift(each, place, f"{where}: shift {number}") for number, each in enumerate(given.get("shift", ()), 1)
        ),
        windows=given.get("hours", ()),
        on_holidays=on_holidays,
        is_beside=given.get("beside", False),
    )


def _rotation(given: Mapping[str, Any], where: str) -> Rotation:
    if not given["people"]:
        raise EstateError(f"{where}: people is empty; name at least one")
    if "start" not in given:
        raise EstateError(f"{where}: start is missing: when the first turn begins, such as 2026-01-05T09:00:00")
    unit, count = given.get("every", (Unit.WEEK, 1))
    return Rotation(people=given["people"], start=given["start"], unit=unit, count=count)


def _shift(content: object, place: ZoneInfo, where: str) -> Shift:
    given = table(content, _SHIFT, where, tuple(_SHIFT))
    begins, ends = moment(given["from"], place), moment(given["to"], place)
    if ends <= begins:
        raise EstateError(f"{where}: it ends at {given['to']}, which is not after its begin, {given['from']}")
    return Shift(person=given["person"], begins=begins, ends=ends)


def _turn(value: object, where: str) -> tuple[Unit, int]:
    found = _TURN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[1]) <= MOST_UNITS[Unit(found[2])]:
        raise EstateError(f'{where} is {shown(value)}; write a length such as "12 hours", "1 week" or "1 month"')
    return Unit(found[2]), int(found[1])


def _days(value: object, where: str) -> frozenset[int]:
    """Days such as `mon-fri`, `sat,sun`, `fri-mon`."""
    if not isinstance(value, str):
        raise EstateError(f'{where} is {shown(value)}; write days such as "mon-fri" or "sat,sun"')
    found: set[int] = set()
    for part in value.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        for day in (first, last or first):
            if day not in DAYS:
                raise EstateError(f"{where}: {shown(day)} is no day; {nearest(day, DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {(begin + number) % 7 for number in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _country(value: object, where: str) -> str:
    return check_country(text(value, where), where)


def _as_it_is(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise EstateError(f"{where} is {shown(value)}; write it with two brackets, such as [[schedule.layer]]")
    return value


_SCHEDULE: Mapping[str, Reader] = {
    "id": identity,
    "time_zone": time_zone,
    "holidays": several(_country),
    "layer": _as_it_is,
}
_LAYER: Mapping[str, Reader] = {
    "id": identity,
    "people": several(identity),
    "start": local_time,
    "every": _turn,
    "shift": _as_it_is,
    "hours": several(window),
    "on_holidays": member(OnHolidays),
    "beside": flag,
}
_SHIFT: Mapping[str, Reader] = {"person": identity, "from": local_time, "to": local_time}
