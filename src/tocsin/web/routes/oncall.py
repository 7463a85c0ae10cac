"""
On call: who is, when who hands over to whom, gaps, and changes beside the on-call file.

Times are seconds since 1970, UTC. Calendars are iCalendar (RFC 5545).
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.paging import oncall as app
from tocsin.app.paging.calendars import export_calendar, import_calendar
from tocsin.edge.store.on_call import KeptOverride, KeptSwap
from tocsin.respond.oncall import schedule as values
from tocsin.respond.oncall.calendars import MOST_BYTES
from tocsin.respond.oncall.shifts import MOST_DAYS
from tocsin.web.asking import DESK, Caller, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/oncall")

READ, WRITE = "oncall:read", "oncall:write"
LATEST = 7_258_118_400.0
"""The year 2200."""
Name = Annotated[str, InPath(max_length=60)]
Person = Annotated[str, Field(max_length=60)]
Time = Annotated[float, Field(ge=0, le=LATEST)]
Days = Annotated[float, Query(gt=0, le=MOST_DAYS)]


class Strict(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class OnCall(BaseModel):
    """Who is on call by one schedule."""

    schedule: str
    people: list[str]


class Stretch(BaseModel):
    """A time in which the same people are on call; with none it is a gap."""

    people: list[str]
    begins: float
    ends: float


class HandOver(BaseModel):
    """A moment at which somebody hands over."""

    at: float
    leaving: list[str]
    coming: list[str]


class Schedule(BaseModel):
    """A schedule over some days."""

    id: str
    time_zone: str
    shifts: list[Stretch]
    hand_overs: list[HandOver]
    gaps: list[Stretch]


class NewOverride(Strict):
    """Somebody takes the place of another, or of all."""

    person: Person
    instead_of: Person = ""
    begins: Time
    ends: Time
    reason: Annotated[str, Field(max_length=500)] = ""


class Override(BaseModel):
    """An override beside the file."""

    id: str
    schedule: str
    person: str
    instead_of: str
    begins: float
    ends: float
    reason: str
    made_by: str
    made_at: float


class NewSwap(Strict):
    """Whoever asks wants somebody to take a shift, for one of his or for none."""

    takes: Person
    begins: Time
    ends: Time
    back_begins: Time | None = None
    back_ends: Time | None = None


class Swap(BaseModel):
    """A swap, and how it stands."""

    id: str
    schedule: str
    asks: str
    takes: str
    begins: float
    ends: float
    back_begins: float | None
    back_ends: float | None
    state: str
    made_at: float


class Decision(Strict):
    """What becomes of a swap."""

    state: app.Decision


class Calendar(Strict):
    """A calendar whose shifts become overrides."""

    content: Annotated[str, Field(max_length=MOST_BYTES)]
    days: Annotated[float, Field(gt=0, le=MOST_DAYS)] = 90.0


@router.get("")
def now(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs(READ)],
    at: Annotated[float | None, Query(ge=0, le=LATEST, description="At another moment.")] = None,
) -> list[OnCall]:
    """Who is on call, by schedule."""
    people = app.on_call_now(desk, at)
    return [OnCall(schedule=name, people=list(who)) for name, who in people.items()]


@router.get("/schedules/{schedule}")
def show(
    desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(READ)], schedule: Name, days: Days = 28.0
) -> Schedule:
    """Shifts, hand-overs and gaps of the coming days."""
    laid = app.laid_out(desk, schedule, begins=desk.clock(), days=days)
    return Schedule(
        id=laid.schedule.id,
        time_zone=laid.schedule.zone.key,
        shifts=[Stretch.model_validate(each, from_attributes=True) for each in laid.shifts],
        hand_overs=[HandOver.model_validate(each, from_attributes=True) for each in laid.hand_overs],
        gaps=[Stretch.model_validate(each, from_attributes=True) for each in laid.gaps],
    )


@router.get("/schedules/{schedule}/calendar", response_class=Response)
def calendar(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs(READ)],
    schedule: Name,
    days: Days = 90.0,
    person: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The schedule as a calendar to subscribe to."""
    content = export_calendar(desk, schedule, days=days, person=person)
    return Response(content, media_type="text/calendar; charset=utf-8")


@router.post("/schedules/{schedule}/calendar", status_code=HTTPStatus.CREATED)
def take_calendar(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], schedule: Name, body: Calendar
) -> list[Override]:
    """Make overrides of the shifts in a calendar: all of them, or none where one is wrong."""
    made = import_calendar(desk, caller.actor, schedule, body.content.encode(), days=body.days)
    return [_override(each) for each in made]


@router.get("/overrides")
def overrides(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(READ)]) -> list[Override]:
    """The overrides that hold or are to come."""
    return [_override(each) for each in app.overrides(desk)]


@router.post("/schedules/{schedule}/overrides", status_code=HTTPStatus.CREATED)
def override(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], schedule: Name, body: NewOverride
) -> Override:
    """Put somebody on call for some time."""
    new = values.Override(person=body.person, instead_of=body.instead_of, begins=body.begins, ends=body.ends)
    return _override(app.add_override(desk, caller.actor, schedule, new, body.reason))


@router.delete("/overrides/{override_id}", status_code=HTTPStatus.NO_CONTENT)
def remove(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], override_id: Name) -> None:
    """Take an override back."""
    app.remove_override(desk, caller.actor, override_id)


@router.get("/swaps")
def swaps(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(READ)]) -> list[Swap]:
    """The swaps that are asked for or taken, and not over."""
    return [_swap(each) for each in app.swaps(desk)]


@router.post("/schedules/{schedule}/swaps", status_code=HTTPStatus.CREATED)
def swap(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], schedule: Name, body: NewSwap) -> Swap:
    """Ask somebody to take a shift of yours. It holds when he takes it."""
    asked = values.Swap(id="", asks=caller.actor.id, **body.model_dump())
    return _swap(app.ask_swap(desk, caller.actor, schedule, asked))


@router.post("/swaps/{swap_id}/decision", status_code=HTTPStatus.CREATED)
def decide(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], swap_id: Name, body: Decision) -> Swap:
    """Take or decline a swap that you were asked for, or withdraw one that you asked for."""
    return _swap(app.decide_swap(desk, caller.actor, swap_id, body.state))


def _override(kept: KeptOverride) -> Override:
    told = {name: getattr(kept.override, name) for name in ("id", "person", "instead_of", "begins", "ends")}
    about = {name: getattr(kept, name) for name in ("schedule", "reason", "made_by", "made_at")}
    return Override(**told, **about)


def _swap(kept: KeptSwap) -> Swap:
    names = ("id", "asks", "takes", "begins", "ends", "back_begins", "back_ends")
    told = {name: getattr(kept.swap, name) for name in names}
    return Swap(schedule=kept.schedule, state=kept.state, made_at=kept.made_at, **told)


resource = Resource(id="oncall", router=router)
