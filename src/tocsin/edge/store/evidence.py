"""The rows of evidence. Each is written in one transaction with the entry of the journal that tells of it."""

from dataclasses import asdict
from typing import Any, TypeAlias

import sqlalchemy as sa

from tocsin.edge.store.incident_rows import seen_as
from tocsin.edge.store.schema.evidence import evidence
from tocsin.edge.store.schema.incidents import incident_viewers, incidents
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import NotFound
from tocsin.respond.evidence.item import Copy, Item, State, Type

ITEMS_AT_ONCE = 500
Connection: TypeAlias = sa.Connection
"""What is handed from one function of the store to the next."""


def insert(connection: sa.Connection, item: Item) -> None:
    """Write a new piece, as part of a larger transaction."""
    connection.execute(sa.insert(evidence).values(asdict(item)))


def update(connection: sa.Connection, item: Item) -> None:
    """Write what may change of a piece: its state, legal hold, how long it is kept, its incident."""
    may_change = {
        "state": item.state,
        "legal_hold": item.legal_hold,
        "retain_until": item.retain_until,
        "incident": item.incident,
    }
    connection.execute(sa.update(evidence).where(evidence.c.id == item.id).values(may_change))


def load(connection: sa.Connection, identity: str, *, viewer: Actor = TOCSIN, hold: bool = False) -> Item:
    """
    The piece of this id, held until the transaction ends where asked for.

    Raises `NotFound`, also for one that `viewer` may not know of.
    """
    query = sa.select(evidence).where(evidence.c.id == identity, *_may_see(viewer))
    row = connection.execute(query.with_for_update() if hold else query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no evidence {identity[:60]!r}; tocsin evidence list shows what is kept")
    return _item(row)


def found(
    connection: sa.Connection,
    *,
    viewer: Actor = TOCSIN,
    incident: str | None = None,
    after: str = "",
    limit: int = ITEMS_AT_ONCE,
) -> tuple[Item, ...]:
    """The pieces that `viewer` may know of, of one incident where given, in the order of their ids, behind `after`."""
    query = sa.select(evidence).where(evidence.c.id > after, *_may_see(viewer)).order_by(evidence.c.id).limit(limit)
    if incident is not None:
        query = query.where(evidence.c.incident == incident)
    return tuple(_item(row) for row in connection.execute(query).mappings())


def share(connection: sa.Connection, number: int, of: int) -> tuple[str, ...]:
    """The ids of one of so many equal shares of what is not destroyed, in the order in which they came."""
    kept = evidence.c.state != State.DESTROYED
    total = connection.scalar(sa.select(sa.func.count()).select_from(evidence).where(kept)) or 0
    begin, end = total * number // of, total * (number + 1) // of
    query = sa.select(evidence.c.id).where(kept).order_by(evidence.c.id).offset(begin).limit(end - begin)
    return tuple(connection.scalars(query))


def keepers(connection: sa.Connection, sha256: str) -> tuple[Item, ...]:
    """The pieces whose bytes have this digest and are not destroyed."""
    query = sa.select(evidence).where(evidence.c.sha256 == sha256, evidence.c.state != State.DESTROYED)
    return tuple(_item(row) for row in connection.execute(query).mappings())


def _may_see(viewer: Actor) -> tuple["sa.ColumnElement[bool]", ...]:
    """Evidence of a restricted incident is for those who may see the incident; tocsin itself sees everything."""
    if viewer == TOCSIN:
        return ()
    open_to_all = sa.select(incidents.c.id).where(incidents.c.is_restricted.is_(False))
    mine = sa.select(incident_viewers.c.incident).where(incident_viewers.c.person == seen_as(viewer))
    of = evidence.c.incident
    return (sa.or_(of.is_(None), of.in_(open_to_all), of.in_(mine)),)


def _item(row: Any) -> Item:
    return Item(**{**row, "type": Type(row["type"]), "copy": Copy(row["copy"]), "state": State(row["state"])})
