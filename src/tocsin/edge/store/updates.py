"""
The rows of updates and of their deliveries.

A delivery is claimed, with the row of its attempt, before it is sent; who claims it holds it for a while. Where the
process is killed meanwhile it is claimed again, and told as a possible repeat.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.schema.updates import update_attempts, update_deliveries, updates
from tocsin.model.errors import NotFound, Outdated
from tocsin.respond.updates.update import Delivery, DeliveryState, Update, UpdateState

MOST_DETAIL = 500
_ID = re.compile(r"[0-9a-f-]{36}")
_WAITING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)


Connection = sa.Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to tell one recipient."""

    position: int
    attempt: int
    outcome: str
    """`sending` until it has ended, then sent, delivered, busy, refused."""
    tried_at: float
    ended_at: float | None
    detail: str


def add(connection: sa.Connection, update: Update) -> None:
    """Write a new update."""
    connection.execute(sa.insert(updates).values(_row(update)))


def change(connection: sa.Connection, update: Update, before: int) -> None:
    """Write an update over the one at version `before`. Raises `Outdated` where it is at another."""
    mine = (updates.c.id == update.id, updates.c.version == before)
    if connection.execute(sa.update(updates).where(*mine).values(_row(update))).rowcount == 0:
        raise Outdated("the update was changed meanwhile: look again")


def load(connection: sa.Connection, id: str) -> Update:  # noqa: A002 - the row's own word
    """The update with this id. Raises `NotFound`."""
    if not _ID.fullmatch(id):
        raise NotFound(f"there is no update {id[:50]!r}")
    return _one(connection, updates.c.id == id, f"there is no update {id[:50]!r}")


def numbered(connection: sa.Connection, incident: str, number: int) -> Update:
    """The update with this number in its incident. Raises `NotFound`."""
    mine = sa.and_(updates.c.incident == incident, updates.c.number == number)
    return _one(connection, mine, f"the incident has no update {number}")


def _one(connection: sa.Connection, which: "sa.ColumnElement[bool]", absent: str) -> Update:
    row = connection.execute(sa.select(updates).where(which)).mappings().one_or_none()
    if row is None:
        raise NotFound(absent)
    return _update(row)


def next_number(connection: sa.Connection, incident: str) -> int:
    """What the next update of an incident is numbered, while nobody else may write."""
    query = sa.select(sa.func.max(updates.c.number)).where(updates.c.incident == incident)
    return (connection.scalar(query) or 0) + 1


def find(
    connection: sa.Connection, *, incident: str | None, state: str | None, after: str, limit: int
) -> tuple[Update, ...]:
    """Updates, the newest first, from behind the id `after`."""
    conditions = [
        *((updates.c.incident == incident,) if incident else ()),
        *((updates.c.state == state,) if state else ()),
        *((updates.c.id < after,) if _ID.fullmatch(after) else ()),
    ]
    query = sa.select(updates).where(*conditions).order_by(updates.c.id.desc()).limit(limit)
    return tuple(map(_update, connection.execute(query).mappings()))


def count(connection: sa.Connection, incident: str, group: str) -> int:
    """How many updates a group was told of an incident."""
    mine = (updates.c.incident == incident, updates.c.group_name == group, updates.c.published_at.is_not(None))
    return connection.scalar(sa.select(sa.func.count()).where(*mine)) or 0


def queue(connection: sa.Connection, deliveries: Iterable[Delivery]) -> None:
    """Have these sent: new ones are added, those that failed are begun again, those that were taken stay."""
    for each in deliveries:
        before = connection.scalar(sa.select(update_deliveries.c.state).where(*_delivery(each.update, each.position)))
        if before is None:
            connection.execute(sa.insert(update_deliveries).values(_delivery_row(each)))
        elif not DeliveryState(before).is_taken:
            again = {"state": DeliveryState.PENDING.value, "attempts": 0, "due_at": each.due_at}
            mine = _delivery(each.update, each.position)
            connection.execute(sa.update(update_deliveries).where(*mine).values(again))


