"""Schedules as calendars: written for people's own, and read from those of others."""

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.app.paging.oncall import add_overrides, plan_now, read_plan, schedule_of
from tocsin.edge.store.on_call import KeptOverride
from tocsin.model.actor import Actor
from tocsin.model.errors import EstateError, MalformedInput, Unacceptable
from tocsin.respond.oncall.calendars import from_calendar, to_calendar
from tocsin.respond.oncall.shifts import DAY_SECONDS, MOST_DAYS


def export_calendar(desk: Desk, schedule: str, *, days: float, person: str = "") -> bytes:
    """The coming days of a schedule as iCalendar. Raises `NotFound`, `Unacceptable`, `EstateError`, `StoreError`."""
    now, ends = desk.clock(), desk.clock() + _seconds(days)
    found = schedule_of(plan_now(desk), schedule)
    names = {each.id: each.name for each in estate_now(desk).people.values()}
    return to_calendar(found, now, ends, names=names, now=now, only=person)


def import_calendar(
    desk: Desk, actor: Actor, schedule: str, content: bytes, *, days: float
) -> tuple[KeptOverride, ...]:
    """
    Make overrides of the shifts in a calendar that lie in the coming days: all of them, or none.

    Raises `NotFound`, `Unacceptable` that says what is wrong in it, `EstateError` and `StoreError`.
    """
    now, ends = desk.clock(), desk.clock() + _seconds(days)
    found = schedule_of(read_plan(desk.settings), schedule)
    names = {each.id: each.name for each in estate_now(desk).people.values()}
    try:
        shifts = from_calendar(content, found, now, ends, names=names)
    except (MalformedInput, EstateError) as error:
        raise Unacceptable(str(error)) from None
    return add_overrides(desk, actor, schedule, list(shifts), "from a calendar") if shifts else ()


def _seconds(days: float) -> float:
    if not 0 < days <= MOST_DAYS:
        raise Unacceptable(f"{days:g} days are not to be had at once; ask for up to {MOST_DAYS}")
    return days * DAY_SECONDS
