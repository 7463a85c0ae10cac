"""What governors and timelocks say they plan and carry out, read from their logs and remembered."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.detectors.control import _events
from tocsin.tables.columns import PLACE, Column, address, digest, schema
from tocsin.tables.dataset import Tables

CREATED = topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)")
CREATED_ONE = topic("ProposalCreated(uint256,address,address,uint256,uint256,string)")
"""A proposal that is a contract, which governance runs as its own code."""
EXECUTED = topic("ProposalExecuted(uint256)")
SCHEDULED = topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")
CALLED = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)")
QUEUED = topic("QueueTransaction(bytes32,address,uint256,string,bytes,uint256)")
QUEUED_CALLED = topic("ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)")
FAMILY = "family:governance"
"""What an attack by way of governance is, for findings to name."""
MIN_DELAY_CHANGE = topic("MinDelayChange(uint256,uint256)")
NO_CODE = "0x" + topic("").hex()
"""The hash of no code at all."""

PLANNING, DOING = (CREATED, CREATED_ONE, SCHEDULED, QUEUED), (EXECUTED, CALLED, QUEUED_CALLED)
MOST_TARGETS = 32
"""Targets of one proposal that are looked at: anybody can write such a log."""
_TARGETS, _DELAY = 2, 6
"""Which word of `ProposalCreated` says where the targets stand, and which of `CallScheduled` is the delay."""

REMEMBERED: Mapping[str, Column] = {
    "governance": address("The governor or timelock."),
    "identity": digest("What it calls the proposal or operation."),
    "target": address("What the proposal is to call."),
}
_NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))


class Step(NamedTuple):
    """One proposal or operation that was planned, or carried out."""

    row: Mapping[str, Any]
    governance: bytes
    identity: bytes
    targets: tuple[bytes, ...]
    delay_seconds: int | None
    """Where the log says so."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it apart from others."""
        return self.row["chain_id"], self.governance, self.identity

    @property
    def transaction(self) -> tuple[Any, ...]:
        """In which transaction."""
        return self.row["block_hash"], self.row["transaction_hash"]


def steps(logs: pl.DataFrame, events: tuple[bytes, ...]) -> Iterator[Step]:
    """What the logs say by these events, in the order of the chain. Attackers write logs: nothing is trusted."""
    for row in _events.in_order(logs):
        words = _events.arguments(row) if row["topic0"] in events else []
        if words:
            yield Step(row, row["address"], words[0], tuple(_targets(row, words)), _delay(row, words))


def _targets(row: Mapping[str, Any], words: list[bytes]) -> list[bytes]:
    if row["topic0"] == CREATED:
        listed = (abi.array(row["data"], _TARGETS) or []) if row["topic1"] is None else []
    else:
        at = {CREATED_ONE: 2, SCHEDULED: 2, CALLED: 2, QUEUED: 1, QUEUED_CALLED: 1}.get(row["topic0"])
        listed = words[at : at + 1] if at is not None else []
    return list(dict.fromkeys(word[-abi.ADDRESS_BYTES :] for word in listed[:MOST_TARGETS]))


def _delay(row: Mapping[str, Any], words: list[bytes]) -> int | None:
    """The last argument of `CallScheduled`."""
    is_told = row["topic0"] == SCHEDULED and len(words) > _DELAY
    return int.from_bytes(words[_DELAY], "big") if is_told else None


def remember(tables: Tables) -> pl.DataFrame:
    """What is planned to be called, in this batch."""
    rows = [
        {**{name: step.row[name] for name in PLACE},
         "governance": step.governance, "identity": step.identity, "target": target}
        for step in steps(tables["logs"], PLANNING)
        for target in step.targets
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_NOTHING.schema, orient="row") if rows else _NOTHING
