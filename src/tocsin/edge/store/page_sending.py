"""
How pages go out: a way is claimed and the attempt written before it is sent, and what became of it after.

Who claims a way holds it for some seconds. A process that is killed meanwhile leaves an attempt that nobody ended: the
way is claimed again, and its next attempt is marked, for this one may have gone. So each page is sent at least once.
Notes that follow a page (`page_notes`) go the same way, after all pages.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.schema.paging import page_attempts, page_ways, pages
from tocsin.respond.message import MessageKind
from tocsin.respond.paging.page import Outcome, Page, PageState, WayState, redacted

_IS_PAGE = page_ways.c.kind == MessageKind.PAGE.value
MOST_DETAIL = 500
MOST_OF_A_CHANNEL = 16
"""Messages on their way on one channel, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One way of one page that is ours to send now."""

    page: str
    position: int
    channel: str
    address: str
    attempt: int
    """The number of the row of the attempt."""
    attempts: int
    """With this one."""
    may_be_repeat: bool
    kind: MessageKind = MessageKind.PAGE
    """What is said on it: the page, or a note that follows it."""

    @property
    def is_note(self) -> bool:
        """Whether nobody need answer it."""
        return self.kind is not MessageKind.PAGE


def next_due(connection: sa.Connection) -> float | None:
    """When the next way is to be sent; None where none waits."""
    found: float | None = connection.scalar(sa.select(sa.func.min(page_ways.c.due_at)).where(_is(WayState.PENDING)))
    return found


def next_free(connection: sa.Connection) -> float | None:
    """When the next claim ends that nobody has given back; None where none is held."""
    held = sa.select(sa.func.min(page_ways.c.claimed_until)).where(_is(WayState.SENDING))
    found: float | None = connection.scalar(held)
    return found


def reclaim(connection: sa.Connection, now: float) -> int:
    """Free the ways whose holder has gone; how many."""
    gone = (_is(WayState.SENDING), page_ways.c.claimed_until <= now)
    held = connection.execute(sa.select(page_ways.c.page, page_ways.c.position, page_ways.c.attempt).where(*gone)).all()
    for way in held:
        _end_attempt(connection, way.attempt, Outcome.UNKNOWN, now, "tocsin was stopped while it was sent", "")
        freed = {"state": WayState.PENDING.value, "due_at": now, "may_have_gone": True, "claimed_until": None}
        connection.execute(sa.update(page_ways).where(*_way(way.page, way.position)).values(freed))
    return len(held)


def claim(
    connection: sa.Connection, *, now: float, until: float, limit: int, sending: Mapping[str, int]
) -> tuple[Claim, ...]:
    """
    Claim what is due, the most urgent and oldest first, and write the attempts.

    `sending` counts what is on its way by channel: one that hangs must not hold up the others.
    """
    full = [channel for channel, count in sending.items() if count >= MOST_OF_A_CHANNEL]
    query = sa.select(page_ways, pages.c.priority).join_from(page_ways, pages, page_ways.c.page == pages.c.id)
    due = query.where(_is(WayState.PENDING), page_ways.c.due_at <= now, page_ways.c.channel.not_in(full))
    pages_first = sa.case((_IS_PAGE, 0), else_=1)
    rows = connection.execute(
        due.order_by(pages_first, pages.c.priority, page_ways.c.due_at, page_ways.c.page).limit(limit)
    ).all()
    count = Counter(sending)
    claimed: list[Claim] = []
    for row in rows:
        if count[row.channel] < MOST_OF_A_CHANNEL:
            count[row.channel] += 1
            claimed.append(_claim(connection, row, now, until))
    return tuple(claimed)


def is_ours(connection: sa.Connection, claimed: Claim) -> bool:
    """Whether nobody else has claimed the way meanwhile."""
    held: int | None = connection.scalar(
        sa.select(page_ways.c.attempt).where(*_way(claimed.page, claimed.position), _is(WayState.SENDING))
    )
    return held == claimed.attempt


def end_attempt(
    connection: sa.Connection, claimed: Claim, outcome: Outcome, now: float, *, detail: str = "", provider_id: str = ""
) -> None:
    """What became of an attempt."""
    _end_attempt(connection, claimed.attempt, outcome, now, detail, provider_id)


def set_way(connection: sa.Connection, claimed: Claim, state: WayState, **more: object) -> None:
    """How the way stands now; `due_at` and `may_have_gone` may be given."""
    new = {"state": state.value, "claimed_until": None, **more}
    connection.execute(sa.update(page_ways).where(*_way(claimed.page, claimed.position)).values(new))


def note_sent(connection: sa.Connection, page: Page, state: PageState, now: float) -> None:
    """A channel took it: the page is sent or delivered, unless it was ended meanwhile."""
    if page.state.is_open:
        new = {"state": state.value, "sent_at": now if page.sent_at is None else page.sent_at}
        connection.execute(sa.update(pages).where(pages.c.id == page.id).values(new))


def hasten(connection: sa.Connection, page: str, now: float) -> bool:
    """Try the next way of a page now; False where none waits."""
    waiting = (page_ways.c.page == page, _IS_PAGE, _is(WayState.PENDING), page_ways.c.attempts == 0)
    position = connection.scalar(sa.select(sa.func.min(page_ways.c.position)).where(*waiting))
    if position is None:
        return False
    sooner = (*_way(page, position), page_ways.c.due_at > now)
    connection.execute(sa.update(page_ways).where(*sooner).values(due_at=now))
    return True


def has_hope(connection: sa.Connection, page: str) -> bool:
    """Whether a way of the page took it, or may yet."""
    dead = [WayState.FAILED.value, WayState.SUPERSEDED.value]
    alive = sa.select(sa.func.count()).where(page_ways.c.page == page, _IS_PAGE, page_ways.c.state.not_in(dead))
    return bool(connection.scalar(alive))


def _claim(connection: sa.Connection, row: "sa.Row[tuple[object, ...]]", now: float, until: float) -> Claim:
    way = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for a row by columns
    attempt = {
        "page": way["page"],
        "position": way["position"],
        "channel": way["channel"],
        "address": redacted(way["address"]),
        "tried_at": now,
        "outcome": Outcome.SENDING.value,
        "detail": "",
        "provider_id": "",
        "may_be_repeat": way["may_have_gone"],
    }
    key = connection.execute(sa.insert(page_attempts).values(attempt)).inserted_primary_key
    number = int(key[0]) if key else 0
    held = {"state": WayState.SENDING.value, "attempts": way["attempts"] + 1, "attempt": number, "claimed_until": until}
    connection.execute(sa.update(page_ways).where(*_way(way["page"], way["position"])).values(held))
    return Claim(
        page=way["page"],
        position=way["position"],
        channel=way["channel"],
        address=way["address"],
        attempt=number,
        attempts=way["attempts"] + 1,
        may_be_repeat=way["may_have_gone"],
        kind=MessageKind(way["kind"]),
    )


def _end_attempt(
    connection: sa.Connection, attempt: int, outcome: Outcome, now: float, detail: str, provider_id: str
) -> None:
    new = {"outcome": outcome.value, "ended_at": now, "detail": detail[:MOST_DETAIL], "provider_id": provider_id[:200]}
    connection.execute(sa.update(page_attempts).where(page_attempts.c.sequence == attempt).values(new))


def _way(page: str, position: int) -> tuple["sa.ColumnElement[bool]", ...]:
    return (page_ways.c.page == page, page_ways.c.position == position)


def _is(state: WayState) -> "sa.ColumnElement[bool]":
    """Written out, so that the databases see that the index of open ways has it."""
    return sa.and_(
        page_ways.c.state == state.value,
        page_ways.c.state.in_([sa.literal_column("'pending'"), sa.literal_column("'sending'")]),
    )
