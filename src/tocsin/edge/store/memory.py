"""What stateful detectors remember: rows tied to blocks, so that a reorg drops them with their blocks."""

import io
from collections.abc import Mapping, Sequence

import polars as pl
import sqlalchemy as sa

from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import text
from tocsin.edge.store.schema.watching import checkpoints, memories


def remembered(
    engine: sa.Engine, chain_id: int, detector: str, *, from_block: int, before_block: int
) -> pl.DataFrame | None:
    """The rows a detector remembered of these blocks, in block order; None if none. Raises `StoreError`."""
    table = memories.c
    mine = (table.chain_id == chain_id, table.detector == detector)
    there = (table.block_number >= from_block, table.block_number < before_block)
    with named_errors(), engine.begin() as connection:
        kept = connection.scalars(sa.select(table.rows).where(*mine, *there).order_by(table.block_number)).all()
    return pl.concat(list(map(_from_ipc, kept))) if kept else None


def elsewhere(
    engine: sa.Engine, chain_id: int, detector: str, known: Mapping[int, pl.DataFrame], keep_blocks: int, *, again: bool
) -> dict[int, pl.DataFrame]:
    """
    The rows a detector remembered of the other chains, by chain, in block order. Raises `StoreError`.

    `known` is what this returned before: of it, all but the newest `keep_blocks` blocks of each chain, which a reorg
    may have replaced, is taken over unread where the block it ends with still stands: what is below it stands too.
    With `again` it is also counted: what a detector found out later about an old block is then noticed.
    """
    others = sa.select(checkpoints.c.chain_id).where(checkpoints.c.chain_id != chain_id)
    with named_errors(), engine.begin() as connection:
        chains = connection.scalars(others.order_by(checkpoints.c.chain_id)).all()
        found = {
            other: _of_chain(connection, other, detector, known.get(other), keep_blocks, again=again)
            for other in chains
        }
    return {other: rows for other, rows in found.items() if rows is not None}


def _of_chain(
    connection: sa.Connection,
    chain_id: int,
    detector: str,
    known: pl.DataFrame | None,
    keep_blocks: int,
    *,
    again: bool,
) -> pl.DataFrame | None:
    mine = (memories.c.chain_id == chain_id, memories.c.detector == detector)
    settled = None if known is None else _settled(connection, mine, known, keep_blocks, again=again)
    newer = mine if settled is None else (*mine, memories.c.block_number > settled["block_number"].max())
    read = connection.scalars(sa.select(memories.c.rows).where(*newer).order_by(memories.c.block_number)).all()
    parts = [*([] if settled is None else [settled]), *map(_from_ipc, read)]
    return pl.concat(parts) if parts else None


def _settled(
    connection: sa.Connection,
    mine: "Sequence[sa.ColumnElement[bool]]",
    known: pl.DataFrame,
    keep_blocks: int,
    *,
    again: bool,
) -> pl.DataFrame | None:
    """The known rows that need not be read again; None where there are none, or others stand in their place."""
    settled = known.filter(pl.col("block_number") <= pl.col("block_number").max() - keep_blocks)
    if settled.is_empty():
        return None
    last, number = settled.row(-1, named=True), memories.c.block_number
    here = sa.select(memories.c.block_hash).where(*mine, number == last["block_number"])
    if last["block_hash"] is None or text(last["block_hash"]) not in connection.scalars(here).all():
        return None
    lowest = connection.scalar(sa.select(sa.func.min(number)).where(*mine))
    settled = settled.filter(pl.col("block_number") >= lowest)
    query = sa.select(sa.func.count(number.distinct())).where(*mine, number <= last["block_number"])
    if again and settled["block_number"].n_unique() != connection.scalar(query):
        return None
    return settled


def remember(connection: sa.Connection, done: DoneBlock) -> None:
    """Keep the rows of a block, in place of any it had, and drop those too old to matter."""
    place = {"chain_id": done.chain_id, "block_number": done.header.number, "block_hash": text(done.header.hash)}
    for detector, rows in done.remembered.items():
        if not rows.is_empty():
            same = [memories.c[name] == value for name, value in {**place, "detector": detector}.items()]
            connection.execute(sa.delete(memories).where(*same))
            connection.execute(sa.insert(memories).values(detector=detector, rows=_ipc(rows), **place))
    for detector, first in done.forget_before.items():
        mine = (memories.c.chain_id == done.chain_id, memories.c.detector == detector)
        connection.execute(sa.delete(memories).where(*mine, memories.c.block_number < first))


def _from_ipc(rows: bytes) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO(rows))


def _ipc(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()
