"""
Clocks: what must have happened by when, and the duties to report.

Clocks are listed by time left. A clock stands only while somebody else is waited for, and where its rule allows it;
duties to regulators never do. What starts a duty is declared by a person, with when and why; so is a submission, and
that there is nothing to report. None of it is legal advice.
"""

import math
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.app.clocks import clocks as app
from tocsin.app.desk import Desk
from tocsin.edge.store.clocks import Shown
from tocsin.model.errors import Unacceptable
from tocsin.model.priority import Priority
from tocsin.respond.clocks import words
from tocsin.respond.clocks.acts import LONGEST_REASON
from tocsin.respond.clocks.clock import Clock as Known
from tocsin.respond.clocks.clock import State
from tocsin.respond.clocks.definition import ClockDefinition
from tocsin.respond.obligation import NOT_LEGAL_ADVICE, PACK
from tocsin.web.asking import DESK, PAGE, Caller, Listing, Page, needs
from tocsin.web.resource import Resource

router = APIRouter()

READ, WRITE = "clock:read", "clock:write"
Name = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, description="It stands in the journal.")]
Seconds = Annotated[float | None, Field(description="Seconds since 1970.")]


class Strict(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class Clock(BaseModel):
    """A clock of an incident."""

    id: str
    incident: str
    number: str
    exercise: Annotated[str, Field(description="Empty for the real thing.")]
    definition: str
    says: Annotated[str, Field(description="What must have happened when it is due.")]
    state: State
    is_open: bool
    priority: Priority | None
    started_at: float
    due_at: Annotated[float | None, Field(description="From then on it is late; null: without undue delay.")]
    seconds_left: Annotated[float | None, Field(description="Below zero where it is late; null where it is over.")]
    says_left: str
    warn_at: Seconds
    warned_at: Seconds
    paused_at: Seconds
    paused_seconds: float
    met_at: Seconds
    breached_at: Seconds
    noticed_at: Seconds
    ended_at: Seconds
    waived_by: str
    superseded_by: str
    reason: str


class Rule(BaseModel):
    """A clock that there may be."""

    id: str
    runs: Annotated[bool, Field(description="Whether it runs here.")]
    says: str
    how_long: str
    counts_from: str
    recipient: str
    obligation: Annotated[str, Field(description="The regime whose duty it is; empty for one of your own.")]
    citation: str
    verification: str
    is_in_force: bool
    reviewed_on: date | None
    is_review_due: Annotated[bool, Field(description="Whether to hold it against its source again.")]
    note: str


class Rules(BaseModel):
    """Every clock there is."""

    version: date
    notice: str
    items: list[Rule]


class Standing(BaseModel):
    """How the clocks of an incident stand."""

    incident: str
    number: str
    exercise: str
    clocks: list[Clock]
    undecided: Annotated[list[Rule], Field(description="Duties of which nothing has been said yet.")]
    notice: Annotated[str, Field(description="To be shown where there are duties to others; else empty.")]


class Pause(Strict):
    """Why a clock stands."""

    waiting: Literal["external_party", "law_enforcement", "customer"]
    reason: Reason


class Waiver(Strict):
    """Why a clock does not count."""

    reason: Reason


class Trigger(Strict):
    """What the time of a duty counts from."""

    trigger: Annotated[str, Field(max_length=60, description="Such as aware, classified, determined, discovered.")]
    at: Annotated[AwareDatetime | None, Field(description="When it was so; null for now.")] = None
    why: Reason


class Submission(Strict):
    """That a duty was done."""

    rule: Annotated[str, Field(max_length=60, description="Such as gdpr-33.")]
    at: Annotated[AwareDatetime | None, Field(description="When it was done; null for now.")] = None
    what: Reason
    evidence: Annotated[str, Field(max_length=100, description="What was sent, as the id of kept evidence.")] = ""


class NotReportable(Strict):
    """That there is nothing to report."""

    rule: Annotated[str, Field(max_length=60, description="Such as gdpr-33, or a whole regime such as gdpr.")]
    why: Reason


@router.get("/clocks")
def find(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    page: Annotated[Page, PAGE],
    incident: Annotated[str, Query(max_length=200, description="Of this incident only.")] = "",
    with_over: Annotated[bool, Query(description="With those that are over.")] = False,
) -> Listing[Clock]:
    """Clocks, those with the least time left first."""
    found = app.open_clocks(
        desk, caller.actor, incident=incident, is_open=not with_over, after=_place(page.cursor), limit=page.fetch
    )
    now = desk.clock()
    return page.listing([_clock(each, now) for each in found], lambda one: f"{_due(one)!r} {one.id}")


@router.get("/clocks/rules")
def rules(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(READ)]) -> Rules:
    """Every clock there is: how long, from when, who is told, and how well it is verified."""
    items = [_rule(each, desk.clock(), runs=runs) for each, runs in app.rules(desk)]
    return Rules(version=PACK, notice=NOT_LEGAL_ADVICE, items=items)


