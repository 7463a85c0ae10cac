"""Locks, claims and refunds as rows, and swaps: all of them under one hash, on whatever chain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.detect.detector import Read
from tocsin.detect.detectors._event_bytes import Bytes, number
from tocsin.detect.detectors.htlc._families import BY_TOPIC, Event, Role
from tocsin.tables.columns import NATIVE, PLACE, Column, address, count, digest, schema, text
from tocsin.tables.dataset import Tables

LOCKS = "hash_time_locks"
"""The table of a batch's own rows."""
REMEMBERED: Mapping[str, Column] = {
    "timestamp": count("seconds since 1970", "Of the block."),
    "role": text("lock, claim or refund", "What the row says."),
    "contract": address("Who holds what is locked."),
    "lock_id": digest("The lock, at its contract."),
    "hash": digest("What the secret must hash to; of a lock.", required=False),
    "sender": address("Who locked it.", required=False),
    "receiver": address("Who may claim it.", required=False),
    "token": address("What is locked.", required=False),
    "value_binary": digest("How much.", required=False),
    "until": count("seconds since 1970", "From when the sender may take it back.", required=False),
    "preimage": digest("The secret.", required=False),
    "log_index": count("position from 0", "Of the event."),
}
COLUMNS: Mapping[str, Column] = {**PLACE, **REMEMBERED}
_SCHEMA = schema(COLUMNS)
_NOTHING = pl.DataFrame(schema=_SCHEMA)
READS: Mapping[str, Read] = {
    "logs": Read(
        columns=("log_index", "address", "topic0", "topic1", "topic2", "topic3", "data"), topic0=tuple(BY_TOPIC)
    ),
    "blocks": Read(columns=("timestamp",)),
}

Row: TypeAlias = Mapping[str, Any]


def prepare(tables: Tables) -> Tables:
    """The rows of a batch, beside it."""
    rows = list(_rows(tables["logs"], tables["blocks"]))
    return {LOCKS: pl.DataFrame(rows, schema=_SCHEMA, orient="row") if rows else _NOTHING}


def remember(tables: Tables) -> pl.DataFrame:
    """All of them."""
    return tables[LOCKS]


def _rows(logs: pl.DataFrame, blocks: pl.DataFrame) -> Iterator[Row]:
    if logs.is_empty():
        return
    place = ("chain_id", "block_number", "block_hash")
    times = {tuple(at): time for *at, time in blocks.select(*place, "timestamp").iter_rows() if time is not None}
    for log in logs.iter_rows(named=True):
        time = times.get(tuple(log[name] for name in place))
        if time is not None and (row := _row(BY_TOPIC[log["topic0"]], log)) is not None:
            yield {**row, "timestamp": time}


def _row(event: Event, log: Row) -> Row | None:
    """What an event says; None where it is too short to be one."""
    named = event.id.read(log)
    is_lock = event.role is Role.LOCK
    needed = [named, *(_read(where, log) for where in (event.hash, event.sender, event.receiver) if is_lock)]
    if any(each is None for each in needed):
        return None
    return {
        **{name: log[name] for name in PLACE},
        "role": event.role.value,
        "contract": log["address"],
        "lock_id": named,
        "hash": _read(event.hash, log),
        "sender": _read(event.sender, log),
        "receiver": _read(event.receiver, log),
        "token": (_read(event.token, log) if event.token else NATIVE) if is_lock else None,
        "value_binary": _read(event.amount, log),
        "until": number(_read(event.until, log)),
        "preimage": _read(event.preimage, log),
        "log_index": log["log_index"],
    }


def _read(where: Bytes | None, log: Row) -> bytes | None:
    return None if where is None else where.read(log)


@dataclass(frozen=True, slots=True)
class Leg:
    """A lock, and what became of it."""

    lock: Row
    claims: Sequence[Row]
    refunds: Sequence[Row]

    def is_open(self, at: int) -> bool:
        """Whether nobody had claimed it or taken it back before this time."""
        return not any(row["timestamp"] < at for row in (*self.claims, *self.refunds))

    def refund(self, at: int) -> Row | None:
        """How it was taken back, up to this time."""
        return next((row for row in self.refunds if row["timestamp"] <= at), None)


def swaps(memory: pl.DataFrame, hashes: pl.Series) -> dict[bytes, list[Leg]]:
    """The legs under each of these hashes, in the order of time."""
    locks = memory.filter((pl.col("role") == Role.LOCK.value) & pl.col("hash").is_in(hashes.implode()))
    ends = memory.filter(pl.col("role") != Role.LOCK.value).join(
        locks.select(KEY).unique(), on=KEY, how="semi", nulls_equal=True
    )
    of_lock: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(ends.iter_rows(named=True), key=when):
        of_lock.setdefault(_key(row), []).append(row)
    found: dict[bytes, list[Leg]] = {}
    for lock in sorted(locks.iter_rows(named=True), key=when):
        later = [row for row in of_lock.get(_key(lock), ()) if when(row) >= when(lock)]
        claims, refunds = ([row for row in later if row["role"] == role.value] for role in (Role.CLAIM, Role.REFUND))
        found.setdefault(lock["hash"], []).append(Leg(lock, claims, refunds))
    return found


KEY = ["chain_id", "contract", "lock_id"]
"""What tells apart two locks."""


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def touched(memory: pl.DataFrame, new: pl.DataFrame) -> pl.Series:
    """The hashes that these new rows are about."""
    locks = memory.filter(pl.col("role") == Role.LOCK.value)
    ended = locks.join(new.filter(pl.col("role") != Role.LOCK.value).select(KEY), on=KEY, how="semi", nulls_equal=True)
    return pl.concat([ended["hash"], new["hash"].drop_nulls()]).unique()


def when(row: Row) -> tuple[int, int, int, int]:
    """The order of rows: by time, and within a block as they stand."""
    return (row["timestamp"], row["chain_id"], row["block_number"] or 0, row["log_index"])
