"""Schedules: who is on call at any moment, without gaps or overlaps, on the days when clocks change too."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.oncall.holiday_dates import is_holiday
from tocsin.respond.oncall.rotations import Rotation, Unit
from tocsin.respond.oncall.schedule import Layer, OnHolidays, Override, Schedule, Shift, Swap, on_call
from tocsin.respond.oncall.shifts import gaps, hand_overs, shifts
from tocsin.respond.oncall.wall_time import at_place, moment
from tocsin.respond.oncall.windows import Window

ZURICH = ZoneInfo("Europe/Zurich")
ZONES = ("UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu")
"""Lord Howe's clocks change by half an hour; those of Sao Paulo changed at midnight."""
DAY = 86_400.0
WORK = Window(days=frozenset(range(5)), begins=8 * 60, ends=18 * 60)


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def when(text: str, zone: ZoneInfo = ZURICH) -> float:
    return moment(local(text), zone)


def weekly(*people: str, start: str = "2026-01-05T09:00", **more: object) -> Layer:
    return Layer(id="weeks", rotation=Rotation(people=people, start=local(start)), **more)  # type: ignore[arg-type]


def plan(*layers: Layer, zone: ZoneInfo = ZURICH, **more: object) -> Schedule:
    return Schedule(id="primary", zone=zone, layers=layers, **more)  # type: ignore[arg-type]


rotations = st.builds(
    Rotation,
    people=st.lists(st.sampled_from("abcde"), min_size=1, max_size=5, unique=True).map(tuple),
    start=st.datetimes(local("2000-01-01T00:00"), local("2026-01-01T00:00")),
    unit=st.sampled_from(Unit),
    count=st.integers(1, 5),
)
moments = st.floats(1.45e9, 2.0e9)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(rotations, zones, moments)
def test_a_turn_lies_between_its_begin_and_that_of_the_next(rotation: Rotation, zone: ZoneInfo, at: float) -> None:
    turn = rotation.turn(at, zone)

    assert rotation.begins(turn, zone) <= at < rotation.begins(turn + 1, zone)


@given(rotations, zones, moments, st.floats(0, 40 * DAY))
def test_a_rotation_has_one_person_at_every_moment(rotation: Rotation, zone: ZoneInfo, at: float, days: float) -> None:
    """Continuity: no gap, nobody beside another, each turn handed to the next in the list."""
    schedule = plan(Layer(id="a", rotation=rotation), zone=zone)
    laid = shifts(schedule, at, at + days)

    started = [s for s in laid if s.begins >= rotation.begins(0, zone)]
    assert all(len(stretch.people) == 1 for stretch in started)
    assert all(before.ends == after.begins for before, after in itertools.pairwise(laid))
    assert gaps(schedule, max(at, rotation.begins(0, zone)), at + days) == ()
    for before, after in itertools.pairwise(started):
        place = rotation.people.index(before.people[0])
        assert after.people[0] == rotation.people[(place + 1) % len(rotation.people)]


@given(
    zones,
    st.datetimes(local("2017-01-01T00:00"), local("2027-01-01T00:00")),
    st.timedeltas(dt.timedelta(0), dt.timedelta(2)),
)
def test_local_time_never_goes_backwards(zone: ZoneInfo, naive: dt.datetime, step: dt.timedelta) -> None:
    assert moment(naive, zone) <= moment(naive + step, zone)


@given(zones, moments, st.integers(0, 24 * 60), st.integers(0, 24 * 60))
def test_windows_that_follow_each_other_leave_nothing_out(zone: ZoneInfo, at: float, first: int, second: int) -> None:
    """Day and night shifts cover 24 hours, whatever the clocks do."""
    if first % 1440 == second % 1440:
        return
    first, second = first % 1440, second % 1440
    day, night = Window(begins=first, ends=second), Window(begins=second, ends=first)

    assert day.is_open(at, zone) or night.is_open(at, zone)


@given(zones, moments, st.integers(1, 60))
def test_what_is_laid_out_is_what_is_said_at_each_moment(zone: ZoneInfo, at: float, seed: int) -> None:
    schedule = plan(
        weekly("ada", "bo", "chen", start="2015-01-05T09:00"),
        Layer(
            id="nights",
            rotation=Rotation(people=("dee", "eli"), start=local("2015-01-01T18:00"), unit=Unit.HOUR, count=7),
            windows=(Window(begins=20 * 60, ends=6 * 60),),
            on_holidays=OnHolidays.OFF,
        ),
        zone=zone,
        countries=("CH-ZH", "US"),
        overrides=(Override(person="fay", begins=at + DAY, ends=at + 1.5 * DAY, instead_of="ada"),),
    )
    laid = shifts(schedule, at, at + 5 * DAY)

    probe = at + 5 * DAY * seed / 61
    (stretch,) = [s for s in laid if s.begins <= probe < s.ends]
    assert stretch.people == on_call(schedule, probe)


def test_a_week_is_handed_over_at_nine_whatever_the_clocks_do() -> None:
    schedule = plan(weekly("ada", "bo"))
    changes = hand_overs(schedule, when("2026-03-20T00:00"), when("2026-04-08T00:00"))

    assert [str(at_place(change.at, ZURICH)) for change in changes] == [
        "2026-03-23 09:00:00",
        "2026-03-30 09:00:00",
        "2026-04-06 09:00:00",
    ]
    assert [(c.leaving, c.coming) for c in changes[:2]] == [(("ada",), ("bo",)), (("bo",), ("ada",))]
    assert changes[1].at - changes[0].at == 7 * DAY - 3600  # clocks went forward on 29 March