def deliveries(connection: sa.Connection, update: str) -> tuple[Delivery, ...]:
    """The deliveries of an update, in the order of its group."""
    query = sa.select(update_deliveries).where(update_deliveries.c.update_id == update)
    rows = connection.execute(query.order_by(update_deliveries.c.position)).mappings()
    return tuple(_told(row) for row in rows)


def attempts(connection: sa.Connection, update: str) -> tuple[Attempt, ...]:
    """Every try to deliver an update, oldest first."""
    columns = update_attempts.c
    query = sa.select(
        columns.position, columns.attempt, columns.outcome, columns.tried_at, columns.ended_at, columns.detail
    ).where(columns.update_id == update)
    rows = connection.execute(query.order_by(columns.sequence)).mappings()
    return tuple(Attempt(**row) for row in rows)


def next_due(connection: sa.Connection) -> float | None:
    """When the next delivery is to be sent; None where none waits."""
    query = sa.select(sa.func.min(update_deliveries.c.due_at)).where(update_deliveries.c.state.in_(_WAITING))
    found: float | None = connection.scalar(query)
    return found


def claim(connection: sa.Connection, *, now: float, until: float, limit: int) -> tuple[Delivery, ...]:
    """Hold what is due until `until`, and write the attempts. Among others, what a process that is gone has held."""
    due = (update_deliveries.c.state.in_(_WAITING), update_deliveries.c.due_at <= now)
    query = sa.select(update_deliveries).where(*due).order_by(update_deliveries.c.due_at).limit(limit)
    return tuple(_claimed(connection, row, now, until) for row in connection.execute(query).mappings().all())


def _claimed(connection: sa.Connection, row: Any, now: float, until: float) -> Delivery:
    was_left = row["state"] == DeliveryState.SENDING.value
    new = {
        "state": DeliveryState.SENDING.value,
        "attempts": row["attempts"] + 1,
        "due_at": until,
        "may_have_gone": row["may_have_gone"] or was_left,
    }
    mine = _delivery(row["update_id"], row["position"])
    connection.execute(sa.update(update_deliveries).where(*mine).values(new))
    attempt = {
        "update_id": row["update_id"],
        "position": row["position"],
        "attempt": new["attempts"],
        "outcome": DeliveryState.SENDING.value,
        "tried_at": now,
        "detail": "",
    }
    connection.execute(sa.insert(update_attempts).values(attempt))
    return _told({**row, **new})


def ended(connection: sa.Connection, delivery: Delivery, outcome: str, now: float) -> None:
    """Write how the claimed delivery stands after its attempt, unless somebody else has claimed it meanwhile."""
    mine = (*_delivery(delivery.update, delivery.position), update_deliveries.c.attempts == delivery.attempts)
    connection.execute(sa.update(update_deliveries).where(*mine).values(_delivery_row(delivery)))
    attempt = (
        update_attempts.c.update_id == delivery.update,
        update_attempts.c.position == delivery.position,
        update_attempts.c.attempt == delivery.attempts,
        update_attempts.c.ended_at.is_(None),
    )
    new = {"outcome": outcome, "ended_at": now, "detail": delivery.detail[:MOST_DETAIL]}
    connection.execute(sa.update(update_attempts).where(*attempt).values(new))


def _row(update: Update) -> dict[str, object]:
    row = asdict(update)
    row["group_name"] = row.pop("group")
    return {**row, "state": update.state.value, "authors": json.dumps(update.authors)}


def _update(row: Any) -> Update:
    fields = dict(row)
    fields["group"] = fields.pop("group_name")
    fields["authors"] = tuple(json.loads(fields["authors"]))
    return Update(**{**fields, "state": UpdateState(fields["state"])})


def _delivery_row(delivery: Delivery) -> dict[str, object]:
    row = asdict(delivery)
    row["update_id"] = row.pop("update")
    return {**row, "state": delivery.state.value, "detail": delivery.detail[:MOST_DETAIL]}


def _told(row: Any) -> Delivery:
    fields = dict(row)
    fields["update"] = fields.pop("update_id")
    return Delivery(**{**fields, "state": DeliveryState(fields["state"])})


def _delivery(update: str, position: int) -> tuple["sa.ColumnElement[bool]", ...]:
    return (update_deliveries.c.update_id == update, update_deliveries.c.position == position)
