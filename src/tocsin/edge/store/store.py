"""
The store's operations. Each is one transaction: it happens wholly or not at all, and may be repeated.

Whoever calls keeps the work until the operation returns; on `StoreUnavailable` or `StoreFull` it tries again.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl
import sqlalchemy as sa

from tocsin.chain.header import Header
from tocsin.edge.store import outbox
from tocsin.edge.store.engine import connect, migrate
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema import blindness, blocks, checkpoints, findings, gaps, memories
from tocsin.edge.store.values import Checkpoint, DoneBlock
from tocsin.model.errors import InconsistentInput
from tocsin.model.finding import Finding

Statement = TypeVar("Statement", "sa.Select[Any]", sa.Delete)


@dataclass(frozen=True, slots=True)
class Store:
    """An open database of the newest schema."""

    engine: sa.Engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database, make or upgrade its tables. Raises `SettingError`, `StoreError`."""
    engine = connect(url)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def commit_block(store: Store, done: DoneBlock, *, keep_blocks: int, now: float) -> bool:
    """
    Write the findings, notices, memory, block and checkpoint of one block; False if it was done already.

    Keeps the newest `keep_blocks` headers. Raises `InconsistentInput` when the block does not stand on the
    checkpoint (another process moved it, or orphans were not retracted first), and `StoreError`.
    """
    with named_errors(), store.engine.begin() as connection:
        if not _is_next(connection, done):
            return False
        for finding in done.findings:
            _add_finding(connection, finding, done, now)
        _add_block(connection, done, keep_blocks, now)
        _remember(connection, done)
        _set_blind(connection, done)
        _close_gaps(connection, done)
        return True


def retract(
    store: Store, chain_id: int, block_hashes: Sequence[bytes], *, replaced_by: bytes | None, now: float
) -> int:
    """
    Take back what was found in orphaned blocks; the checkpoint moves to below the lowest. Returns how many findings.

    `replaced_by` is the hash of the block that stands where the lowest orphan stood, if known. Raises `StoreError`.
    """
    hashes = [_text(block_hash) for block_hash in block_hashes]
    with named_errors(), store.engine.begin() as connection:
        _lock(connection, chain_id)
        taken_back = _retract_findings(connection, chain_id, hashes, replaced_by, now)
        _move_back(connection, chain_id, hashes)
        connection.execute(_of_blocks(sa.delete(memories), memories.c.block_hash, chain_id, hashes))
        return taken_back


def checkpoint(store: Store, chain_id: int) -> Checkpoint | None:
    """How far a chain is done; None when it has not begun. Raises `StoreError`."""
    with named_errors(), store.engine.begin() as connection:
        return _lock(connection, chain_id)


def recent_headers(store: Store, chain_id: int) -> tuple[Header, ...]:
    """The headers kept of a chain's done blocks, lowest first. Raises `StoreError`."""
    query = sa.select(blocks).where(blocks.c.chain_id == chain_id).order_by(blocks.c.number)
    with named_errors(), store.engine.begin() as connection:
        return tuple(
            Header(number=r.number, hash=_raw(r.hash), parent_hash=_raw(r.parent_hash), timestamp=r.timestamp)
            for r in connection.execute(query)
        )


def remembered(store: Store, chain_id: int, detector: str, from_block: int) -> pl.DataFrame | None:
    """The rows a detector remembered from this block on, in block order; None if none. Raises `StoreError`."""
    table = memories.c
    mine = (table.chain_id == chain_id, table.detector == detector, table.block_number >= from_block)
    with named_errors(), store.engine.begin() as connection:
        kept = connection.scalars(sa.select(table.rows).where(*mine).order_by(table.block_number)).all()
    return pl.concat([pl.read_ipc(io.BytesIO(rows)) for rows in kept]) if kept else None


def forget(store: Store, chain_id: int, detector: str, before_block: int) -> None:
    """Drop what a detector remembered of blocks too old to matter. Raises `StoreError`."""
    table = memories.c
    mine = (table.chain_id == chain_id, table.detector == detector, table.block_number < before_block)
    with named_errors(), store.engine.begin() as connection:
        connection.execute(sa.delete(memories).where(*mine))


