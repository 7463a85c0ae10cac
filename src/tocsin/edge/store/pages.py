"""Pages, as rows: written, listed, ended. `page_sending` has how they go out."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.paging import acknowledge_tokens, page_attempts, page_ways, pages
from tocsin.model.errors import NotFound
from tocsin.model.priority import Priority
from tocsin.respond.message import MessageKind
from tocsin.respond.paging.page import Attempt, Outcome, Page, PageState, WayState
from tocsin.respond.people import Contact

_OPEN = [state.value for state in PageState if state.is_open]
MOST_LISTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pages are asked for; what is empty leaves none out."""

    incident: str = ""
    person: str = ""
    is_open: bool = False


def add(connection: sa.Connection, page: Page, contacts: Iterable[Contact]) -> bool:
    """Keep a page and the ways it may go; False, and nothing is done, where there is one of its key already."""
    if connection.scalar(sa.select(pages.c.id).where(pages.c.key == page.key)) is not None:
        return False
    connection.execute(sa.insert(pages).values(_row(page)))
    ways = [_way(page, position, contact) for position, contact in enumerate(contacts)]
    if ways:
        connection.execute(sa.insert(page_ways), ways)
    return True


def add_token(connection: sa.Connection, digest: str, page: str, expires_at: float) -> None:
    """Keep the digest of the link of a page."""
    connection.execute(sa.insert(acknowledge_tokens).values(digest=digest, page=page, expires_at=expires_at))


def token_use(connection: sa.Connection, digest: str) -> float | None:
    """When a link was used; None where it was not. Raises `NotFound` for one that was never given out."""
    used = acknowledge_tokens.c.used_at
    query = sa.select(used).where(acknowledge_tokens.c.digest == digest).with_for_update()
    if (row := connection.execute(query).one_or_none()) is None:
        raise NotFound("this link is none of ours; open it from the message again")
    found: float | None = row.used_at
    return found


def use_token(connection: sa.Connection, digest: str, now: float) -> None:
    """The link was used: it is good no more."""
    connection.execute(sa.update(acknowledge_tokens).where(acknowledge_tokens.c.digest == digest).values(used_at=now))


def load(connection: sa.Connection, page: str) -> Page:
    """One page. Raises `NotFound`."""
    row = connection.execute(sa.select(pages).where(pages.c.id == page)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no page {page[:50]!r}; `tocsin pages list` has them")
    return _page(row)


def open_of(connection: sa.Connection, incident: str) -> tuple[Page, ...]:
    """The pages of an incident that an answer is awaited of."""
    return _found(connection, sa.and_(pages.c.incident == incident, pages.c.state.in_(_OPEN)), None)


def of_step(connection: sa.Connection, page: Page) -> tuple[Page, ...]:
    """The pages that went out together with this one."""
    same = [pages.c[name] == getattr(page, name) for name in ("incident", "policy", "step", "round")]
    return _found(connection, sa.and_(*same), None)


def next_round(connection: sa.Connection, incident: str, policy: str) -> int:
    """The first round of which there is no page."""
    mine = (pages.c.incident == incident, pages.c.policy == policy)
    last = connection.scalar(sa.select(sa.func.max(pages.c.round)).where(*mine))
    return 0 if last is None else last + 1


def end(connection: sa.Connection, page: Page, state: PageState, now: float) -> None:
    """Nothing of it is sent any more, but notes that follow it."""
    connection.execute(sa.update(pages).where(pages.c.id == page.id).values(state=state.value, ended_at=now))
    mine = (page_ways.c.page == page.id, page_ways.c.kind == MessageKind.PAGE.value)
    waiting = (*mine, page_ways.c.state == WayState.PENDING.value)
    connection.execute(sa.update(page_ways).where(*waiting).values(state=WayState.SUPERSEDED.value))


def find(connection: sa.Connection, wanted: Wanted, *, limit: int = MOST_LISTED, before: str = "") -> tuple[Page, ...]:
    """Pages, the newest first; `before` is the id of the last one seen."""
    asked: list[sa.ColumnElement[bool]] = [sa.true()]
    asked += [pages.c.incident == wanted.incident] if wanted.incident else []
    asked += [pages.c.person == wanted.person] if wanted.person else []
    asked += [pages.c.state.in_(_OPEN)] if wanted.is_open else []
    asked += [pages.c.id < before] if before else []
    return _found(connection, sa.and_(*asked), limit)


def attempts(engine: sa.Engine, page: str) -> tuple[Attempt, ...]:
    """Every try to send a page, in order. Raises `StoreError`."""
    query = sa.select(page_attempts).where(page_attempts.c.page == page).order_by(page_attempts.c.sequence)
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(Attempt(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows)


def _found(connection: sa.Connection, where: "sa.ColumnElement[bool]", limit: int | None) -> tuple[Page, ...]:
    rows = connection.execute(sa.select(pages).where(where).order_by(pages.c.id.desc()).limit(limit)).mappings()
    return tuple(map(_page, rows))


def _page(row: "sa.RowMapping") -> Page:
    told = {name: value for name, value in row.items() if name != "key"}
    return Page(**{**told, "priority": Priority(row["priority"]), "state": PageState(row["state"])})


def _row(page: Page) -> dict[str, object]:
    names = ("id", "key", "incident", "person", "policy", "step", "round", "reason", "created_at")
    return {**{name: getattr(page, name) for name in names}, "priority": page.priority.value, "state": page.state.value}


def _way(page: Page, position: int, contact: Contact) -> dict[str, object]:
    return {
        "page": page.id,
        "position": position,
        "kind": MessageKind.PAGE.value,
        "channel": contact.channel,
        "address": contact.address,
        "due_at": page.created_at + contact.after_seconds,
        "state": WayState.PENDING.value,
        "attempts": 0,
        "may_have_gone": False,
    }
