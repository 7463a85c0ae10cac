"""
Reorgs: what was found in orphaned blocks is taken back, by block hash, and the checkpoint moves to the fork.

A reorg within the kept headers names its orphans. A deeper one is measured against landmarks: the blocks in which
something was found, and one of every thousand done. No finding stands in a block that is not a landmark or kept.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from tocsin.chain.header import Header
from tocsin.edge.store import gaps, outbox
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import block_row, lock, portions, raw, set_checkpoint, text
from tocsin.edge.store.schema.watching import blocks, checkpoints, findings, memories
from tocsin.edge.store.values import Checkpoint


def landmarks(engine: sa.Engine, chain_id: int, below: int) -> tuple[Checkpoint, ...]:
    """The blocks below a height whose hashes are known, lowest first. Raises `StoreError`."""
    found = sa.select(findings.c.block_number, findings.c.block_hash).where(
        findings.c.chain_id == chain_id, findings.c.block_number < below, findings.c.retracted_at.is_(None)
    )
    kept = sa.select(blocks.c.number, blocks.c.hash).where(blocks.c.chain_id == chain_id, blocks.c.number < below)
    with named_errors(), engine.begin() as connection:
        rows = {tuple(row) for query in (found, kept) for row in connection.execute(query)}
    return tuple(Checkpoint(number=number, hash=raw(block_hash)) for number, block_hash in sorted(rows))


def retract(
    engine: sa.Engine,
    chain_id: int,
    block_hashes: Sequence[bytes],
    *,
    common: Header | None,
    replaced_by: bytes | None,
    now: float,
) -> int:
    """
    Take back what was found in orphaned blocks. Returns how many findings.

    The checkpoint moves to `common`, the block below the lowest orphan; without one, to before the start.
    `replaced_by` is the hash of the block that stands where the lowest orphan stood, if known. Repeating it, even
    after the new branch was begun, changes nothing. Raises `StoreError`.
    """
    hashes = [text(block_hash) for block_hash in block_hashes]
    with named_errors(), engine.begin() as connection:
        lock(connection, chain_id)
        taken_back = sum(
            _retract_findings(connection, chain_id, portion, replaced_by, now) for portion in portions(hashes)
        )
        if any(_are_done(connection, chain_id, portion) for portion in portions(hashes)):
            _move_back(connection, chain_id, common, now)
        return taken_back


def _retract_findings(
    connection: sa.Connection, chain_id: int, hashes: Sequence[str], replaced_by: bytes | None, now: float
) -> int:
    mine = (findings.c.chain_id == chain_id, findings.c.block_hash.in_(hashes), findings.c.retracted_at.is_(None))
    query = sa.select(findings.c.id, findings.c.revision).where(*mine)
    standing = connection.execute(query.order_by(findings.c.block_number, findings.c.id)).all()
    by = text(replaced_by) if replaced_by else None
    for finding_id, revision in standing:
        new = {"revision": revision + 1, "retracted_at": now, "retracted_by": by}
        connection.execute(sa.update(findings).where(findings.c.id == finding_id).values(new))
        outbox.add(connection, finding_id, revision + 1, now)
    return len(standing)


def _are_done(connection: sa.Connection, chain_id: int, hashes: Sequence[str]) -> bool:
    query = sa.select(blocks.c.number).where(blocks.c.chain_id == chain_id, blocks.c.hash.in_(hashes)).limit(1)
    return connection.execute(query).first() is not None


def _move_back(connection: sa.Connection, chain_id: int, common: Header | None, now: float) -> None:
    to = Checkpoint(number=common.number, hash=common.hash) if common else _before_start(connection, chain_id)
    connection.execute(sa.delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.number > to.number))
    if common:
        _keep(connection, chain_id, common, now)
    above = (memories.c.chain_id == chain_id, memories.c.block_number > to.number)
    connection.execute(sa.delete(memories).where(*above))
    gaps.cut_above(connection, chain_id, to.number)
    set_checkpoint(connection, chain_id, to)


def _before_start(connection: sa.Connection, chain_id: int) -> Checkpoint:
    query = sa.select(checkpoints.c.start).where(checkpoints.c.chain_id == chain_id)
    return Checkpoint(number=connection.execute(query).scalar_one() - 1, hash=None)


def _keep(connection: sa.Connection, chain_id: int, header: Header, now: float) -> None:
    """The header the next block stands on; it was not kept if only a finding told of it."""
    mine = (blocks.c.chain_id == chain_id, blocks.c.number == header.number)
    if connection.execute(sa.select(blocks.c.number).where(*mine)).first() is None:
        connection.execute(sa.insert(blocks).values(chain_id=chain_id, done_at=now, **block_row(header)))
