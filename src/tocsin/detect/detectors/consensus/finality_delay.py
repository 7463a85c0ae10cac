"""
The chain has stopped finalising.

## What it finds
The distance, in epochs, between the head and the newest final checkpoint, where it is more than the two epochs it
always is. One finding when it begins and one when it gets worse.

* high: more than four epochs. Validators who do not attest are now losing their stake (the inactivity leak).
* low: three or four.

Where several beacon nodes are asked, the one that sees the shortest distance counts: confidence 0.95 when two or more
agree that it is too long, 0.5 with one.

## Why it matters
What is not final can be undone. Bridges, exchanges and everybody who waits for finality stops, or should.

## Blind spots
A beacon node that has lost its peers sees a finality that stands still though the chain is well: see `head-lag` and
`few-peers` first. A chain whose head has stopped too shows no growing distance; missed slots do. That it is over is not
told.

## Triage
Compare with a public explorer. If it is only this node: mend it. If it is the chain: stop crediting deposits, pause
bridges and anything else that counts on finality, and follow the client teams' channels.

## References
- https://eth2book.info/latest/part2/incentives/inactivity/
- https://github.com/ethereum/beacon-APIs
"""

from collections.abc import Iterator

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

NORMAL_EPOCHS = 2
"""Finality is this far behind the head when all is well (reference: detection, section 4.39)."""
LEAK_EPOCHS = 4
"""Beyond this the inactivity leak begins (the same)."""


def grade(tables: Tables) -> Iterator[Graded]:
    """Each block whose nodes all see finality too far behind."""
    rows = tables["finality"].filter(pl.col("head_epoch").is_not_null())
    for group in _onsets.by_block(rows):
        distances = {row["observer"]: row["head_epoch"] - row["finalized_epoch"] for row in group}
        distance = min(distances.values())
        if distance > NORMAL_EPOCHS:
            yield Graded(
                row=group[0],
                subject="finality",
                level=Severity.HIGH if distance > LEAK_EPOCHS else Severity.LOW,
                value=distance,
                whole=max(row["finalized_epoch"] for row in group),
                observers=len(distances),
            )


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when finality falls behind, and when it falls further."""
    for row in _onsets.onsets(tables):
        is_leaking = row["level"] >= Severity.HIGH
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity(row["level"]),
            confidence=_onsets.confidence(row["observers"]),
            title=f"The chain has not finalised for {row['value']} epochs",
            summary=f"The newest final checkpoint is of epoch {row['whole']}, {row['value']} epochs behind the head; "
            f"{NORMAL_EPOCHS} are normal. {row['observers']} beacon nodes say so. "
            + ("Validators who do not attest lose stake now." if is_leaking else "It may still catch up."),
            values={
                "epochs": row["value"],
                "finalized_epoch": row["whole"],
                "observers": row["observers"],
            },
            key="finality",
        )


def _seen(head: int, final: int, block: int = 1, **other: str) -> dict[str, int | str]:
    return {"head_epoch": head, "finalized_epoch": final, "block_number": block, **other}


detector = Detector(
    id="finality-delay",
    severity=Severity.HIGH,
    reads={"finality": Read(columns=("observer", "head_epoch", "finalized_epoch"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="the head runs away from finality: once when it begins, once when the leak does",
            tables={"finality": [_seen(10 + n, 8, 1 + 32 * n) for n in range(6)]},
            finds=(
                {"severity": "low", "confidence": 0.5, "values": {"epochs": 3, "finalized_epoch": 8}},
                {"severity": "high", "values": {"epochs": 5}},
            ),
        ),
        Example(
            says="two nodes that agree are believed",
            tables={"finality": [_seen(20, 8, observer="one"), _seen(21, 8, observer="other")]},
            finds=({"severity": "high", "confidence": 0.95, "values": {"epochs": 12}},),
        ),
        Example(
            says="two epochs are normal, and one node that sees finality is enough",
            tables={"finality": [_seen(10, 8), _seen(20, 8, 2, observer="lost"), _seen(20, 18, 2, observer="well")]},
        ),
    ),
)