def _lock(connection: sa.Connection, chain_id: int) -> Checkpoint | None:
    """The checkpoint, held against other writers of this chain until the transaction ends."""
    query = sa.select(checkpoints.c.number, checkpoints.c.hash).where(checkpoints.c.chain_id == chain_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    return None if row is None else Checkpoint(number=row.number, hash=_raw(row.hash) if row.hash else None)


def _is_next(connection: sa.Connection, done: DoneBlock) -> bool:
    """Whether the block stands on the checkpoint; False when it is done already."""
    header, last = done.header, _lock(connection, done.chain_id)
    mine = sa.select(blocks.c.hash).where(blocks.c.chain_id == done.chain_id, blocks.c.number == header.number)
    if connection.scalar(mine) == _text(header.hash):
        return False
    if last is None or (last.number + 1 == header.number and last.hash in (None, header.parent_hash)):
        return True
    raise InconsistentInput(
        f"chain {done.chain_id}: block {header.number} {_text(header.hash)} does not stand on the checkpoint "
        f"{last.number} {_text(last.hash or b'')}; look for a reorg or a second watcher, then go on from the checkpoint"
    )


def _add_finding(connection: sa.Connection, finding: Finding, done: DoneBlock, now: float) -> None:
    """Write a finding that is new, or was retracted and is true again; then tell it."""
    known = connection.execute(sa.select(findings.c.revision).where(findings.c.id == finding.id)).scalar()
    if known is not None and known % 2 == 0:
        return
    revision = 0 if known is None else known + 1
    if known is None:
        connection.execute(sa.insert(findings).values(id=finding.id, **_row(finding, done, now)))
    else:
        back = {"revision": revision, "retracted_at": None, "retracted_by": None}
        connection.execute(sa.update(findings).where(findings.c.id == finding.id).values(back))
    outbox.add(connection, finding.id, revision, now)


def _row(finding: Finding, done: DoneBlock, now: float) -> dict[str, object]:
    return {
        "detector": finding.detector,
        "severity": int(finding.severity),
        "chain_id": done.chain_id,
        "block_number": done.header.number,
        "block_hash": _text(done.header.hash),
        "transaction_hash": finding.place.transaction_hash,
        "body": finding.to_json(),
        "seen_at": now,
        "revision": 0,
    }


def _add_block(connection: sa.Connection, done: DoneBlock, keep_blocks: int, now: float) -> None:
    header, chain_id = done.header, done.chain_id
    connection.execute(
        sa.insert(blocks).values(
            chain_id=chain_id,
            number=header.number,
            hash=_text(header.hash),
            parent_hash=_text(header.parent_hash),
            timestamp=header.timestamp,
            done_at=now,
        )
    )
    too_old = (blocks.c.chain_id == chain_id, blocks.c.number <= header.number - keep_blocks)
    connection.execute(sa.delete(blocks).where(*too_old))
    _set_checkpoint(connection, chain_id, header.number, _text(header.hash))


def _set_checkpoint(connection: sa.Connection, chain_id: int, number: int, block_hash: str | None) -> None:
    new = {"number": number, "hash": block_hash}
    moved = connection.execute(sa.update(checkpoints).where(checkpoints.c.chain_id == chain_id).values(new))
    if moved.rowcount == 0:
        connection.execute(sa.insert(checkpoints).values(chain_id=chain_id, **new))


def _remember(connection: sa.Connection, done: DoneBlock) -> None:
    place = {
        "chain_id": done.chain_id,
        "block_number": done.header.number,
        "block_hash": _text(done.header.hash),
    }
    for detector, rows in done.remembered.items():
        if not rows.is_empty():
            connection.execute(sa.insert(memories).values(detector=detector, rows=_ipc(rows), **place))


def _set_blind(connection: sa.Connection, done: DoneBlock) -> None:
    """Make the blindness of a chain what this block shows, keeping since when."""
    mine = blindness.c.chain_id == done.chain_id
    since = {row.detector: row.since_block for row in connection.execute(sa.select(blindness).where(mine))}
    connection.execute(sa.delete(blindness).where(mine))
    for blind in done.blind:
        connection.execute(
            sa.insert(blindness).values(
                chain_id=done.chain_id,
                detector=blind.detector,
                missing=" ".join(blind.missing),
                wholly=blind.wholly,
                since_block=since.get(blind.detector, done.header.number),
            )
        )


def _close_gaps(connection: sa.Connection, done: DoneBlock) -> None:
    """Blocks are done in order, so a gap shrinks from below until nothing of it is left."""
    whole = (gaps.c.chain_id == done.chain_id, gaps.c.detector == "")
    done_to = done.header.number
    connection.execute(sa.delete(gaps).where(*whole, gaps.c.last <= done_to))
    connection.execute(sa.update(gaps).where(*whole, gaps.c.first <= done_to).values(first=done_to + 1))


def _retract_findings(
    connection: sa.Connection, chain_id: int, hashes: Sequence[str], replaced_by: bytes | None, now: float
) -> int:
    standing = findings.c.retracted_at.is_(None)
    query = sa.select(findings.c.id, findings.c.revision).order_by(findings.c.block_number, findings.c.id)
    mine = connection.execute(_of_blocks(query, findings.c.block_hash, chain_id, hashes).where(standing)).all()
    for finding_id, revision in mine:
        new = {
            "revision": revision + 1,
            "retracted_at": now,
            "retracted_by": _text(replaced_by) if replaced_by else None,
        }
        connection.execute(sa.update(findings).where(findings.c.id == finding_id).values(new))
        outbox.add(connection, finding_id, revision + 1, now)
    return len(mine)


def _move_back(connection: sa.Connection, chain_id: int, hashes: Sequence[str]) -> None:
    lowest = connection.scalar(_of_blocks(sa.select(sa.func.min(blocks.c.number)), blocks.c.hash, chain_id, hashes))
    if lowest is None:
        return
    connection.execute(sa.delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.number >= lowest))
    below = sa.select(blocks.c.hash).where(blocks.c.chain_id == chain_id, blocks.c.number == lowest - 1)
    _set_checkpoint(connection, chain_id, lowest - 1, connection.scalar(below))


def _of_blocks(statement: Statement, column: "sa.Column[str]", chain_id: int, hashes: Sequence[str]) -> Statement:
    return statement.where(column.table.c.chain_id == chain_id, column.in_(hashes))


def _ipc(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def _text(raw: bytes) -> str:
    return "0x" + raw.hex()


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])
