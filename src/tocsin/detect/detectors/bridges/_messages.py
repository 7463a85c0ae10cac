"""
The messages of bridges as rows: what was sent and what arrived, by the same columns whatever the bridge.

Beside them stands a row every two minutes of each chain that says no more than that it was seen then: without it a
chain on which nothing was sent could not be told from one that nobody looked at.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import BLOCK_SECONDS, USUAL_BLOCK_SECONDS
from tocsin.detect.detector import Read
from tocsin.detect.detectors._event_bytes import Bytes, number
from tocsin.detect.detectors.bridges._families import BY_TOPIC, TOPICS, Event, Role
from tocsin.tables.columns import PLACE, Column, address, count, digest, octets, schema, text
from tocsin.tables.dataset import Tables

BEAT_SECONDS = 120
"""Of each such period the first block is remembered."""
MESSAGES = "bridge_messages"
"""The table of a batch's own rows."""

REMEMBERED: Mapping[str, Column] = {
    "timestamp": count("seconds since 1970", "Of the block."),
    "role": text("deposit, release or beat", "What the row says."),
    "channel": text("name", "Which bridge, and which way over it."),
    "id": octets("What both ends say of the same message."),
    "number": count("messages", "The message's number.", required=False),
    "counter": octets("What the number is counted for, beside the source chain."),
    "value_binary": digest("How much, where the event says so.", required=False),
    "beneficiary": address("For whom, where the event says so.", required=False),
    "contract": address("Who emitted it."),
    "source": count("EIP-155 chain id", "Where it was sent.", required=False),
    "target": count("EIP-155 chain id", "Where it arrives.", required=False),
    "log_index": count("position from 0", "Of the event."),
}
COLUMNS: Mapping[str, Column] = {**PLACE, **REMEMBERED}
_SCHEMA = schema(COLUMNS)
_NOTHING = pl.DataFrame(schema=_SCHEMA)
READS: Mapping[str, Read] = {
    "logs": Read(
        columns=("log_index", "address", "topic0", "topic1", "topic2", "topic3", "data"),
        topic0=TOPICS,
    ),
    "blocks": Read(columns=("timestamp",)),
}

Row: TypeAlias = dict[str, Any]


def prepare(tables: Tables) -> Tables:
    """The rows of a batch, beside it."""
    rows = [*_beats(tables["blocks"]), *_messages(tables["logs"], tables["blocks"])]
    return {MESSAGES: pl.DataFrame(rows, schema=_SCHEMA, orient="row") if rows else _NOTHING}


def remember(tables: Tables) -> pl.DataFrame:
    """All of them."""
    return tables[MESSAGES]


def _beats(blocks: pl.DataFrame) -> Iterator[Row]:
    """The first block of each period, by its own time alone: so it is the same whatever it is looked at with."""
    nothing = dict.fromkeys(COLUMNS)
    no_message = {"role": Role.BEAT.value, "channel": "", "id": b"", "counter": b"", "contract": b"", "log_index": 0}
    for chain_id, height, hash_, time in blocks[["chain_id", "block_number", "block_hash", "timestamp"]].rows():
        if time is not None and time % BEAT_SECONDS < max(1.0, BLOCK_SECONDS.get(chain_id, USUAL_BLOCK_SECONDS)):
            place = {"chain_id": chain_id, "block_number": height, "block_hash": hash_, "timestamp": time}
            yield {**nothing, **place, **no_message}


def _messages(logs: pl.DataFrame, blocks: pl.DataFrame) -> Iterator[Row]:
    """A row for each message that an event tells of, in a block whose time is known."""
    if logs.is_empty():
        return
    times = {(chain, height, hash_): time for chain, height, hash_, time in blocks.select(
        "chain_id", "block_number", "block_hash", "timestamp").iter_rows() if time is not None}  # fmt: skip
    before: dict[tuple[Any, ...], Row] = {}
    for log in logs.sort("chain_id", "block_number", "transaction_index", "log_index").iter_rows(named=True):
        time = times.get((log["chain_id"], log["block_number"], log["block_hash"]))
        previous = before.get((log["chain_id"], log["transaction_hash"], log["log_index"] - 1))
        before = {(log["chain_id"], log["transaction_hash"], log["log_index"]): log}
        for event in BY_TOPIC[log["topic0"]]:
            if time is not None and (message := _message(event, log, previous)) is not None:
                yield {**message, "timestamp": time}


def _message(event: Event, log: Row, previous: Row | None) -> Row | None:
    """What an event says; None where it is too short to be one, or tells of a chain that the bridge does not know."""
    parts = [_read(each, log) for each in (*event.id, *event.counted_for)]
    if any(part is None for part in parts):
        return None
    there, chain = _other_chain(event, log, previous), log["chain_id"]
    is_deposit = event.role is Role.DEPOSIT
    source, target = (chain, there) if is_deposit else (there, chain)
    route = (target or 0).to_bytes(8, "big") if event.is_counted_per_target else b""
    return {
        **{name: log[name] for name in PLACE},
        "role": event.role.value,
        "channel": event.channel,
        "id": b"".join(part or b"" for part in parts[: len(event.id)]),
        "number": number(_read(event.number, log)),
        "counter": b"".join(part or b"" for part in parts[len(event.id) :]) + route,
        "value_binary": _read(event.amount, log),
        "beneficiary": _read(event.beneficiary, log),
        "contract": log["address"],
        "source": source,
        "target": target,
        "log_index": log["log_index"],
    }


def _other_chain(event: Event, log: Row, previous: Row | None) -> int | None:
    """The chain at the other end; None where nobody says, or it is none that is known."""
    if event.other_chain_before:
        is_right = previous is not None and previous["address"] == log["address"]
        log = previous if previous is not None and is_right and _is(previous, event.other_chain_before) else {}
    domain = number(_read(event.other_chain, log)) if log else None
    if domain is None:
        return None
    return event.domains.get(domain) if event.domains else domain


def _is(log: Row, signature: str) -> bool:
    return bool(log["topic0"] == topic(signature))


def _read(where: Bytes | None, log: Row) -> bytes | None:
    return None if where is None else where.read(log)
