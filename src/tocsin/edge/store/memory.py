"""What stateful detectors remember: rows tied to blocks, so that a reorg drops them with their blocks."""

import io
from collections.abc import Mapping, Sequence

import polars as pl
import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import text
from tocsin.edge.store.schema import memories
from tocsin.edge.store.values import DoneBlock


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
    engine: sa.Engine, chain_id: int, detector: str, known: Mapping[int, pl.DataFrame], keep_blocks: int
) -> dict[int, pl.DataFrame]:
    """
    The rows a detector remembered of the other chains, by chain, in block order. Raises `StoreError`.

    `known` is what this returned before: of it, all but the newest `keep_blocks` blocks of each chain, which a reorg
    may have replaced, is taken over unread where nothing but the oldest of it is gone.
    """
    others = sa.select(memories.c.chain_id).where(memories.c.detector == detector, memories.c.chain_id != chain_id)
    with named_errors(), engine.begin() as connection:
        chains = connection.scalars(others.distinct().order_by(memories.c.chain_id)).all()
        return {other: _of_chain(connection, other, detector, known.get(other), keep_blocks) for other in chains}


def _of_chain(
    connection: sa.Connection, chain_id: int, detector: str, known: pl.DataFrame | None, keep_blocks: int
) -> pl.DataFrame:
    mine = (memories.c.chain_id == chain_id, memories.c.detector == detector)
    settled = _settled(connection, mine, known, keep_blocks)
    newer = mine if settled is None else (*mine, memories.c.block_number > settled["block_number"].max())
    read = connection.scalars(sa.select(memories.c.rows).where(*newer).order_by(memories.c.block_number)).all()
    return pl.concat([*([] if settled is None else [settled]), *map(_from_ipc, read)])


def _settled(
    connection: sa.Connection, mine: "Sequence[sa.ColumnElement[bool]]", known: pl.DataFrame | None, keep_blocks: int
) -> pl.DataFrame | None:
    """The known rows that need not be read again; None where there are none, or others in their place."""
    newest = None if known is None else known["block_number"].max()
    if known is None or not isinstance(newest, int):
        return None
    number = memories.c.block_number
    query = sa.select(sa.func.min(number), sa.func.count(number.distinct())).where(
        *mine, number <= newest - keep_blocks
    )
    lowest, blocks = connection.execute(query).one()
    if not blocks:
        return None
    settled = known.filter(pl.col("block_number").is_between(lowest, newest - keep_blocks))
    return settled if settled["block_number"].n_unique() == blocks else None


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
