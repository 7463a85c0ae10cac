"""
Far more transactions wait than usual.

## What it finds
A node's pool with more than five times as many ready transactions as in the median of the last 300 blocks. One finding
a node when it begins.

* medium: at least 200 earlier looks to compare with.
* low: at least 20.

## Why it matters
A flood pushes everybody's transactions out or makes them dear: liquidations and the transactions of an incident's
response too. It is also how an attack on an auction or an oracle is covered.

## Blind spots
Only recordings with `txpool_status` tell: while watching nobody asks for it. What the node's own pool shows, no more:
pools have limits, and private transactions are in none. Replacements and gaps in nonces are not counted. Popular mints
and airdrops look the same.

## Triage
Look at who sends them: many new accounts, or one contract? Raise the fees that your own emergency transactions offer,
and have a private way to a block builder at hand.

## References
- https://geth.ethereum.org/docs/interacting-with-geth/rpc/ns-txpool
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.node import _medians
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

FEWEST_TRANSACTIONS = 1_000
"""A pool with fewer is no flood, whatever it was before (design)."""
CONFIDENCE = 0.6


def rows(tables: Tables) -> pl.DataFrame:
    """How many wait in each node's pool."""
    found = tables["node_status"].drop_nulls(["block_number", "pending_transactions"])
    return found.with_columns(subject=pl.col("observer"), quantity=pl.col("pending_transactions"))


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when a pool fills."""
    for surge in _medians.surges(tables):
        if surge.quantity < FEWEST_TRANSACTIONS:
            continue
        name = surge.row["subject"] or "the node"
        yield Sighting(
            place=_onsets.place(surge.row),
            severity=surge.severity,
            confidence=CONFIDENCE,
            title="Far more transactions wait than usual",
            summary=f"{surge.quantity} transactions are ready in the pool of {name}; {surge.usual} were usual in the "
            f"last {surge.observations} looks.",
            values={
                "node": name,
                "pending": surge.quantity,
                "usual": surge.usual,
                "observations": surge.observations,
            },
            key=surge.row["subject"],
        )


def _pool(pending: int, block: int) -> dict[str, Any]:
    return {"layer": "execution", "pending_transactions": pending, "block_number": block}


detector = Detector(
    id="mempool-flood",
    severity=Severity.MEDIUM,
    reads={"node_status": Read(columns=("observer", "pending_transactions"))},
    memory=_medians.memory_of(rows),
    run=run,
    examples=(
        Example(
            says="after many looks it is medium, once",
            tables={"node_status": [*(_pool(400, n) for n in range(1, 211)), _pool(2_001, 211), _pool(2_500, 212)]},
            finds=(
                {
                    "severity": "medium",
                    "block_number": 211,
                    "values": {"pending": 2_001, "usual": 400, "observations": 210},
                },
            ),
        ),
        Example(
            says="after a few it is low",
            tables={"node_status": [*(_pool(400, n) for n in range(1, 31)), _pool(9_000, 31)]},
            finds=({"severity": "low", "values": {"observations": 30}},),
        ),
        Example(
            says="five times is not more, nineteen looks are too few, and a small pool is no flood",
            tables={
                "node_status": [
                    *(_pool(400, n) for n in range(1, 31)),
                    _pool(2_000, 31),
                    *({**_pool(1, n), "observer": "new"} for n in range(1, 20)),
                    {**_pool(5_000, 20), "observer": "new"},
                    *({**_pool(3, n), "observer": "small"} for n in range(1, 40)),
                    {**_pool(900, 40), "observer": "small"},
                ]
            },
        ),
    ),
)
