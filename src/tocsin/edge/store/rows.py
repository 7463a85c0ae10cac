"""What every part of the store needs of a row: hashes as text and back, and a chain's checkpoint, held."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from tocsin.chain.header import Header
from tocsin.edge.store.schema.watching import checkpoints
from tocsin.edge.store.values import Checkpoint

PARAMETERS_AT_ONCE = 10_000
"""SQLite takes 32 766 values in one statement, PostgreSQL 65 535."""
T = TypeVar("T")


def text(raw: bytes) -> str:
    """A hash as it stands in a row."""
    return "0x" + raw.hex()


def raw(stored: str) -> bytes:
    """A hash out of a row."""
    return bytes.fromhex(stored[2:])


def block_row(header: Header) -> dict[str, object]:
    """A header as it stands in a row."""
    return {
        "number": header.number,
        "hash": text(header.hash),
        "parent_hash": text(header.parent_hash),
        "timestamp": header.timestamp,
    }


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values, as many at a time as one statement takes."""
    for begin in range(0, len(values), PARAMETERS_AT_ONCE):
        yield values[begin : begin + PARAMETERS_AT_ONCE]


def lock(connection: sa.Connection, chain_id: int) -> Checkpoint | None:
    """The checkpoint, held against other writers of this chain until the transaction ends."""
    query = sa.select(checkpoints.c.number, checkpoints.c.hash).where(checkpoints.c.chain_id == chain_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    return None if row is None else Checkpoint(number=row.number, hash=raw(row.hash) if row.hash else None)


def set_checkpoint(connection: sa.Connection, chain_id: int, to: Checkpoint) -> bool:
    """Move the checkpoint; False when the chain has none."""
    new = {"number": to.number, "hash": text(to.hash) if to.hash else None}
    return bool(
        connection.execute(sa.update(checkpoints).where(checkpoints.c.chain_id == chain_id).values(new)).rowcount
    )
