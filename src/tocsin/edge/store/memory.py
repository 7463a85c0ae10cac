"""What stateful detectors remember: rows tied to blocks, so that a reorg drops them with their blocks."""

import io

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
    return pl.concat([pl.read_ipc(io.BytesIO(rows)) for rows in kept]) if kept else None


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


def _ipc(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()
