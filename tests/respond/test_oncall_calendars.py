"""Schedules as calendars, and calendars of others, which may be hostile."""

import datetime as dt
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import EstateError, MalformedInput
from tocsin.respond.oncall.calendars import MOST_BYTES, from_calendar, to_calendar
from tocsin.respond.oncall.rotations import Rotation
from tocsin.respond.oncall.schedule import Layer, Schedule, on_call
from tocsin.respond.oncall.shifts import shifts
from tocsin.respond.oncall.wall_time import at_place, moment

ZURICH = ZoneInfo("Europe/Zurich")
NAMES = {"ada": "Ada Lovelace", "bo": "Bo"}
DAY = 86_400.0


def when(text: str) -> float:
    return moment(dt.datetime.fromisoformat(text), ZURICH)


START = dt.datetime.fromisoformat("2026-01-05T09:00")
BEGIN = when("2026-03-20T00:00")
EMPTY = Schedule(id="primary", zone=ZURICH, layers=(Layer(id="none"),))
PRIMARY = Schedule(
    id="primary",
    zone=ZURICH,
    layers=(
        Layer(id="w", rotation=Rotation(people=("ada", "bo"), start=dt.datetime.fromisoformat("2026-01-05T09:00"))),
    ),
)


def calendar(*lines: str) -> bytes:
    event = ("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT")
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *event, "END:VCALENDAR", "")).encode()


def read(content: bytes, days: float = 30) -> list[tuple[str, str, str]]:
    found = from_calendar(content, EMPTY, BEGIN, BEGIN + days * DAY, names=NAMES)
    return [(o.person, str(at_place(o.begins, ZURICH)), str(at_place(o.ends, ZURICH))) for o in found]


def test_what_goes_out_comes_in_the_same_over_a_change_of_clocks() -> None:
    sent = to_calendar(PRIMARY, BEGIN, BEGIN + 30 * DAY, names=NAMES, now=BEGIN)
    back = EMPTY.with_overrides(from_calendar(sent, EMPTY, BEGIN, BEGIN + 30 * DAY, names=NAMES))

    assert shifts(back, BEGIN, BEGIN + 30 * DAY) == shifts(PRIMARY, BEGIN, BEGIN + 30 * DAY)
    assert b"SUMMARY:Ada Lovelace: on call (primary)" in sent


def test_one_persons_calendar_has_his_shifts_alone() -> None:
    sent = to_calendar(PRIMARY, BEGIN, BEGIN + 30 * DAY, names=NAMES, now=BEGIN, only="bo")

    assert {o.person for o in from_calendar(sent, EMPTY, BEGIN, BEGIN + 30 * DAY, names=NAMES)} == {"bo"}


def test_a_rule_of_recurrence_is_unfolded_in_local_time() -> None:
    nights = calendar(
        "DTSTART;TZID=Europe/Zurich:20260327T220000",
        "DTEND;TZID=Europe/Zurich:20260328T060000",
        "RRULE:FREQ=DAILY;COUNT=3",
        "SUMMARY:ada: night",
    )

    assert read(nights) == [
        ("ada", "2026-03-27 22:00:00", "2026-03-28 06:00:00"),
        ("ada", "2026-03-28 22:00:00", "2026-03-29 06:00:00"),
        ("ada", "2026-03-29 22:00:00", "2026-03-30 06:00:00"),
    ]


def test_a_whole_day_is_a_day_where_the_schedule_is() -> None:
    day = calendar("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330", "SUMMARY:Ada Lovelace")

    assert read(day) == [("ada", "2026-03-29 00:00:00", "2026-03-30 00:00:00")]
    override = from_calendar(day, EMPTY, BEGIN, BEGIN + 30 * DAY, names=NAMES)
    assert on_call(EMPTY.with_overrides(override), when("2026-03-29T12:00")) == ("ada",)


def test_an_event_of_nobody_is_told_with_who_there_is() -> None:
    with pytest.raises(EstateError, match="did you mean 'ada'"):
        read(calendar("DTSTART:20260329T000000Z", "DTEND:20260330T000000Z", "SUMMARY:adda: on call"))


PROPERTIES = ["DTSTART", "DTEND", "RRULE", "SUMMARY", "DURATION", "RDATE", "EXDATE"]
AT = ("DTSTART:20260321T000000Z", "DTEND:20260321T010000Z", "SUMMARY:ada")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "calendar"),
        (b"\x00\xff", "calendar"),
        (b"BEGIN:VCALENDAR", "calendar"),
        (b"x" * (MOST_BYTES + 1), "bytes"),
        (calendar(*AT, "RRULE:FREQ=SECONDLY"), "SECONDLY"),
        (calendar(*AT, "RRULE:FREQ=MINUTELY"), "MINUTELY"),
        (calendar(*AT, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "BYMONTH"),
        (calendar(*AT, "RRULE:FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(60)))), "BYMINUTE"),
        (calendar("DTSTART:00010101T000000Z", "SUMMARY:ada", "RRULE:FREQ=HOURLY"), "since 1"),
        (calendar("SUMMARY:ada", "RRULE:FREQ=DAILY"), "no good begin"),
        (calendar("DTSTART:20000101T000000Z", "SUMMARY:ada", "RRULE:FREQ=HOURLY"), "recur some"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 3_000 + b"END:VCALENDAR", "parts"),
    ],
)
def test_what_would_unfold_without_end_is_refused_before(content: bytes, says: str) -> None:
    with pytest.raises(MalformedInput, match=says):
        read(content)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_calendar_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        read(content)


@given(
    st.lists(st.sampled_from(PROPERTIES), max_size=5),
    st.data(),
)
def test_events_with_nonsense_in_them_are_read_or_refused_by_name(names: list[str], data: st.DataObject) -> None:
    values = st.sampled_from(["", "20260321T000000Z", "ada", "FREQ=DAILY", "FREQ=", "P1D", "-P9999D", "99999999", "0"])
    lines = [f"{name}:{data.draw(values)}" for name in names]
    with suppress(MalformedInput, EstateError):
        read(calendar(*lines))
