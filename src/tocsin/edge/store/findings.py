"""What was found and still stands, read back."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store import schema
from tocsin.edge.store.errors import named_errors
from tocsin.model.finding import Entity, Finding, Place, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Finding):
    """A finding as a row holds it: integers among its values stay the digits they are stored as."""

    id_: str

    @property
    def id(self) -> str:
        """The id it was stored with: what tells it apart in its transaction is not stored."""
        return self.id_


def standing(engine: sa.Engine, *, since: float, at_least: Severity = Severity.INFO) -> list[Stored]:
    """What was seen since this time and no reorg has retracted, in the order of its blocks. Raises `StoreError`."""
    table = schema.findings.c
    wanted = (table.seen_at >= since, table.retracted_at.is_(None), table.severity >= int(at_least))
    order = (table.chain_id, table.block_number, table.id)
    with named_errors(), engine.begin() as connection:
        rows = connection.scalars(sa.select(table.body).where(*wanted).order_by(*order)).all()
    return [_finding(body) for body in rows]


def _finding(body: dict[str, Any]) -> Stored:
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
