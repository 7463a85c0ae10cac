"""
Updates: what stakeholders are told about how things stand.

An update is drafted from its group's template, reviewed, approved by a person who wrote none of it, and sent. Its TLP
2.0 label is held against how far the group reaches when it is drafted, approved and sent. `If-Match` has the version
that the caller thinks of.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.telling import updates as app
from tocsin.app.telling.updates import Told
from tocsin.respond.updates.text import LONGEST_TEXT, LONGEST_TITLE
from tocsin.respond.updates.update import DeliveryState, UpdateState
from tocsin.web.asking import DESK, EXPECTED, PAGE, Caller, Listing, Page, needs, tag
from tocsin.web.resource import Resource
from tocsin.web.routes.channels import file_of

router = APIRouter()

READ, WRITE = "incident:read", "channel:write"
Name = Annotated[str, Field(max_length=60)]
Label = Annotated[str, Field(max_length=20, description="red, amber+strict, amber, green or clear.")]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Reason = Annotated[str, Field(min_length=1, max_length=app.LONGEST_REASON)]


class Strict(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class Delivery(BaseModel):
    """The telling of one recipient."""

    position: int
    channel: str
    address: Annotated[str, Field(description="Empty for those who may not write to it.")]
    state: DeliveryState
    attempts: int
    may_have_gone: Annotated[bool, Field(description="Whether an attempt may have been taken without our knowing.")]
    provider_id: str
    says: Annotated[str, Field(description="What the channel said last.")]


class Attempt(BaseModel):
    """One try to tell one recipient."""

    position: int
    attempt: int
    outcome: Annotated[str, Field(description="sending, sent, delivered, busy or refused.")]
    tried_at: float
    ended_at: float | None
    says: str


class Update(BaseModel):
    """An update."""

    id: str
    incident: str
    incident_number: str
    number: int
    group: str
    title: str
    text: str
    tlp: str
    state: UpdateState
    version: int
    authors: list[str]
    approver: str
    sender: str
    note: Annotated[str, Field(description="Why it was changed back, withdrawn, or failed.")]
    created_at: float
    changed_at: float
    published_at: Annotated[float | None, Field(description="When the first recipient was told.")]


class Whole(Update):
    """An update, and what became of it."""

    deliveries: list[Delivery]
    attempts: list[Attempt]


class New(Strict):
    """What an update says."""

    group: Name
    text: Text
    tlp: Label | None = None
    next_update: Annotated[AwareDatetime | None, Field(description="When you write again.")] = None


class Edit(Strict):
    """What of a draft is new."""

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)] | None = None
    text: Text | None = None
    tlp: Label | None = None


class Why(Strict):
    """Why."""

    reason: Reason


class Send(Strict):
    """What whoever sends says of the channels."""

    channels_are_safe: Annotated[bool, Field(description="The attacker neither has nor reads them.")]


class Postponement(Strict):
    """The next update is due later."""

    group: Name
    until: AwareDatetime
    reason: Reason


@router.get("/updates")
def find(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    page: Annotated[Page, PAGE],
    incident: Annotated[str, Query(max_length=60, description="Only of this incident.")] = "",
    state: Annotated[UpdateState | None, Query(description="Only in this state.")] = None,
) -> Listing[Update]:
    """The updates of incidents that the caller may see, the newest first."""
    found = app.listing(desk, caller.actor, incident=incident, state=state or "", after=page.cursor, limit=page.fetch)
    return page.listing([_update(each) for each in found], lambda update: update.id)


@router.post("/incidents/{incident}/updates", status_code=201)
def draft(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    incident: str,
    body: New,
    response: Response,
) -> Update:
    """Write an update from the group's template."""
    told = app.draft(
        desk,
        caller.actor,
        file_of(desk),
        incident=incident,
        group=body.group,
        text=body.text,
        label=body.tlp or "",
        next_update=None if body.next_update is None else body.next_update.timestamp(),
    )
    return _tagged(response, told)


@router.post("/incidents/{incident}/update-postponements", status_code=204)
def postpone(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: str, body: Postponement
) -> None:
    """Say that the next update to a group is due later, and why."""
    until = body.until.timestamp()
    app.postpone(desk, caller.actor, incident=incident, group=body.group, until=until, reason=body.reason)


@router.get("/updates/{update}")
def show(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], update: str, response: Response) -> Whole:
    """One update, who was told, and who could not be."""
    told = app.show(desk, caller.actor, update)
    tag(response, told.update.version)
    return _whole(told, may_write=caller.may(WRITE))


@router.patch("/updates/{update}")
def edit(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    body: Edit,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Write a draft anew: whoever does is one of its authors."""
    new = {"title": body.title, "text": body.text, "label": body.tlp}
    return _tagged(response, app.edit(desk, caller.actor, update, expected=expected, **new))


@router.post("/updates/{update}/submit")
def submit(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Have a draft reviewed."""
    return _tagged(response, app.submit(desk, caller.actor, update, expected=expected))


@router.post("/updates/{update}/approve")
def approve(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Approve it: for a person who wrote none of it."""
    return _tagged(response, app.approve(desk, caller.actor, file_of(desk), update, expected=expected))


@router.post("/updates/{update}/change")
def change(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    body: Why,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Send it back to be written anew, with a reason."""
    told = app.ask_changes(desk, caller.actor, update, reason=body.reason, expected=expected)
    return _tagged(response, told)


@router.post("/updates/{update}/withdraw")
def withdraw(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    body: Why,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Never send it, with a reason."""
    told = app.withdraw(desk, caller.actor, update, reason=body.reason, expected=expected)
    return _tagged(response, told)


@router.post("/updates/{update}/send", status_code=202)
def send(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    update: str,
    body: Send,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Update:
    """Have everybody in the group told. Who was told already is not told again."""
    safe = body.channels_are_safe
    told = app.send(desk, caller.actor, file_of(desk), update, channels_are_safe=safe, expected=expected)
    return _tagged(response, told)


def _tagged(response: Response, told: Told) -> Update:
    tag(response, told.update.version)
    return _update(told)


def _update(told: Told) -> Update:
    return Update.model_validate(_fields(told))


def _fields(told: Told) -> dict[str, object]:
    update = told.update
    named = {name: getattr(update, name) for name in Update.model_fields if name not in {"incident_number", "authors"}}
    return {**named, "incident_number": told.incident.number, "authors": list(update.authors)}


def _whole(told: Told, *, may_write: bool) -> Whole:
    deliveries = [
        Delivery(
            position=each.position,
            channel=each.channel,
            address=each.address if may_write else "",
            state=each.state,
            attempts=each.attempts,
            may_have_gone=each.may_have_gone,
            provider_id=each.provider_id,
            says=each.detail if may_write else "",
        )
        for each in told.deliveries
    ]
    attempts = [
        Attempt(
            position=each.position,
            attempt=each.attempt,
            outcome=each.outcome,
            tried_at=each.tried_at,
            ended_at=each.ended_at,
            says=each.detail if may_write else "",
        )
        for each in told.attempts
    ]
    return Whole.model_validate({**_fields(told), "deliveries": deliveries, "attempts": attempts})


resource = Resource(id="updates", router=router)