@router.get("/clocks/{clock}")
def one(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], clock: Name) -> Clock:
    """One clock."""
    return _clock(app.clock_of(desk, caller.actor, clock), desk.clock())


@router.post("/clocks/{clock}/pause")
def pause(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], clock: Name, body: Pause) -> Clock:
    """Let a clock stand while somebody else is waited for; refused (409) where its rule does not allow it."""
    app.pause(desk, caller.actor, clock, waiting=body.waiting, reason=body.reason)
    return one(desk, caller, clock)


@router.post("/clocks/{clock}/resume")
def resume(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], clock: Name) -> Clock:
    """Let a clock go on, due later by as long as it stood."""
    app.resume(desk, caller.actor, clock)
    return one(desk, caller, clock)


@router.post("/clocks/{clock}/waive")
def waive(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], clock: Name, body: Waiver) -> Clock:
    """Say that a clock does not count. Reports show that apart from met."""
    app.waive(desk, caller.actor, clock, reason=body.reason)
    return one(desk, caller, clock)


@router.get("/incidents/{incident}/clocks")
def standing(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], incident: Name) -> Standing:
    """Every clock of an incident, and the duties that nobody has decided on yet."""
    return _standing(desk, app.standing(desk, caller.actor, incident))


@router.post("/incidents/{incident}/triggers", status_code=201)
def trigger(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: Name, body: Trigger
) -> Standing:
    """Declare what the time of a duty counts from: a decision of a person."""
    at = _moment(desk, body.at)
    found = app.declare_trigger(desk, caller.actor, incident, body.trigger, at=at, why=body.why)
    return _standing(desk, found)


@router.post("/incidents/{incident}/submissions", status_code=201)
def submit(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: Name, body: Submission
) -> Standing:
    """Record that a duty was done."""
    at = _moment(desk, body.at)
    found = app.record_submission(desk, caller.actor, incident, body.rule, at=at, why=body.what, evidence=body.evidence)
    return _standing(desk, found)


@router.post("/incidents/{incident}/not-reportable", status_code=201)
def not_reportable(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: Name, body: NotReportable
) -> Standing:
    """Record that there is nothing to report under a rule, and why."""
    return _standing(desk, app.not_reportable(desk, caller.actor, incident, body.rule, why=body.why))


def _moment(desk: Desk, at: AwareDatetime | None) -> float:
    return desk.clock() if at is None else at.timestamp()


def _due(clock: Clock) -> float:
    return math.inf if clock.due_at is None else clock.due_at


def _place(cursor: str) -> tuple[float, str] | None:
    """The moment and the id behind which to go on. Raises `Unacceptable`."""
    if not cursor:
        return None
    due, _, clock = cursor.partition(" ")
    try:
        moment = float(due)
    except ValueError:
        moment = math.nan
    if math.isnan(moment) or not clock.isprintable():
        raise Unacceptable("cursor: none of this listing; begin without one")
    return moment, clock


def _clock(found: Shown, now: float) -> Clock:
    known: Known = found.clock
    own = {name: getattr(known, name) for name in Known.__struct_fields__}
    left = None if known.due_at is None or not known.is_open else known.due_at - now
    return Clock(
        **own,
        number=found.number,
        exercise=found.exercise,
        is_open=known.is_open,
        seconds_left=left,
        says_left=words.left(known, now),
    )


def _standing(desk: Desk, stands: app.Standing) -> Standing:
    now = desk.clock()
    clocks = [Shown(clock=each, number=stands.number, exercise=stands.exercise) for each in stands.clocks]
    return Standing(
        incident=stands.incident,
        number=stands.number,
        exercise=stands.exercise,
        clocks=[_clock(each, now) for each in clocks],
        undecided=[_rule(each, now, runs=True) for each in stands.undecided],
        notice=NOT_LEGAL_ADVICE if stands.has_duties else "",
    )


def _rule(clock: ClockDefinition, now: float, *, runs: bool) -> Rule:
    known, today = app.regime(clock), datetime.fromtimestamp(now, UTC).date()
    return Rule(
        id=clock.id,
        runs=runs,
        says=clock.says,
        how_long=words.target(clock.target),
        counts_from=words.starts(clock),
        recipient=clock.recipient,
        obligation=clock.obligation,
        citation=known.citation if known else "",
        verification=known.verification.value if known else "",
        is_in_force=known.is_in_force if known else True,
        reviewed_on=known.reviewed_on if known else None,
        is_review_due=known is not None and known.is_review_due(today),
        note=clock.note,
    )


resource = Resource(id="clocks", router=router)
