"""What the store knows of things left undone, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.watching import gaps, health_alerts

_KINDS: Mapping[str, str] = {
    "rpc": "gap",
    "decode": "gap",
    "store": "gap",
    "defect": "gap",
    "stalled": "gap",
    "detector-failure": "failure",
    "delivery": "undelivered",
}
"""By kind of health alert: what is wrong in the words of the dataset `self_health`. The others hinder no block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is not done as it should be."""

    kind: str
    subject: str
    """The detector or channel; empty for all."""
    first_block: int | None
    last_block: int | None
    age_seconds: int
    times: int


def troubles(engine: sa.Engine, chain_id: int, *, now: float) -> tuple[Trouble, ...]:
    """What is undone on a chain, or everywhere, oldest first. Raises `StoreError`."""
    alert = health_alerts.c
    query = (
        sa.select(alert.key, alert.kind, alert.opened_at, alert.times)
        .where(alert.closed_at.is_(None), sa.or_(alert.chain_id == chain_id, alert.chain_id.is_(None)))
        .order_by(alert.sequence)
    )
    with named_errors(), engine.begin() as connection:
        opened = connection.execute(query).all()
        undone = connection.execute(
            sa.select(gaps.c.detector, gaps.c.first, gaps.c.last).where(gaps.c.chain_id == chain_id)
        )
        blocks = {detector: (first, last) for detector, first, last in undone.all()}
    return tuple(
        _trouble(_KINDS[row.kind], row.key, blocks, max(0, int(now - row.opened_at)), row.times)
        for row in opened
        if row.kind in _KINDS
    )


def _trouble(kind: str, key: str, blocks: Mapping[str, tuple[int, int]], age: int, times: int) -> Trouble:
    subject = "" if kind == "gap" else key.rpartition(":")[2]
    first, last = blocks.get(subject, (None, None)) if kind != "undelivered" else (None, None)
    return Trouble(kind=kind, subject=subject, first_block=first, last_block=last, age_seconds=age, times=times)
