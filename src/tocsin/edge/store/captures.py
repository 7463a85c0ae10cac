"""Captures: what is still to be asked of a chain's nodes for an incident, as rows, so that no crash forgets it."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.schema.evidence import captures
from tocsin.model.errors import Outdated

JOBS_AT_ONCE = 20
COVERED = "covered"
"""In the place of a finality: another job is of the same transaction, and tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be captured."""

    incident: str
    alert: str
    chain_id: int
    block_number: int
    block_hash: str
    transaction_hash: str
    """Empty for the block alone."""
    accounts: tuple[str, ...]
    """Addresses that the alert names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A capture that is to be made, or was."""

    sequence: int
    wanted: Wanted
    asked_at: float
    attempts: int
    evidence: str | None


def want(connection: sa.Connection, wanted: Iterable[Wanted], *, now: float) -> int:
    """Write jobs, each once for one incident, chain, block and transaction; how many are new."""
    new = 0
    for each in wanted:
        mine = (
            captures.c.incident == each.incident,
            captures.c.chain_id == each.chain_id,
            captures.c.block_hash == each.block_hash,
            captures.c.transaction_hash == each.transaction_hash,
        )
        if connection.execute(sa.select(captures.c.sequence).where(*mine)).first() is None:
            connection.execute(sa.insert(captures).values({**_row(each), "asked_at": now, "next_try_at": now}))
            new += 1
    return new


def due(connection: sa.Connection, now: float) -> tuple[Job, ...]:
    """Those to be made now, the longest waiting first."""
    query = sa.select(captures).where(captures.c.done_at.is_(None), captures.c.next_try_at <= now)
    rows = connection.execute(query.order_by(captures.c.sequence).limit(JOBS_AT_ONCE))
    return tuple(_job(row) for row in rows)


def covered(connection: sa.Connection, job: Job, block_hash: str, *, now: float) -> bool:
    """
    Whether another job is of this transaction in the block that it is in; this one is then done with it.

    Two alerts of one incident may name the same transaction and be of different blocks themselves.
    """
    mine = (
        captures.c.sequence != job.sequence,
        captures.c.incident == job.wanted.incident,
        captures.c.chain_id == job.wanted.chain_id,
        captures.c.block_hash == block_hash,
        captures.c.transaction_hash == job.wanted.transaction_hash,
    )
    other = connection.execute(sa.select(captures.c.evidence).where(*mine)).first()
    if other is not None:
        told = {"done_at": now, "evidence": other.evidence, "error": "", "finality": COVERED}
        connection.execute(sa.update(captures).where(captures.c.sequence == job.sequence).values(told))
    return other is not None


def done(connection: sa.Connection, sequence: int, evidence: str, block: tuple[int, str], *, now: float) -> None:
    """It is made, of the block of this height and hash. Raises `Outdated` where another process made it meanwhile."""
    mine = (captures.c.sequence == sequence, captures.c.done_at.is_(None))
    told = {
        "done_at": now,
        "evidence": evidence,
        "error": "",
        "block_number": block[0],
        "block_hash": block[1],
    }
    written = connection.execute(sa.update(captures).where(*mine).values(told))
    if written.rowcount == 0:
        raise Outdated(f"capture {sequence} was made by another process meanwhile")


def failed(connection: sa.Connection, sequence: int, error: str, *, next_try_at: float) -> None:
    """It could not be made; it is tried again."""
    again = {"attempts": captures.c.attempts + 1, "error": error[:500], "next_try_at": next_try_at}
    connection.execute(sa.update(captures).where(captures.c.sequence == sequence).values(again))


def is_any_open(connection: sa.Connection, chain_id: int) -> bool:
    """Whether a capture on this chain failed and is not made yet."""
    mine = (captures.c.chain_id == chain_id, captures.c.done_at.is_(None), captures.c.attempts > 0)
    return connection.execute(sa.select(captures.c.sequence).where(*mine).limit(1)).first() is not None


def not_final(connection: sa.Connection, chain_id: int) -> tuple[Job, ...]:
    """Those that are made, of blocks of which the chain has not said yet whether they stay."""
    mine = (captures.c.chain_id == chain_id, captures.c.finality == "", captures.c.done_at.is_not(None))
    rows = connection.execute(sa.select(captures).where(*mine).order_by(captures.c.sequence).limit(JOBS_AT_ONCE))
    return tuple(_job(row) for row in rows)


def settle(connection: sa.Connection, sequence: int, finality: str) -> bool:
    """The chain has said; False where that is known already."""
    mine = (captures.c.sequence == sequence, captures.c.finality == "")
    return connection.execute(sa.update(captures).where(*mine).values(finality=finality)).rowcount > 0


def _row(wanted: Wanted) -> dict[str, object]:
    return {
        "incident": wanted.incident,
        "alert": wanted.alert,
        "chain_id": wanted.chain_id,
        "block_number": wanted.block_number,
        "block_hash": wanted.block_hash,
        "transaction_hash": wanted.transaction_hash,
        "accounts": " ".join(wanted.accounts),
        "attempts": 0,
        "error": "",
        "finality": "",
    }


def _job(row: "sa.Row[tuple[object, ...]]") -> Job:
    wanted = Wanted(
        incident=row.incident,
        alert=row.alert,
        chain_id=row.chain_id,
        block_number=row.block_number,
        block_hash=row.block_hash,
        transaction_hash=row.transaction_hash,
        accounts=tuple(row.accounts.split()),
    )
    return Job(
        sequence=row.sequence, wanted=wanted, asked_at=row.asked_at, attempts=row.attempts, evidence=row.evidence
    )
