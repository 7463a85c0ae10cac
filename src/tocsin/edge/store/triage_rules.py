"""Suppressions in the store."""

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.triage import alerts, suppressions
from tocsin.edge.store.triage_intake import rule_of
from tocsin.model.errors import NotFound
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.suppression import Suppression

MOST_LISTED = 1_000


def add(connection: sa.Connection, rule: Suppression) -> None:
    """Write a new suppression."""
    row = {column.name: getattr(rule, column.name) for column in suppressions.c}
    connection.execute(sa.insert(suppressions).values({**row, "action": rule.action.value, "mode": rule.mode.value}))


def load(connection: sa.Connection, suppression: str) -> Suppression:
    """The suppression with this id, or the beginning or the end of it. Raises `NotFound`."""
    wanted = suppression.strip().lower()
    fits = sa.or_(
        suppressions.c.id.startswith(wanted, autoescape=True), suppressions.c.id.endswith(wanted, autoescape=True)
    )
    rows = connection.execute(sa.select(suppressions).where(fits).limit(2)).all() if wanted else []
    if len(rows) == 1:
        return rule_of(rows[0]._asdict())
    several = "fits several suppressions; write more of it" if rows else "is no suppression"
    raise NotFound(f"{suppression[:50]!r} {several}; `tocsin alerts suppressions` shows them")


def change(connection: sa.Connection, rule: Suppression) -> None:
    """Write who approved it and when it ends."""
    new = {"approver": rule.approver, "expires_at": rule.expires_at}
    connection.execute(sa.update(suppressions).where(suppressions.c.id == rule.id).values(new))


def listed(engine: sa.Engine, *, after_end: float | None) -> list[tuple[Suppression, int]]:
    """
    Suppressions, the newest first, each with how many alerts it hides now. Raises `StoreError`.

    With `after_end` those that end after it alone.
    """
    hides = sa.select(alerts.c.suppressed_by, sa.func.count().label("hides"))
    hidden = hides.where(alerts.c.state == State.SUPPRESSED).group_by(alerts.c.suppressed_by).subquery()
    joined = suppressions.outerjoin(hidden, hidden.c.suppressed_by == suppressions.c.id)
    query = sa.select(suppressions, hidden.c.hides).select_from(joined)
    query = query if after_end is None else query.where(suppressions.c.expires_at > after_end)
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.order_by(suppressions.c.id.desc()).limit(MOST_LISTED)).all()
    told = [row._asdict() for row in rows]
    return [(rule_of({name: row[name] for name in row if name != "hides"}), row["hides"] or 0) for row in told]
