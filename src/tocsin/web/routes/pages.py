"""
Pages: whom tocsin told, every attempt of it, and answering.

A page is acknowledged by its id, in the name of whoever asks; or by the link in it, which needs no login: opening the
link shows what it is about, and only its button answers, in the name of the person it was sent to, once.
"""

import base64
import hashlib
from html import escape
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from tocsin.app.desk import Desk
from tocsin.app.paging import answering as app
from tocsin.app.paging.answering import Asked
from tocsin.edge.store.pages import Wanted
from tocsin.model.errors import NotFound, RequestRefused
from tocsin.respond.paging import page as paging
from tocsin.respond.paging.links import LONGEST_TOKEN
from tocsin.web.asking import DESK, OPEN, PAGE, Caller, Listing, needs
from tocsin.web.asking import Page as Part
from tocsin.web.resource import Resource

router = APIRouter()

READ, WRITE = "page:read", "page:write"
Id = Annotated[str, InPath(max_length=60)]
Token = Annotated[str, InPath(max_length=LONGEST_TOKEN)]
Text = Annotated[str, Query(max_length=60)]
STYLE = (
    "body{font:1.2rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}"
    "button{font:inherit;font-weight:bold;padding:1rem 2rem;width:100%}"
)
_ALLOWED = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_ALLOWED}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
"""A browser says where a form was sent from only where the page lets it say so to its own site."""


class Page(BaseModel):
    """One person told about one incident."""

    id: str
    key: Annotated[str, Field(description="Incident, policy, step, round and person: no two pages have the same.")]
    incident: str
    person: str
    policy: str
    step: Annotated[int, Field(description="Of the policy, from 0.")]
    round: int
    priority: str
    reason: str
    state: paging.PageState
    created_at: float
    sent_at: float | None
    ended_at: float | None


class Attempt(BaseModel):
    """One try to send it."""

    channel: str
    address: Annotated[str, Field(description="Only as much of it as recognises it.")]
    tried_at: float
    ended_at: float | None
    outcome: paging.Outcome
    detail: str
    provider_id: str
    may_be_repeat: bool


class PageWithAttempts(Page):
    """One page, and every try to send it."""

    attempts: list[Attempt]


@router.get("/pages")
def find(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    part: Annotated[Part, PAGE],
    incident: Text = "",
    person: Text = "",
    is_open: Annotated[bool, Query(alias="open", description="Only those that an answer is awaited of.")] = False,
) -> Listing[Page]:
    """Pages, the newest first."""
    wanted = Wanted(incident=incident, person=person, is_open=is_open)
    found = app.pages_of(desk, caller.actor, wanted, limit=part.fetch, before=part.cursor)
    return part.listing([_shown(each) for each in found], lambda each: each.id)


@router.get("/pages/{page}")
def show(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], page: Id) -> PageWithAttempts:
    """One page with every attempt."""
    found = app.page_of(desk, caller.actor, page)
    attempts = [Attempt.model_validate(each, from_attributes=True) for each in found.attempts]
    return PageWithAttempts(**_shown(found.page).model_dump(), attempts=attempts)


@router.post("/pages/{page}/acknowledgement", status_code=HTTPStatus.CREATED)
def acknowledge(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], page: Id) -> Page:
    """Acknowledge the incident of a page. Only a person can."""
    return _shown(app.answer_page(desk, caller.actor, page, "api"))


@router.get("/ack/{token}", response_class=HTMLResponse)
def look(desk: Annotated[Desk, DESK], _nobody: Annotated[Caller | None, OPEN], token: Token) -> HTMLResponse:
    """What the link of a page is about, and a button. Changes nothing."""
    try:
        asked = app.look_up(desk, token)
    except RequestRefused as refusal:
        return _refused(refusal)
    return _document(asked.title, _about(asked) + ("" if asked.is_over else _BUTTON))


@router.post("/ack/{token}", response_class=HTMLResponse)
def answer(desk: Annotated[Desk, DESK], _nobody: Annotated[Caller | None, OPEN], token: Token) -> HTMLResponse:
    """Acknowledge by the link of a page."""
    try:
        asked = app.answer_link(desk, token)
    except RequestRefused as refusal:
        return _refused(refusal)
    if not asked.number:
        return _document("Answered", "<p>Thank you: you can be reached here.</p>")
    has_it = f"<p><strong>{escape(asked.person)} has it.</strong></p>"
    return _document("Acknowledged", f"{has_it}<p>Now only those are paged who must each answer.</p>")


_BUTTON = '<form method="post"><button type="submit">I have it</button></form>'


def _about(asked: Asked) -> str:
    line = " ".join(part for part in (asked.priority, asked.number) if part)
    over = "This is answered." if asked.is_over and not asked.says else asked.says
    return "".join(f"<p>{escape(part)}</p>" for part in (line, asked.text, over) if part)


def _refused(refusal: RequestRefused) -> HTMLResponse:
    status = HTTPStatus.NOT_FOUND if isinstance(refusal, NotFound) else HTTPStatus.CONFLICT
    return _document("Not acknowledged", f"<p>{escape(str(refusal))}</p>", status)


def _document(title: str, body: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """A page that needs nothing else: it is opened on a telephone at night."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
    shown = f"<title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    return HTMLResponse(f'<!doctype html><html lang="en"><head>{head}{shown}', status, HEADERS)


def _shown(page: paging.Page) -> Page:
    return Page.model_validate(page, from_attributes=True)


resource = Resource(id="pages", router=router)
