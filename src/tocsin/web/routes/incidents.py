"""
The incidents: declared, led, worked, closed; with their timeline, their journal and their funds.

`{incident}` is an id, a number such as INC-2026-0042 or 42, or the beginning of an id. Every answer about one incident
has an ETag, the number of entries of its journal; with `If-Match` a change is refused (412) when somebody changed it
meanwhile. A restricted incident is not there (404) for whoever is not named in it.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from tocsin.app.desk import Desk
from tocsin.app.incidents import incidents as app
from tocsin.edge.store.incident_rows import IncidentRow, Wanted
from tocsin.model.priority import Priority
from tocsin.respond.incident.ledger import funds
from tocsin.respond.incident.ledger_json import funds_json
from tocsin.respond.incident.next_steps import next_steps
from tocsin.respond.reports.material import Material
from tocsin.respond.reports.story import story
from tocsin.web.asking import DESK, PAGE, Listing, Page
from tocsin.web.resource import Resource
from tocsin.web.routes import _incident_bodies as body
from tocsin.web.routes._incident_here import Here, IncidentShape, Name, Place, Reader, Writer

router = APIRouter(prefix="/incidents")
Words = Annotated[list[Name] | None, Query(max_length=20)]


class TimelineEntry(BaseModel):
    """Something that happened."""

    at: Annotated[float, Field(description="Seconds since 1970.")]
    who: str
    text: str
    kind: str
    is_pinned: bool


class JournalEntry(BaseModel):
    """An entry as it stands, and its digest."""

    sequence: int
    kind: str
    actor: str
    occurred_at: float
    recorded_at: float
    data: dict[str, Any]
    previous: Annotated[str, Field(description="The digest of the entry before it.")]
    digest: str


class Figure(BaseModel):
    """An amount, and all that it rests on."""

    amount: Annotated[str, Field(description="Smallest units, a decimal string.")]
    usd_cents: Annotated[str | None, Field(description="Whole cents, a decimal string; null without a price.")]
    transactions: list[str]
    postings: list[str]


class Holding(BaseModel):
    """What the ledger says of one token."""

    chain_id: int
    token: str
    symbol: Annotated[str, Field(description="As the token calls itself: untrusted.")]
    decimals: int
    accounts: dict[str, str]
    figures: dict[str, Figure]
    price_source: str
    priced_at: float | None


class Funds(BaseModel):
    """What the ledger says, as of a time."""

    holdings: list[Holding]
    usd_cents: dict[str, str]
    without_price: Annotated[list[str], Field(description="Tokens that are in no sum of dollars.")]


class Step(BaseModel):
    """What is to be done next, and the command for it."""

    says: str
    command: str


def _wanted(  # noqa: PLR0913, PLR0917 - the filters of a list, each a parameter of the query
    is_open: Annotated[bool | None, Query(description="Only those that are open, or are not.")] = None,
    status: Words = None,
    priority: Annotated[list[Priority] | None, Query(max_length=4)] = None,
    type: Words = None,  # noqa: A002 - the incident's own word
    commander: Annotated[str | None, Query(max_length=60, description="Whose; empty for nobody's.")] = None,
    asset: Annotated[str, Query(max_length=60)] = "",
    words: Annotated[str, Query(max_length=200, description="Each must be in number, title, type or names.")] = "",
    exercise: Annotated[str, Query(max_length=200, description="Of which; empty for the real thing.")] = "",
    with_merged: bool = False,
) -> Wanted:
    return Wanted(
        is_open=is_open,
        statuses=tuple(status or ()),
        priorities=tuple(priority or ()),
        types=tuple(type or ()),
        commander=commander,
        asset=asset,
        words=words,
        exercise=exercise,
        with_merged=with_merged,
    )


@router.get("")
def find(
    desk: Annotated[Desk, DESK],
    caller: Reader,
    page: Annotated[Page, PAGE],
    wanted: Annotated[Wanted, Depends(_wanted)],
    worst_first: Annotated[bool, Query(description="By priority, else the newest first.")] = False,
) -> Listing[IncidentRow]:
    """The incidents that the caller may see."""
    rows, following = app.listing(
        desk, caller.actor, wanted, limit=page.limit, after=page.cursor, worst_first=worst_first
    )
    return page.part(rows, following or None)


@router.post("", status_code=201, response_model=IncidentShape)
def declare(desk: Annotated[Desk, DESK], caller: Writer, new: body.New, response: Response) -> Any:
    """Declare an incident; the table classifies it."""
    state = app.declare(desk, caller.actor, app.Declaration(**{**new.model_dump(), "assets": tuple(new.assets)}))
    return Place(desk, state.id, None, response).told(state)


@router.get("/{incident}", response_model=IncidentShape)
def show(caller: Reader, one: Here) -> Any:
    """An incident as it stands."""
    return one.told(app.show(one.desk, caller.actor, one.incident))


@router.patch("/{incident}", response_model=IncidentShape)
def describe(caller: Writer, one: Here, told: body.Description) -> Any:
    """Write title, summary or confidentiality anew."""
    state = app.describe(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected)
    return one.told(state)


@router.get("/{incident}/next")
def following(caller: Reader, one: Here) -> list[Step]:
    """What is to be done next, the most urgent first."""
    state = app.show(one.desk, caller.actor, one.incident)
    return [Step(says=step.says, command=step.do) for step in next_steps(state)]


@router.get("/{incident}/timeline")
def timeline(caller: Reader, one: Here) -> list[TimelineEntry]:
    """What happened, in the order in which it happened."""
    state, entries = app.entries(one.desk, caller.actor, one.incident)
    material = Material(
        incident=state, entries=entries, evidence=(), made_at=one.desk.clock(), made_by=str(caller.actor)
    )
    return [
        TimelineEntry(at=told.at, who=told.who, text=told.text, kind=told.kind, is_pinned=told.is_pinned)
        for told in story(material)
    ]


@router.get("/{incident}/journal")
def journal(caller: Reader, one: Here, page: Annotated[Page, PAGE]) -> Listing[JournalEntry]:
    """Its entries, oldest first."""
    _, entries = app.entries(one.desk, caller.actor, one.incident, after=page.number() or 0)
    shown = [
        JournalEntry(
            sequence=entry.sequence,
            kind=entry.kind,
            actor=str(entry.actor),
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            data=dict(entry.data),
            previous=entry.previous,
            digest=entry.digest,
        )
        for entry in entries[: page.fetch]
    ]
    return page.listing(shown, lambda told: str(told.sequence))


@router.get("/{incident}/funds")
def ledger(
    caller: Reader,
    one: Here,
    as_of: Annotated[body.Time | None, Query(description="How they stood then.")] = None,
) -> Funds:
    """Where the funds are; every figure names its transactions."""
    state = app.show(one.desk, caller.actor, one.incident)
    return Funds.model_validate(funds_json(funds(state.postings.values(), as_of)))


@router.post("/{incident}/acknowledgements", status_code=201, response_model=IncidentShape)
def acknowledge(caller: Writer, one: Here) -> Any:
    """The caller has it, and leads it if nobody does yet. Only people acknowledge."""
    return one.told(app.acknowledge(one.desk, caller.actor, one.incident, via="api", expected=one.expected))


@router.put("/{incident}/roles/{role}", response_model=IncidentShape)
def assign(caller: Writer, one: Here, role: Name, told: body.Role) -> Any:
    """Give a person a role; whoever had it is released."""
    state = app.assign(one.desk, caller.actor, one.incident, role=role, person=told.person, expected=one.expected)
    return one.told(state)


@router.post("/{incident}/roles/{role}/release", response_model=IncidentShape)
def release(caller: Writer, one: Here, role: Name, told: body.Because) -> Any:
    """Nobody has a role any more."""
    state = app.release(one.desk, caller.actor, one.incident, role=role, reason=told.reason, expected=one.expected)
    return one.told(state)


@router.post("/{incident}/classification", response_model=IncidentShape)
def override(caller: Writer, one: Here, told: body.Override) -> Any:
    """Say what it is and how bad, against the table; only the commander lowers it (403)."""
    return one.told(app.override(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/status", response_model=IncidentShape)
def change_status(caller: Writer, one: Here, told: body.Status) -> Any:
    """Another status; refused (409) with what is still missing."""
    return one.told(app.change_status(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/phase", response_model=IncidentShape)
def change_phase(caller: Writer, one: Here, told: body.Phase) -> Any:
    """Another phase, through all that lie between."""
    return one.told(app.change_phase(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/verdict", response_model=IncidentShape)
def give_verdict(caller: Writer, one: Here, told: body.Verdict) -> Any:
    """What it turned out to be."""
    return one.told(app.give_verdict(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/corrections", response_model=IncidentShape)
def correct(caller: Writer, one: Here, told: body.Correction) -> Any:
    """Put one of its times right; what was told before stays in the journal."""
    return one.told(app.correct(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/close", response_model=IncidentShape)
def close(caller: Writer, one: Here, told: body.Because) -> Any:
    """It is over; refused (409) with what is still missing."""
    return one.told(app.close(one.desk, caller.actor, one.incident, reason=told.reason, expected=one.expected))


@router.post("/{incident}/reopen", response_model=IncidentShape)
def reopen(caller: Writer, one: Here, told: body.Reopening) -> Any:
    """It is not over after all."""
    return one.told(app.reopen(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


resource = Resource(id="incidents", router=router)
