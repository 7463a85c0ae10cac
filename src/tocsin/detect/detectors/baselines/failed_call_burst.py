"""
Many transactions to one contract failed within an hour.

## What it finds
One finding when more than 50 transactions to the same account have failed within an hour, and not again while it goes
on, so that a router that always sees as many is told of once.

* medium: one account sent four fifths of them and had hardly sent anything else before: somebody is probing.
* low: otherwise.

## Why it matters
Whoever looks for a way in fails at first. When a contract is broken or paused users fail in numbers, and often know
it before its operators do.

## Blind spots
Failures inside transactions that succeed, and why they failed, are not looked at. An hour is counted in blocks, and is
cut short on chains with more than 1,800 blocks an hour. Sales and listings that many want to be first at look the same.
Two hours of failed transactions are remembered.

## Triage
Look at what one of them tried, and what it failed with. If it is one sender, see who funded it and what it called
before; if it is many, see whether the contract still works.

## References
- https://github.com/forta-network/starter-kits
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect.accounts import blocks_in
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, Column, address, count
from tocsin.tables.dataset import Tables

MOST_FAILED = 50
"""Within an hour (reference: detection, section 4.14)."""
HOUR_SECONDS, MOST_BLOCKS = 3_600, 1_800
"""An hour, and the most blocks that count as one."""
WINDOW_BLOCKS = 2 * MOST_BLOCKS
"""An hour before each failure of the last hour, so that it is known whether there were too many then."""
DOMINATES = 0.8
"""A sender's share of the failures."""
SENT_BEFORE = 10
"""A sender that had sent no more than this, beside what failed, is new."""
CONFIDENCE = 0.5

REMEMBERED: Mapping[str, Column] = {
    "target": address("What was called."),
    "sender": address("Who sent the transaction."),
    "nonce": count("transactions", "How many the sender had sent before."),
}


class Failed(NamedTuple):
    """One failed transaction."""

    block: int
    position: int
    sender: bytes
    nonce: int


def remember(tables: Tables) -> pl.DataFrame:
    """The failed transactions of a batch that called something."""
    sent = tables["transactions"]
    failed = ~abi.flags(sent["success"], missing=True)
    there = np.all([abi.present(sent[name]) for name in ("to_address", "block_number", "transaction_index")], axis=0)
    rows = rows_where(sent, failed & there)
    renamed = {"target": "to_address", "sender": "from_address", "nonce": "nonce"}
    return pl.DataFrame([*(rows[name] for name in PLACE), *(rows[of].alias(name) for name, of in renamed.items())])


def run(tables: Tables) -> Iterator[Sighting]:
    """The failures of this batch by which there were too many for the first time in an hour."""
    memory, first = tables[MEMORY], tables["transactions"]["block_number"].min()
    if memory.is_empty() or first is None:
        return
    now = rows_where(memory, memory["block_number"].to_numpy() >= first)
    if now.is_empty():
        return
    near = rows_where(memory, abi.among(memory["target"], now["target"].to_arrow()))
    if len(near) <= MOST_FAILED:
        return
    for (chain, target), rows in near.partition_by("chain_id", "target", as_dict=True).items():
        if len(rows) > MOST_FAILED:
            ordered = rows.sort("block_number", "transaction_index")
            yield from _of_target(chain, target, ordered, int(first))  # type: ignore[arg-type]


def _of_target(chain: int, target: bytes, rows: pl.DataFrame, first: int) -> Iterator[Sighting]:
    failed = [Failed(*row) for row in rows.select("block_number", "transaction_index", "sender", "nonce").rows()]
    hour = min(MOST_BLOCKS, blocks_in(chain, HOUR_SECONDS))
    blocks = np.array([each.block for each in failed], dtype=np.int64)
    starts = np.searchsorted(blocks, blocks - hour)
    counts = np.arange(1, len(failed) + 1) - starts
    for end in np.flatnonzero((counts > MOST_FAILED) & (blocks >= first)).tolist():
        start = int(starts[end])
        if counts[start:end].max(initial=0) <= MOST_FAILED:
            yield _sighting(rows.row(end, named=True), target, failed[start : end + 1])


def _sighting(row: Mapping[str, Any], target: bytes, failed: Sequence[Failed]) -> Sighting:
    senders = Counter(each.sender for each in failed)
    sender, most = max(senders.items(), key=lambda each: (each[1], each[0]))
    dominates = most >= DOMINATES * len(failed)
    is_new = max(each.nonce for each in failed if each.sender == sender) + 1 - most <= SENT_BEFORE
    by = f", {most} of them sent by {hexadecimal(sender)}" if dominates else ""
    new = ", which had hardly sent anything before" if dominates and is_new else ""
    return Sighting(
        place=Place.of(row),
        severity=Severity.MEDIUM if dominates and is_new else Severity.LOW,
        confidence=CONFIDENCE,
        title="Many transactions to one contract failed",
        summary=f"{len(failed)} transactions to {hexadecimal(target)} failed within an hour{by}{new}; "
        f"{len(senders)} accounts sent them.",
        entities=(
            Entity("target", str(hexadecimal(target))),
            *(Entity("sender", str(hexadecimal(address))) for address in [sender] if dominates),
        ),
        values={"failed": len(failed), "senders": len(senders), "most_by_one_sender": most},
        key=str(hexadecimal(target)),
    )


def _sent(number: int, sender: str, *, per_block: int = 1, success: bool = False, nonce: int = 0) -> dict[str, Any]:
    return {
        "block_number": 1 + number // per_block, "transaction_index": number % per_block, "from_address": sender,
        "to_address": "vault", "success": success, "nonce": nonce,
    }  # fmt: skip


detector = Detector(
    id="failed-call-burst",
    severity=Severity.MEDIUM,
    reads={"transactions": Read(columns=("from_address", "to_address", "nonce", "success"))},
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="one new account fails again and again, and is told of once",
            tables={"transactions": [_sent(number, "mallory", per_block=4, nonce=3 + number) for number in range(70)]},
            finds=(
                {
                    "severity": "medium",
                    "entities": {"sender": "mallory", "target": "vault"},
                    "values": {"failed": 51, "senders": 1},
                },
            ),
        ),
        Example(
            says="many people fail, or somebody who sends much",
            tables={
                "transactions": [
                    *(_sent(number, f"user-{number}") for number in range(60)),
                    *(
                        {**_sent(number, "bot", nonce=9_000 + number), "to_address": "router", "transaction_index": 1}
                        for number in range(60)
                    ),
                ]
            },
            finds=(
                {"severity": "low", "entities": {"target": "vault"}, "values": {"failed": 51, "senders": 51}},
                {"severity": "low", "entities": {"target": "router", "sender": "bot"}},
            ),
        ),
        Example(
            says="fifty failures, as many again much later, and any number of successes are left alone",
            tables={
                "transactions": [
                    *(_sent(number, "mallory", per_block=2) for number in range(50)),
                    *(_sent(number, "mallory", per_block=2) for number in range(800, 850)),
                    *(_sent(number, "alice", success=True) | {"transaction_index": 7} for number in range(90)),
                ]
            },
        ),
    ),
)
