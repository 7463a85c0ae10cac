"""Working time over holidays and changes of the clocks."""

import datetime as dt

import pytest
from clock_stories import iso, seconds
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import Unacceptable
from tocsin.respond.clocks.calendar import Calendar, months_after

ZURICH = Calendar("Europe/Zurich", ("CH-ZH",), dt.time(9), dt.time(17))
AROUND_THE_CLOCK = Calendar("America/New_York", ("US",))
CALENDARS = st.sampled_from(
    [
        ZURICH,
        AROUND_THE_CLOCK,
        Calendar(),
        Calendar("Asia/Jerusalem", ("IL",), dt.time(0), dt.time(0), frozenset({6, 0, 1, 2, 3})),
        Calendar("Australia/Lord_Howe", ("AU",), dt.time(22), dt.time(6)),
        Calendar("Africa/Cairo", ("EG",), dt.time(0), dt.time(12), frozenset({6, 0, 1, 2, 3, 4})),
    ]
)
MOMENTS = st.floats(seconds("2024-01-01T00:00:00Z"), seconds("2027-01-01T00:00:00Z"))
SPANS = st.floats(0, 60 * 86_400)


@given(CALENDARS, MOMENTS, SPANS, SPANS)
def test_business_time_never_shrinks_and_adds_up(calendar: Calendar, start: float, first: float, second: float) -> None:
    middle, end = start + first, start + first + second
    whole = calendar.elapsed(start, end)
    assert whole == pytest.approx(calendar.elapsed(start, middle) + calendar.elapsed(middle, end), abs=1e-3)
    assert 0 <= calendar.elapsed(start, middle) <= whole + 1e-3
    assert whole <= first + second + 1e-3


@given(CALENDARS, MOMENTS, st.floats(1, 20 * 86_400))
def test_after_so_much_business_time_so_much_has_passed(calendar: Calendar, start: float, span: float) -> None:
    end = calendar.after(start, span)
    assert calendar.elapsed(start, end) == pytest.approx(span, abs=1e-2)
    assert calendar.elapsed(start, end - 1) < span


@given(CALENDARS, MOMENTS, st.integers(0, 30))
def test_the_so_manyth_business_day_is_one_and_later_ones_come_later(
    calendar: Calendar, start: float, days: int
) -> None:
    day = calendar.day_after(start, days)
    assert days == 0 or calendar.is_working(day)
    assert calendar.day_after(start, days + 1) > day


def test_an_hour_of_business_is_an_hour_when_the_clocks_change() -> None:
    """On Sunday 2026-03-29 Zurich's night has an hour less: around the clock that day is 23 hours long."""
    every_day = Calendar("Europe/Zurich", (), dt.time(0), dt.time(0), frozenset(range(7)))
    start = seconds("2026-03-29T00:00:00+01:00")
    assert every_day.elapsed(start, seconds("2026-03-30T00:00:00+02:00")) == 23 * 3_600
    assert iso(every_day.after(start, 23 * 3_600)) == "2026-03-29T22:00:00Z"


def test_good_friday_and_easter_monday_are_no_business() -> None:
    thursday = seconds("2026-04-02T16:00:00+02:00")
    assert iso(ZURICH.after(thursday, 2 * 3_600)) == iso(seconds("2026-04-07T10:00:00+02:00"))


def test_a_calendar_without_a_working_day_is_refused_not_searched_for_ever() -> None:
    with pytest.raises(Unacceptable, match="ten years"):
        Calendar(weekdays=frozenset()).after(0.0, 1.0)
    with pytest.raises(Unacceptable, match="ten years"):
        Calendar(weekdays=frozenset()).day_after(0.0, 1)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"),
        ("2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"),
        ("2026-12-15T10:00:00Z", 1, "2027-01-15T10:00:00Z"),
        ("2026-11-30T10:00:00Z", 15, "2028-02-29T10:00:00Z"),
        ("2026-12-31T23:59:59Z", 12, "2027-12-31T23:59:59Z"),
    ],
)
def test_months_are_calendar_months(start: str, months: int, end: str) -> None:
    assert iso(months_after(seconds(start), months)) == end
