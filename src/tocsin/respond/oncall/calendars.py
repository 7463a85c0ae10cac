"""
Calendars (iCalendar, RFC 5545): a schedule out, for people's own calendars; shifts in, as overrides.

What comes in is somebody else's: its size, its events and what its rules of recurrence can unfold to are bounded before
anything is unfolded. A rule is refused that could make a reader count hours to the year 9999.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from tocsin.model.errors import EstateError, MalformedInput
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.oncall.schedule import Override, Schedule
from tocsin.respond.oncall.shifts import shifts
from tocsin.respond.oncall.wall_time import moment

MOST_BYTES = 1_000_000
MOST_EVENTS = 2_000
MOST_SHIFTS = 2_000
MOST_STEPS = 100_000
"""How often all rules of recurrence together may recur from their begins to the end that is asked for."""
LOOK_BACK_SECONDS = 100 * 86_400
"""How far back the begin of a shift that has begun is looked for: who reads a calendar again must find it the same."""
OLDEST_YEAR = 2000
PERSON = "X-TOCSIN-PERSON"
"""The property of an event that has the id of a person."""
_FREQUENCIES = {"HOURLY": 3_600, "DAILY": 86_400, "WEEKLY": 7 * 86_400, "MONTHLY": 28 * 86_400, "YEARLY": 365 * 86_400}
_PARTS: Mapping[str, frozenset[str]] = {
    "HOURLY": frozenset({"BYDAY"}),
    "DAILY": frozenset({"BYDAY", "BYHOUR"}),
    "WEEKLY": frozenset({"BYDAY", "BYHOUR"}),
    "MONTHLY": frozenset({"BYDAY", "BYHOUR", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYHOUR", "BYMONTHDAY", "BYSETPOS", "BYMONTH"}),
}
"""Which parts a rule of each frequency may have: with others it may never come to anything, and not end."""
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})


def to_calendar(
    schedule: Schedule, begins: float, ends: float, *, names: Mapping[str, str], now: float, only: str = ""
) -> bytes:
    """The shifts of a schedule as a calendar; `names` are people by id, `only` leaves out all but one of them."""
    calendar = Calendar()
    calendar.add("prodid", "-//tocsin//on call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"On call: {schedule.id}")
    for stretch in shifts(schedule, begins - LOOK_BACK_SECONDS, ends):
        if stretch.ends <= begins:
            continue
        for person in stretch.people:
            if only in ("", person):
                calendar.add_component(_event(schedule.id, person, names.get(person, person), stretch, now))
    return bytes(calendar.to_ical())


def from_calendar(
    content: bytes, schedule: Schedule, begins: float, ends: float, *, names: Mapping[str, str]
) -> tuple[Override, ...]:
    """
    The shifts in a calendar between two moments, as overrides of the whole schedule, in order.

    An event names its person by `X-TOCSIN-PERSON`, or its summary begins with an id or a name. Raises `MalformedInput`
    for what is no calendar or unfolds to too much, `EstateError` for an event of nobody.
    """
    calendar = _calendar(content)
    known = {key.casefold(): person for person, name in names.items() for key in (person, name)}
    _check_steps(calendar, ends)
    found: list[Override] = []
    for event in _occurrences(calendar, begins, ends):
        override = _override(event, schedule.zone, known)
        if override.ends > begins and override.begins < ends:
            found.append(override)
    return tuple(sorted(found, key=lambda each: (each.begins, each.person)))


def _event(schedule: str, person: str, name: str, stretch: Any, now: float) -> Event:
    event = Event()
    event.add("uid", f"{schedule}-{person}-{int(stretch.begins)}@tocsin")
    event.add("dtstamp", dt.datetime.fromtimestamp(now, dt.UTC))
    event.add("dtstart", dt.datetime.fromtimestamp(stretch.begins, dt.UTC))
    event.add("dtend", dt.datetime.fromtimestamp(stretch.ends, dt.UTC))
    event.add("summary", f"{name}: on call ({schedule})")
    event.add(PERSON, person)
    return event


def _calendar(content: bytes) -> Calendar:
    if len(content) > MOST_BYTES:
        raise MalformedInput(f"calendar: {len(content):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        calendar = Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise MalformedInput(f"calendar: not iCalendar (RFC 5545): {type(error).__name__}") from None
    if not isinstance(calendar, Calendar):
        raise MalformedInput("calendar: not one VCALENDAR")
    if len(calendar.walk()) > MOST_EVENTS:
        raise MalformedInput(f"calendar: more than {MOST_EVENTS} parts; cut it")
    return calendar


def _check_steps(calendar: Calendar, ends: float) -> None:
    steps = 0
    for event in calendar.walk():
        rules = event.get("RRULE")
        if rules is None:
            continue
        for rule in rules if isinstance(rules, list) else [rules]:
            steps += _steps(rule, _year_checked(event), ends)
    if steps > MOST_STEPS:
        raise MalformedInput(f"calendar: its rules recur some {steps:,} times until then; at most {MOST_STEPS:,}")


def _year_checked(event: Any) -> float:
    try:
        start = event.decoded("DTSTART")
        year, at = start.year, dt.datetime(start.year, start.month, start.day, tzinfo=dt.UTC).timestamp()
    except (KeyError, ValueError, AttributeError, OverflowError) as error:
        raise MalformedInput(f"calendar: an event that recurs has no good begin: {type(error).__name__}") from None
    if year < OLDEST_YEAR:
        raise MalformedInput(f"calendar: an event recurs since {year}; from {OLDEST_YEAR} on it can be read")
    return at


def _steps(rule: Any, begins: float, ends: float) -> int:
    """How often a rule may recur. Raises `MalformedInput` for one that may count without end."""
    try:
        given = {str(name).upper(): value for name, value in rule.items()}
        frequency = str(given["FREQ"][0]).upper()
        interval = max(1, int(given.get("INTERVAL", [1])[0]))
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        raise MalformedInput("calendar: a rule of recurrence cannot be read") from None
    if frequency not in _FREQUENCIES:
        raise MalformedInput(f"calendar: a rule recurs {frequency[:20]}; {', '.join(_FREQUENCIES)} are read")
    if odd := set(given) - _PARTS[frequency] - _ALWAYS:
        raise MalformedInput(f"calendar: a rule that recurs {frequency} has {min(odd)[:20]}, which is not read")
    times = 1
    for name in _PARTS[frequency] & set(given):
        times *= max(1, len(given[name]))
    return int(max(0.0, ends - begins) / (_FREQUENCIES[frequency] * interval) + 1) * times


def _occurrences(calendar: Calendar, begins: float, ends: float) -> Iterator[Any]:
    first, last = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (begins, ends))
    try:
        found = recurring_ical_events.of(calendar).between(first, last)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise MalformedInput(f"calendar: its events cannot be unfolded: {type(error).__name__}") from None
    if len(found) > MOST_SHIFTS:
        raise MalformedInput(f"calendar: {len(found):,} shifts; at most {MOST_SHIFTS:,} are taken at once")
    yield from found


def _override(event: Any, place: ZoneInfo, known: Mapping[str, str]) -> Override:
    try:
        begins, ends = _moment(event.start, place), _moment(event.end, place)
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError) as error:
        raise MalformedInput(f"calendar: an event has no good begin or end: {type(error).__name__}") from None
    if ends <= begins:
        raise MalformedInput("calendar: an event ends before it begins")
    return Override(person=_person(event, known), begins=begins, ends=ends)


def _moment(time: dt.date | dt.datetime, place: ZoneInfo) -> float:
    """A day is from its midnight there; a time without zone is there too."""
    if not isinstance(time, dt.datetime):
        return moment(dt.datetime.combine(time, dt.time()), place)
    return moment(time, place) if time.tzinfo is None else time.timestamp()


def _person(event: Any, known: Mapping[str, str]) -> str:
    summary = str(event.get("SUMMARY", ""))
    told = str(event.get(PERSON, "")) or summary.partition(":")[0].strip()
    if told.casefold() not in known:
        raise EstateError(
            f"calendar: the event {shown(summary)} is of {shown(told)}; {nearest(told.casefold(), known)}"
        )
    return known[told.casefold()]
