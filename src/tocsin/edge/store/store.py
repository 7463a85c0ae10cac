"""
The store's operations. Each is one transaction: it happens wholly or not at all, and may be repeated.

Whoever calls keeps the work until the operation returns; on `StoreUnavailable` or `StoreFull` it tries again.
Here are the position and the commit of a block; beside it are `opening`, `reorg`, `memory`, `gaps`, `health`, `outbox`.
"""

import sqlalchemy as sa

from tocsin.chain.header import Header
from tocsin.edge.store import gaps, memory, outbox
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.opening import Store
from tocsin.edge.store.rows import block_row, lock, raw, set_checkpoint, text
from tocsin.edge.store.schema.watching import blindness, blocks, checkpoints
from tocsin.edge.store.values import Checkpoint, Position
from tocsin.model.errors import InconsistentInput

LANDMARK_EVERY_BLOCKS = 1_000
"""Of blocks too old to keep, one in so many stays, to find where a reorg deeper than the kept headers forked."""


def begin(store: Store, chain_id: int, start: int) -> None:
    """Write where a chain begins, unless it has begun: what comes of it is the same after any crash."""
    with named_errors(), store.engine.begin() as connection:
        if lock(connection, chain_id) is None:
            _begin(connection, chain_id, start)


def position(store: Store, chain_id: int, keep_blocks: int) -> Position | None:
    """How far a chain is done, with at most so many headers; None when it has not begun. Raises `StoreError`."""
    query = sa.select(checkpoints.c.start).where(checkpoints.c.chain_id == chain_id)
    kept = sa.select(blocks).where(blocks.c.chain_id == chain_id).order_by(blocks.c.number.desc()).limit(keep_blocks)
    with named_errors(), store.engine.begin() as connection:
        if (done := lock(connection, chain_id)) is None:
            return None
        start = connection.execute(query).scalar_one()
        headers = [_header(row) for row in connection.execute(kept)]
    return Position(start=start, checkpoint=done, headers=_without_holes(headers))


def checkpoint(store: Store, chain_id: int) -> Checkpoint | None:
    """The newest block done; None when the chain has not begun. Raises `StoreError`."""
    with named_errors(), store.engine.begin() as connection:
        return lock(connection, chain_id)


def commit_block(store: Store, done: DoneBlock, *, keep_blocks: int, now: float) -> bool:
    """
    Write the findings, notices, memory, gaps, block and checkpoint of one block; False if it was done already.

    Keeps the newest `keep_blocks` headers, and landmarks. Raises `InconsistentInput` when the block does not stand
    on the checkpoint (another process moved it, or orphans were not retracted first), and `StoreError`.
    """
    with named_errors(), store.engine.begin() as connection:
        if not _is_next(connection, done):
            return False
        outbox.report(connection, done, now)
        _add_block(connection, done, keep_blocks, now)
        memory.remember(connection, done)
        _set_blind(connection, done, now)
        gaps.note_failures(connection, done, now)
        gaps.close_whole(connection, done.chain_id, done.header.number)
        return True


def add_findings(store: Store, done: DoneBlock, *, now: float) -> bool:
    """
    Write findings that came of a block after it was committed; nothing, and False, where the block no longer stands.

    A block below the checkpoint whose header is not kept any more stands. Raises `StoreError`.
    """
    mine = (blocks.c.chain_id == done.chain_id, blocks.c.number == done.header.number)
    with named_errors(), store.engine.begin() as connection:
        last = lock(connection, done.chain_id)
        kept = connection.scalar(sa.select(blocks.c.hash).where(*mine))
        is_below = last is not None and done.header.number <= last.number
        if stands := kept == text(done.header.hash) or (kept is None and is_below):
            outbox.report(connection, done, now)
        return stands


def _begin(connection: sa.Connection, chain_id: int, start: int) -> None:
    connection.execute(sa.insert(checkpoints).values(chain_id=chain_id, start=start, number=start - 1))


def _header(row: "sa.Row[tuple[object, ...]]") -> Header:
    return Header(number=row.number, hash=raw(row.hash), parent_hash=raw(row.parent_hash), timestamp=row.timestamp)


def _without_holes(newest_first: list[Header]) -> tuple[Header, ...]:
    """The headers down to the first hole, below which there are only landmarks; lowest first."""
    found = newest_first[:1]
    for header in newest_first[1:]:
        if header.number != found[-1].number - 1:
            break
        found.append(header)
    return tuple(reversed(found))


def _is_next(connection: sa.Connection, done: DoneBlock) -> bool:
    """Whether the block stands on the checkpoint; False when it is done already."""
    header, last = done.header, lock(connection, done.chain_id)
    mine = sa.select(blocks.c.hash).where(blocks.c.chain_id == done.chain_id, blocks.c.number == header.number)
    if connection.scalar(mine) == text(header.hash):
        return False
    if last is None:
        _begin(connection, done.chain_id, header.number)
        return True
    if last.number + 1 == header.number and last.hash in (None, header.parent_hash):
        return True
    raise InconsistentInput(
        f"chain {done.chain_id}: block {header.number} {text(header.hash)} does not stand on the checkpoint "
        f"{last.number} {text(last.hash or b'')}; look for a reorg or a second watcher, then go on from the checkpoint"
    )


def _add_block(connection: sa.Connection, done: DoneBlock, keep_blocks: int, now: float) -> None:
    header, chain_id = done.header, done.chain_id
    connection.execute(sa.insert(blocks).values(chain_id=chain_id, done_at=now, **block_row(header)))
    too_old = (blocks.c.chain_id == chain_id, blocks.c.number <= header.number - keep_blocks)
    connection.execute(sa.delete(blocks).where(*too_old, blocks.c.number % LANDMARK_EVERY_BLOCKS != 0))
    set_checkpoint(connection, chain_id, Checkpoint(number=header.number, hash=header.hash))


def _set_blind(connection: sa.Connection, done: DoneBlock, now: float) -> None:
    """Make the blindness of a chain what this block shows, keeping since when; who sees again has a gap to fill."""
    mine = blindness.c.chain_id == done.chain_id
    before = {row.detector: row for row in connection.execute(sa.select(blindness).where(mine))}
    here = {blind.detector: (" ".join(blind.missing), blind.wholly) for blind in done.blind}
    if here == {detector: (row.missing, row.wholly) for detector, row in before.items()}:
        return
    for detector, was in before.items():
        if was.wholly and not here.get(detector, ("", False))[1]:
            gaps.open_blind(connection, done, detector, was.since_block, now)
    connection.execute(sa.delete(blindness).where(mine))
    for detector, (missing, wholly) in here.items():
        since = before[detector].since_block if detector in before else done.header.number
        row = {"chain_id": done.chain_id, "detector": detector, "missing": missing, "wholly": wholly}
        connection.execute(sa.insert(blindness).values(since_block=since, **row))