def test_an_hour_that_comes_twice_belongs_to_one_person() -> None:
    """On 25 October 2026 half past two comes twice in Zurich; a turn begins at the first and is not taken back."""
    rotation = Rotation(people=("ada", "bo"), start=local("2026-10-24T02:30"), unit=Unit.DAY)
    schedule = plan(Layer(id="days", rotation=rotation))
    first = when("2026-10-25T02:30")

    assert [on_call(schedule, first + seconds) for seconds in (-1, 0, 1800, 3600, 5400)] == [("ada",)] + 4 * [("bo",)]


def test_a_time_that_the_clocks_jump_over_is_the_jump() -> None:
    assert moment(local("2026-03-29T02:30"), ZURICH) == moment(local("2026-03-29T03:00"), ZURICH)


def test_months_begin_on_their_last_day_where_they_have_no_such_day() -> None:
    rotation = Rotation(people=("a", "b"), start=local("2026-01-31T09:00"), unit=Unit.MONTH)

    assert [str(at_place(rotation.begins(turn, ZURICH), ZURICH).date()) for turn in range(4)] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


def test_a_later_layer_takes_the_place_of_those_before_in_its_hours() -> None:
    schedule = plan(weekly("ada"), weekly("bo", windows=(WORK,)))

    assert on_call(schedule, when("2026-06-03T12:00")) == ("bo",)
    assert on_call(schedule, when("2026-06-03T18:00")) == ("ada",)
    assert on_call(schedule, when("2026-06-06T12:00")) == ("ada",)


def test_a_layer_beside_adds_its_people() -> None:
    assert on_call(plan(weekly("ada"), weekly("bo", is_beside=True)), when("2026-06-03T12:00")) == ("ada", "bo")


def test_holidays_change_who_is_on() -> None:
    schedule = plan(
        weekly("ada"),
        weekly("bo", windows=(WORK,), on_holidays=OnHolidays.OFF),
        weekly("hol", on_holidays=OnHolidays.ONLY, is_beside=True),
        countries=("CH-ZH",),
    )

    assert is_holiday(dt.date(2026, 12, 25), ("CH-ZH",))
    assert on_call(schedule, when("2026-12-24T12:00")) == ("bo",)
    assert on_call(schedule, when("2026-12-25T12:00")) == ("ada", "hol")


def test_only_restricted_hours_leave_gaps_that_are_told() -> None:
    found = gaps(plan(weekly("ada", windows=(WORK,))), when("2026-06-01T00:00"), when("2026-06-03T00:00"))

    assert [(str(at_place(g.begins, ZURICH)), str(at_place(g.ends, ZURICH))) for g in found] == [
        ("2026-06-01 00:00:00", "2026-06-01 08:00:00"),
        ("2026-06-01 18:00:00", "2026-06-02 08:00:00"),
        ("2026-06-02 18:00:00", "2026-06-03 00:00:00"),
    ]


def test_overrides_take_the_place_of_one_or_of_all_or_only_take_away() -> None:
    base = plan(weekly("ada"), weekly("bo", is_beside=True))
    span = {"begins": when("2026-06-03T00:00"), "ends": when("2026-06-04T00:00")}
    at = when("2026-06-03T12:00")

    assert on_call(base.with_overrides((Override(person="eli", **span),)), at) == ("eli",)
    assert on_call(base.with_overrides((Override(person="eli", instead_of="ada", **span),)), at) == ("eli", "bo")
    assert on_call(base.with_overrides((Override(person="", instead_of="ada", **span),)), at) == ("bo",)
    assert on_call(base.with_overrides((Override(person="eli", instead_of="zoe", **span),)), at) == ("ada", "bo")
    assert on_call(base.with_overrides((Override(person="eli", **span),)), span["ends"]) == ("ada", "bo")


def test_a_swap_exchanges_two_weeks() -> None:
    swap = Swap(
        id="s",
        asks="ada",
        takes="bo",
        begins=when("2026-06-01T09:00"),
        ends=when("2026-06-08T09:00"),
        back_begins=when("2026-06-08T09:00"),
        back_ends=when("2026-06-15T09:00"),
    )
    schedule = plan(weekly("ada", "bo", start="2026-06-01T09:00"))
    days = ("2026-06-03T12:00", "2026-06-10T12:00", "2026-06-17T12:00")

    assert [on_call(schedule, when(day)) for day in days] == [("ada",), ("bo",), ("ada",)]
    assert [on_call(schedule.with_overrides(swap.overrides()), when(day)) for day in days] == [
        ("bo",),
        ("ada",),
        ("ada",),
    ]


def test_a_list_made_by_hand_may_overlap() -> None:
    layer = Layer(
        id="hand",
        shifts=(
            Shift(person="ada", begins=when("2026-06-01T00:00"), ends=when("2026-06-01T12:00")),
            Shift(person="bo", begins=when("2026-06-01T10:00"), ends=when("2026-06-01T20:00")),
        ),
    )

    laid = shifts(plan(layer), when("2026-06-01T00:00"), when("2026-06-02T00:00"))
    assert [stretch.people for stretch in laid] == [("ada",), ("ada", "bo"), ("bo",), ()]


@pytest.mark.parametrize("unit", Unit)
def test_nobody_is_on_before_the_start(unit: Unit) -> None:
    rotation = Rotation(people=("ada",), start=local("2026-06-01T09:00"), unit=unit)
    schedule = plan(Layer(id="a", rotation=rotation))

    assert on_call(schedule, when("2026-06-01T08:59")) == ()
    assert on_call(schedule, when("2026-06-01T09:00")) == ("ada",)
