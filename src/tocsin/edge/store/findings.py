"""What was found, still stands and waits to be triaged, read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema import watching as schema
from tocsin.edge.store.schema.triage import alert_findings
from tocsin.model.finding import Entity, Finding, Place, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Finding):
    """A finding as a row holds it: integers among its values stay the digits they are stored as."""

    id_: str

    @property
    def id(self) -> str:
        """The id it was stored with: what tells it apart in its transaction is not stored."""
        return self.id_


def standing(engine: sa.Engine, *, since: float, until: float | None = None, saying: str = "") -> list[Stored]:
    """
    What was seen from `since` to before `until`, no reorg has retracted and no alert has, in the order of its blocks.

    `saying` leaves out, in the database, whatever does not hold this text. Raises `StoreError`.
    """
    table = schema.findings.c
    triaged = sa.exists().where(alert_findings.c.finding == table.id)
    wanted = [table.seen_at >= since, table.retracted_at.is_(None), ~triaged]
    wanted += [] if until is None else [table.seen_at < until]
    wanted += [sa.cast(table.body, sa.Text).contains(saying, autoescape=True)] if saying else []
    order = (table.chain_id, table.block_number, table.id)
    with named_errors(), engine.begin() as connection:
        rows = connection.scalars(sa.select(table.body).where(*wanted).order_by(*order)).all()
    return [stored(body) for body in rows]


def stored(body: Mapping[str, Any]) -> Stored:
    """The finding in the body of its row."""
    return Stored(
        id_=body["id"],
        detector=body["detector"],
        place=Place(**{name: body[name] for name in Place.__dataclass_fields__}),
        severity=Severity[body["severity"].upper()],
        confidence=body["confidence"],
        title=body["title"],
        summary=body["summary"],
        entities=tuple(Entity(each["role"], each["address"], each.get("label", "")) for each in body["entities"]),
        values=body["values"],
        labels=tuple(body["labels"]),
        references=tuple(body["references"]),
    )
