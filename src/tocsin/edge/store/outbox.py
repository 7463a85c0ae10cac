"""
The outbox: one notice per finding and per retraction, in order, told at least once on every channel.

Each attempt is a row of `deliveries`; a notice is delivered when every channel has been told.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import text
from tocsin.edge.store.schema.triage import triage_queue
from tocsin.edge.store.schema.watching import deliveries, findings, outbox
from tocsin.edge.store.values import Delivery, Notice
from tocsin.model.finding import Finding


def report(connection: sa.Connection, done: DoneBlock, now: float) -> None:
    """Write the findings of a block that are new, or were retracted and are true again; and their notices."""
    for finding in done.findings:
        query = sa.select(findings.c.revision).where(findings.c.id == finding.id)
        known = connection.execute(query).scalar()
        if known is None:
            connection.execute(sa.insert(findings).values(id=finding.id, **_row(finding, done, now)))
        elif known % 2:
            back = {"revision": known + 1, "retracted_at": None, "retracted_by": None}
            connection.execute(sa.update(findings).where(findings.c.id == finding.id).values(back))
        if known is None or known % 2:
            add(connection, finding.id, 0 if known is None else known + 1, now)


def add(connection: sa.Connection, finding_id: str, revision: int, now: float) -> None:
    """Queue the notice of a finding's revision, to be told and to be triaged: odd revisions take it back."""
    notice = sa.insert(outbox).values(
        key=f"{finding_id}:{revision}",
        kind="retraction" if revision % 2 else "finding",
        finding_id=finding_id,
        next_try_at=now,
    )
    sequence = connection.execute(notice.returning(outbox.c.sequence)).scalar_one()
    connection.execute(sa.insert(triage_queue).values(sequence=sequence))


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


def try_now(engine: sa.Engine) -> None:
    """Whatever was put off is due: the channel may have been mended meanwhile. Raises `StoreError`."""
    waiting = (outbox.c.delivered_at.is_(None), outbox.c.attempts > 0)
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.update(outbox).where(*waiting).values(next_try_at=0.0))


def pending(engine: sa.Engine) -> int:
    """How many notices have not been told. Raises `StoreError`."""
    waiting = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.delivered_at.is_(None))
    with named_errors(), engine.begin() as connection:
        return connection.scalar(waiting) or 0


def note_deliveries(engine: sa.Engine, attempts: Sequence[Delivery], *, now: float) -> None:
    """Write how telling went. Raises `StoreError`."""
    rows = [{"notice": a.notice, "channel": a.channel, "error": a.error, "tried_at": now} for a in attempts]
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.insert(deliveries), rows)


def told(engine: sa.Engine, notices: Sequence[int]) -> frozenset[tuple[int, str]]:
    """Which of these notices have been told on which channel. Raises `StoreError`."""
    query = sa.select(deliveries.c.notice, deliveries.c.channel).where(deliveries.c.notice.in_(notices))
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.where(deliveries.c.error.is_(None))).all()
    return frozenset((row.notice, row.channel) for row in rows)


def _row(finding: Finding, done: DoneBlock, now: float) -> dict[str, object]:
    """A finding belongs to its own block: on another chain where the block just done there made it certain."""
    place = finding.place
    is_here = place.chain_id == done.chain_id or place.block_number is None or place.block_hash is None
    return {
        "detector": finding.detector,
        "severity": int(finding.severity),
        "chain_id": done.chain_id if is_here else place.chain_id,
        "block_number": done.header.number if is_here else place.block_number,
        "block_hash": text(done.header.hash) if is_here else place.block_hash,
        "transaction_hash": finding.place.transaction_hash,
        "body": finding.to_json(),
        "seen_at": now,
        "revision": 0,
    }
