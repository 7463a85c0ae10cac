"""
Notes that follow pages, as rows: that somebody has it, or that it is over, where a channel can use that.

Each is one more way of the newest page that went there, so it is claimed, tried again and recorded as pages are. There
is one note of a kind for it, whatever happens twice.
"""

from collections.abc import Collection

import sqlalchemy as sa

from tocsin.edge.store.schema.paging import page_ways, pages
from tocsin.respond.message import MessageKind
from tocsin.respond.paging.page import WayState

_KINDS = (MessageKind.ACKNOWLEDGED, MessageKind.RESOLVED)


def follow(connection: sa.Connection, incident: str, kind: MessageKind, channels: Collection[str], now: float) -> int:
    """Write a note for every place on these channels that was paged about an incident; how many are new."""
    _drop(connection, incident, kind)
    return sum(_add(connection, way, kind, now) for way in _newest(connection, incident, channels))


def _drop(connection: sa.Connection, incident: str, kind: MessageKind) -> None:
    """Send no note of another kind that waits: something newer is to be said."""
    mine = sa.select(pages.c.id).where(pages.c.incident == incident)
    older = page_ways.c.kind.in_([each.value for each in _KINDS if each is not kind])
    waiting = sa.update(page_ways).where(page_ways.c.page.in_(mine), older, page_ways.c.state == WayState.PENDING.value)
    connection.execute(waiting.values(state=WayState.SUPERSEDED.value))


def _newest(connection: sa.Connection, incident: str, channels: Collection[str]) -> "list[sa.RowMapping]":
    """Of each place that took a page, may have, or is being sent one, the way of the newest."""
    went = page_ways.c.state.in_([WayState.SENT.value, WayState.SENDING.value])
    query = sa.select(page_ways).join_from(page_ways, pages, page_ways.c.page == pages.c.id)
    of_pages = (page_ways.c.kind == MessageKind.PAGE.value, page_ways.c.channel.in_(channels))
    wanted = query.where(pages.c.incident == incident, *of_pages, sa.or_(went, page_ways.c.may_have_gone))
    rows = connection.execute(wanted.order_by(pages.c.created_at, pages.c.id)).mappings()
    return list({(row["channel"], row["address"]): row for row in rows}.values())


def _add(connection: sa.Connection, way: "sa.RowMapping", kind: MessageKind, now: float) -> bool:
    """Write a note behind all ways of its page; False where there is one."""
    mine = page_ways.c.page == way["page"]
    there = [page_ways.c[name] == way[name] for name in ("channel", "address")]
    if connection.scalar(sa.select(page_ways.c.position).where(mine, *there, page_ways.c.kind == kind.value)):
        return False
    last = connection.execute(sa.select(sa.func.max(page_ways.c.position)).where(mine)).scalar_one()
    note = {
        "page": way["page"],
        "position": last + 1,
        "kind": kind.value,
        "channel": way["channel"],
        "address": way["address"],
        "due_at": now if way["claimed_until"] is None else max(now, way["claimed_until"]),
        "state": WayState.PENDING.value,
        "attempts": 0,
        "may_have_gone": False,
    }
    connection.execute(sa.insert(page_ways).values(note))
    return True
