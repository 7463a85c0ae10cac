"""
Gaps: which blocks are not done, wholly or for one detector, and why.

A block nobody could do is a gap of no detector: blocks are done in order, so it shrinks from below. A detector that
failed has a gap of its own, written with the block it failed at, until `fill` writes what it finds there after all; so
has one that was blind, once it sees again.
"""

import sqlalchemy as sa

from tocsin.edge.store import health, memory, outbox
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import lock, text
from tocsin.edge.store.schema.watching import blocks, gaps
from tocsin.edge.store.values import Gap, HealthAlert
from tocsin.model.errors import InconsistentInput

WHOLE = ""
"""Stands where a detector would: the blocks are undone for all."""
BLIND = "blind"
"""The reason of a gap in which a detector lacked data."""


def failing_key(chain_id: int, detector: str) -> str:
    """The key of the health alert of a detector that fails."""
    return f"chain:{chain_id}:detector:{detector}"


def open_gaps(engine: sa.Engine, chain_id: int) -> tuple[Gap, ...]:
    """The blocks of a chain that are not done, lowest first. Raises `StoreError`."""
    query = sa.select(gaps).where(gaps.c.chain_id == chain_id).order_by(gaps.c.first, gaps.c.detector)
    with named_errors(), engine.begin() as connection:
        return tuple(Gap(**row) for row in connection.execute(query).mappings())


def note_undone(engine: sa.Engine, gap: Gap) -> None:
    """Write that blocks are not done, and why; the same gap again counts an attempt. Raises `StoreError`."""
    new = {"last": gap.last, "reason": gap.reason, "next_try_at": gap.next_try_at}
    with named_errors(), engine.begin() as connection:
        again = sa.update(gaps).where(*_same(gap)).values(attempts=gaps.c.attempts + 1, **new)
        if connection.execute(again).rowcount == 0:
            place = {"chain_id": gap.chain_id, "first": gap.first, "detector": gap.detector}
            connection.execute(sa.insert(gaps).values(attempts=gap.attempts, **place, **new))


def put_off(engine: sa.Engine, gap: Gap, reason: str, *, next_try_at: float) -> None:
    """Filling failed again: count the attempt, try then. Raises `StoreError`."""
    again = {"attempts": gaps.c.attempts + 1, "reason": reason, "next_try_at": next_try_at}
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.update(gaps).where(*_same(gap)).values(again))


def fill(engine: sa.Engine, done: DoneBlock, gap: Gap, *, now: float) -> None:
    """
    Write what a detector finds after all in the first block of its gap; with its last gap its alert closes.

    Raises `InconsistentInput` when the block is not the one done at that height, and `StoreError`.
    """
    with named_errors(), engine.begin() as connection:
        lock(connection, done.chain_id)
        _refuse_another(connection, done)
        outbox.report(connection, done, now)
        memory.remember(connection, done)
        _shrink(connection, gap)
        others = sa.select(gaps.c.first).where(gaps.c.chain_id == gap.chain_id, gaps.c.detector == gap.detector)
        if connection.execute(others).first() is None:
            health.close_within(connection, failing_key(gap.chain_id, gap.detector), now)


def note_failures(connection: sa.Connection, done: DoneBlock, now: float) -> None:
    """Open or lengthen the gap of each detector that failed at this block, and its alert."""
    number = done.header.number
    for detector, reason in done.failures.items():
        mine = (gaps.c.chain_id == done.chain_id, gaps.c.detector == detector, gaps.c.last == number - 1)
        if connection.execute(sa.update(gaps).where(*mine).values(last=number)).rowcount == 0:
            place = {"chain_id": done.chain_id, "first": number, "last": number, "detector": detector}
            connection.execute(sa.insert(gaps).values(attempts=1, reason=reason, next_try_at=now, **place))
        alert = HealthAlert(
            key=failing_key(done.chain_id, detector),
            kind="detector-failure",
            chain_id=done.chain_id,
            detail=f"block {number}: {reason}",
            times=1,
        )
        health.open_within(connection, alert, now)


def open_blind(connection: sa.Connection, done: DoneBlock, detector: str, since: int, now: float) -> None:
    """A detector that was blind until this block has yet to see the blocks it was blind for."""
    last = done.header.number - 1
    same = (gaps.c.chain_id == done.chain_id, gaps.c.first == since, gaps.c.detector == detector)
    known = connection.execute(sa.select(gaps.c.first).where(*same)).first() is not None
    if known or since > last:
        return
    place = {"chain_id": done.chain_id, "first": since, "last": last, "detector": detector}
    connection.execute(sa.insert(gaps).values(attempts=1, reason=BLIND, next_try_at=now, **place))


def close_whole(connection: sa.Connection, chain_id: int, done_to: int) -> None:
    """Blocks are done in order, so a gap of all detectors shrinks from below until nothing of it is left."""
    whole = (gaps.c.chain_id == chain_id, gaps.c.detector == WHOLE)
    connection.execute(sa.delete(gaps).where(*whole, gaps.c.last <= done_to))
    connection.execute(sa.update(gaps).where(*whole, gaps.c.first <= done_to).values(first=done_to + 1))


def cut_above(connection: sa.Connection, chain_id: int, number: int) -> None:
    """Blocks above are orphaned: nothing is left to fill there."""
    mine = gaps.c.chain_id == chain_id
    connection.execute(sa.delete(gaps).where(mine, gaps.c.first > number))
    connection.execute(sa.update(gaps).where(mine, gaps.c.last > number).values(last=number))


def _shrink(connection: sa.Connection, gap: Gap) -> None:
    if gap.first == gap.last:
        connection.execute(sa.delete(gaps).where(*_same(gap), gaps.c.last == gap.last))
    connection.execute(sa.update(gaps).where(*_same(gap)).values(first=gap.first + 1, attempts=0))


def _refuse_another(connection: sa.Connection, done: DoneBlock) -> None:
    mine = sa.select(blocks.c.hash).where(blocks.c.chain_id == done.chain_id, blocks.c.number == done.header.number)
    kept = connection.scalar(mine)
    if kept not in (None, text(done.header.hash)):
        raise InconsistentInput(
            f"chain {done.chain_id}: the gap at block {done.header.number} is of {kept}, not of "
            f"{text(done.header.hash)}; it is tried again when the reorg has been followed"
        )


def _same(gap: Gap) -> tuple["sa.ColumnElement[bool]", ...]:
    return (gaps.c.chain_id == gap.chain_id, gaps.c.first == gap.first, gaps.c.detector == gap.detector)
