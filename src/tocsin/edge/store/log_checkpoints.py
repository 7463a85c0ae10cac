"""The journal as leaves of a tree, its signed checkpoints, and what third parties say of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.evidence import anchors, log_checkpoints, time_stamps
from tocsin.edge.store.schema.journal import journal, journal_size
from tocsin.respond.evidence.merkle import Frontier

LINES_AT_ONCE, LEAVES_AT_ONCE = 2_000, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCheckpoint:
    """A checkpoint that was signed."""

    size: int
    root: str
    """64 hexadecimal digits."""
    note: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What a time-stamping authority said of a checkpoint."""

    size: int
    authority: str
    response: bytes
    """TimeStampResp of RFC 3161, DER."""
    stamped_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A transaction whose call data holds the root of a checkpoint; without a block until one was read back."""

    size: int
    chain_id: int
    transaction_hash: str
    block_number: int | None
    block_hash: str | None
    anchored_at: float


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is digested, and where it stands."""

    position: int
    stream: str
    sequence: int
    line: bytes
    digest: str
    """As the row has it."""


def journal_length(connection: sa.Connection) -> int:
    """How many entries there are, as far as appending knows."""
    return connection.scalar(sa.select(journal_size.c.size)) or 0


def lines(engine: sa.Engine, start: int, stop: int) -> Iterator[Line]:
    """
    The entries from `start` to before `stop`, in order; ends where one is missing at the end. Raises `StoreError`.

    Each part is a transaction of its own: a page must not wait until a long journal is read, and entries never change.
    """
    query = sa.select(journal.c.position, journal.c.stream, journal.c.sequence, journal.c.line, journal.c.digest)
    while start < stop:
        part = query.where(journal.c.position >= start, journal.c.position < stop).order_by(journal.c.position)
        with named_errors(), engine.begin() as connection:
            rows = connection.execute(part.limit(LINES_AT_ONCE)).all()
        yield from (Line(row.position, row.stream, row.sequence, row.line.encode(), row.digest) for row in rows)
        if len(rows) < LINES_AT_ONCE:
            return
        start = rows[-1].position + 1


def of_streams(connection: sa.Connection, streams: list[str], stop: int) -> tuple[Line, ...]:
    """The entries of these streams before `stop`, in the order of their positions."""
    query = sa.select(journal.c.position, journal.c.stream, journal.c.sequence, journal.c.line, journal.c.digest)
    part = query.where(journal.c.stream.in_(streams), journal.c.position < stop).order_by(journal.c.position)
    rows = connection.execute(part)
    return tuple(Line(row.position, row.stream, row.sequence, row.line.encode(), row.digest) for row in rows)


def leaves(engine: sa.Engine, stop: int) -> Iterator[bytes]:
    """The leaf hashes of the first `stop` entries, as the rows have them, in parts too. Raises `StoreError`."""
    for start in range(0, stop, LEAVES_AT_ONCE):
        end = min(stop, start + LEAVES_AT_ONCE)
        query = sa.select(journal.c.digest).where(journal.c.position >= start, journal.c.position < end)
        with named_errors(), engine.begin() as connection:
            found = connection.scalars(query.order_by(journal.c.position)).all()
        yield from map(bytes.fromhex, found)


def newest(connection: sa.Connection) -> SealedCheckpoint | None:
    """The newest checkpoint."""
    query = sa.select(log_checkpoints).order_by(log_checkpoints.c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _sealed(row)


def every(connection: sa.Connection) -> tuple[SealedCheckpoint, ...]:
    """All checkpoints, oldest first."""
    return tuple(
        _sealed(row) for row in connection.execute(sa.select(log_checkpoints).order_by(log_checkpoints.c.size))
    )


def frontier(connection: sa.Connection, size: int) -> Frontier:
    """What the tree of the checkpoint of this size grows from."""
    query = sa.select(log_checkpoints.c.frontier).where(log_checkpoints.c.size == size)
    return Frontier(size, tuple(map(bytes.fromhex, connection.execute(query).scalar_one().split())))


def insert(connection: sa.Connection, sealed: SealedCheckpoint, tree: Frontier) -> None:
    """Write a checkpoint."""
    row = {"size": sealed.size, "root": sealed.root, "note": sealed.note, "made_at": sealed.made_at}
    hashes = " ".join(each.hex() for each in tree.hashes)
    connection.execute(sa.insert(log_checkpoints).values(frontier=hashes, **row))


def add_time_stamp(connection: sa.Connection, stamp: TimeStamp) -> None:
    """Write what an authority said, once."""
    known = sa.select(time_stamps.c.size).where(
        time_stamps.c.size == stamp.size, time_stamps.c.authority == stamp.authority
    )
    if connection.execute(known).first() is None:
        row = {"size": stamp.size, "authority": stamp.authority, "response": stamp.response}
        connection.execute(sa.insert(time_stamps).values(stamped_at=stamp.stamped_at, **row))


def stamps(connection: sa.Connection) -> tuple[TimeStamp, ...]:
    """All that authorities said, in the order of the checkpoints."""
    columns = (time_stamps.c.size, time_stamps.c.authority, time_stamps.c.response, time_stamps.c.stamped_at)
    query = sa.select(*columns).order_by(time_stamps.c.size, time_stamps.c.authority)
    return tuple(TimeStamp(**row) for row in connection.execute(query).mappings())


def add_anchor(connection: sa.Connection, anchor: Anchor) -> None:
    """Write where a checkpoint is anchored, or in which block that is by now."""
    mine = (anchors.c.chain_id == anchor.chain_id, anchors.c.transaction_hash == anchor.transaction_hash)
    block = {"block_number": anchor.block_number, "block_hash": anchor.block_hash}
    if connection.execute(sa.update(anchors).where(*mine).values(block)).rowcount == 0:
        where = {"chain_id": anchor.chain_id, "transaction_hash": anchor.transaction_hash}
        connection.execute(
            sa.insert(anchors).values(size=anchor.size, anchored_at=anchor.anchored_at, **where, **block)
        )


def anchored(connection: sa.Connection) -> tuple[Anchor, ...]:
    """All anchors, in the order of the checkpoints."""
    columns = [column for column in anchors.c if column.name != "sequence"]
    query = sa.select(*columns).order_by(anchors.c.size, anchors.c.sequence)
    return tuple(Anchor(**row) for row in connection.execute(query).mappings())


def _sealed(row: "sa.Row[tuple[object, ...]]") -> SealedCheckpoint:
    return SealedCheckpoint(size=row.size, root=row.root, note=row.note, made_at=row.made_at)
