"""The outbox: one notice per finding and per retraction, in order, told at least once."""

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema import findings, outbox
from tocsin.edge.store.values import Notice


def add(connection: sa.Connection, finding_id: str, revision: int, now: float) -> None:
    """Queue the notice of a finding's revision: odd revisions take it back."""
    connection.execute(
        sa.insert(outbox).values(
            key=f"{finding_id}:{revision}",
            kind="retraction" if revision % 2 else "finding",
            finding_id=finding_id,
            next_try_at=now,
        )
    )


def due(engine: sa.Engine, *, limit: int, now: float) -> tuple[Notice, ...]:
    """
    The oldest undelivered notices, oldest first.

    Nothing overtakes: while the oldest waits for its next try, none is due. Raises `StoreError`.
    """
    columns = (outbox, findings.c.body)
    query = sa.select(*columns).join(findings).where(outbox.c.delivered_at.is_(None))
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.order_by(outbox.c.sequence).limit(limit)).all()
    if not rows or rows[0].next_try_at > now:
        return ()
    return tuple(Notice(sequence=r.sequence, key=r.key, kind=r.kind, attempts=r.attempts, body=r.body) for r in rows)


def mark_delivered(engine: sa.Engine, sequences: Sequence[int], *, now: float) -> None:
    """These have been told. Raises `StoreError`."""
    told = sa.update(outbox).where(outbox.c.sequence.in_(sequences)).values(delivered_at=now)
    with named_errors(), engine.begin() as connection:
        connection.execute(told)


def put_off(engine: sa.Engine, sequence: int, *, next_try_at: float) -> None:
    """Telling this one failed; try it again then. Raises `StoreError`."""
    later = {"attempts": outbox.c.attempts + 1, "next_try_at": next_try_at}
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.update(outbox).where(outbox.c.sequence == sequence).values(later))


def pending(engine: sa.Engine) -> int:
    """How many notices have not been told. Raises `StoreError`."""
    waiting = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.delivered_at.is_(None))
    with named_errors(), engine.begin() as connection:
        return connection.scalar(waiting) or 0
