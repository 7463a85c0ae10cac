"""
Answering pages: by the link in a message, or by name.

Looking a link up changes nothing, for mail scanners open every link; only answering does, once.
"""

from dataclasses import dataclass, replace

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.edge.store import incidents, on_call, pages
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.on_call import Connection
from tocsin.edge.store.pages import Wanted
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import EstateError, NotAllowed, NotFound, WrongState
from tocsin.respond.channels.tlp import over_clearance
from tocsin.respond.incident import events, steps
from tocsin.respond.incident.incident import Incident
from tocsin.respond.paging import links
from tocsin.respond.paging.page import Attempt, Page, PageState
from tocsin.respond.paging.wording import BARE, PUBLIC

LINK = "link"
TEST = "test:"
"""How the page of a ticket begins that stands for a test of a contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a link is about, as far as whoever holds it may see."""

    title: str
    text: str
    person: str
    number: str = ""
    """Of the incident; empty for a test."""
    priority: str = ""
    is_over: bool = False
    """Whether there is nothing to answer any more."""
    says: str = ""
    """Why not, in words."""


def look_up(desk: Desk, token: str) -> Asked:
    """What a link is about. Raises `NotFound`, `WrongState` for one that is too old, and `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        ticket, used_at = _ticket(desk, connection, token)
        if ticket.page.startswith(TEST):
            return Asked(
                title="Test of a contact", text="Nothing has happened.", person="", is_over=used_at is not None
            )
        page = pages.load(connection, ticket.page)
        incident = incidents.load(connection, page.incident)
    return _asked(page, incident, used_at, _clearance(desk, page.person))


def answer_link(desk: Desk, token: str) -> Asked:
    """
    Acknowledge by the link of a page. Done once; again it says so.

    Raises `NotFound`, `WrongState` for one that is too old or was used, and `StoreError`.
    """
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        ticket, used_at = _ticket(desk, connection, token)
        if used_at is not None:
            raise WrongState("this link was used already: it is answered")
        pages.use_token(connection, links.digest(token), now)
        if ticket.page.startswith(TEST):
            person = on_call.answer_test(connection, ticket.page.removeprefix(TEST), now)
            return Asked(title="Test of a contact", text="It works.", person=person, is_over=True)
        page = pages.load(connection, ticket.page)
        incident = _answer(connection, page, Actor(ActorKind.USER, page.person), LINK, now)
    desk.ring()
    return _asked(page, incident, now, _clearance(desk, page.person))


def answer_page(desk: Desk, actor: Actor, page: str, via: str) -> Page:
    """
    Acknowledge a page by its id: the person it was sent to, or somebody else for himself.

    Raises `NotFound`, `NotAllowed` for a program, `WrongState` where the incident is over, and `StoreError`.
    """
    if not actor.is_person:
        raise NotAllowed("only a person acknowledges: a program cannot say that somebody has it")
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        found = pages.load(connection, page)
        if not _may_see(connection, actor, found):
            raise NotFound(f"there is no page {page[:50]!r}; `tocsin pages list` has them")
        _answer(connection, found, actor, via, now)
    desk.ring()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, and every try to send it."""

    page: Page
    attempts: tuple[Attempt, ...]


def page_of(desk: Desk, actor: Actor, page: str) -> Shown:
    """One page. Raises `NotFound` and `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        found = pages.load(connection, page)
        if not _may_see(connection, actor, found):
            raise NotFound(f"there is no page {page[:50]!r}; `tocsin pages list` has them")
    return Shown(page=found, attempts=pages.attempts(desk.store.engine, page))


def pages_of(desk: Desk, actor: Actor, wanted: Wanted, *, limit: int, before: str = "") -> tuple[Page, ...]:
    """
    The pages that `actor` may know of, the newest first; `before` is the id of the last one seen.

    Raises `NotFound` for an incident that is not there for him, and `StoreError`.
    """
    with named_errors(), desk.store.engine.begin() as connection:
        incident = incidents.look_up(connection, wanted.incident, actor).id if wanted.incident else ""
        known: dict[str, bool] = {}
        seen: list[Page] = []
        while len(seen) < limit:
            some = pages.find(connection, replace(wanted, incident=incident), limit=limit, before=before)
            for page in some:
                if not _is_for(page, actor) and page.incident not in known:
                    known[page.incident] = _may_see(connection, actor, page)
            seen += [page for page in some if _is_for(page, actor) or known[page.incident]]
            if len(some) < limit:
                break
            before = some[-1].id
    return tuple(seen[:limit])


def _is_for(page: Page, actor: Actor) -> bool:
    """Whether it was sent to this person. A program may be called like him."""
    return actor.is_person and page.person == actor.id


def _may_see(connection: Connection, actor: Actor, page: Page) -> bool:
    """Whoever is told of an incident may answer; others must be able to see it."""
    try:
        return _is_for(page, actor) or bool(incidents.look_up(connection, page.incident, actor))
    except NotFound:
        return False


def _answer(connection: Connection, page: Page, actor: Actor, via: str, now: float) -> Incident:
    """The pager reads it in the journal, and stops."""
    incident = incidents.load(connection, page.incident)
    said: list[events.Event] = [*steps.acknowledge(incident, actor, via, page.id)]
    if _is_for(page, actor) and page.state.is_open:
        pages.end(connection, page, PageState.ANSWERED, now)
        said.append(events.PageAnswered(page=page.id, person=page.person, answer="acknowledged", channel=via))
    return incidents.record(connection, page.incident, said, actor=actor, occurred_at=now, now=now)


def _ticket(desk: Desk, connection: Connection, token: str) -> tuple[links.Ticket, float | None]:
    key = on_call.link_key(connection)
    if key is None:
        raise NotFound("this link is none of ours: no page was ever sent from here")
    return links.ticket(token, key, desk.clock()), pages.token_use(connection, links.digest(token))


def _clearance(desk: Desk, person: str) -> str:
    """The most confidential that may be told to a person; of whom nothing is known, nothing."""
    try:
        known = estate_now(desk).people.get(person)
    except EstateError:
        return PUBLIC
    return known.clearance if known else PUBLIC


def _asked(page: Page, incident: Incident, used_at: float | None, clearance: str) -> Asked:
    has_it = incident.acknowledged_by
    says = f"{incident.number} is {incident.status}." if not incident.is_open else f"{has_it} has it." if has_it else ""
    is_secret = incident.is_restricted or bool(over_clearance(incident.tlp, clearance))
    return Asked(
        title=incident.codename or incident.number if is_secret else incident.title,
        text=BARE if is_secret else incident.summary,
        person=page.person,
        number=incident.number,
        priority=incident.priority,
        is_over=used_at is not None or not incident.is_open,
        says=says,
    )
