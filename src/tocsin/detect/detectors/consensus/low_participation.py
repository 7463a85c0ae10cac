"""
Less than two thirds of the stake attest.

## What it finds
critical: an epoch in which the balance that attested is below two thirds of the active balance. Without two thirds no
checkpoint is justified, and none becomes final. One finding when it begins. Confidence 0.95 when two beacon nodes
agree, 0.5 with one.

## Why it matters
It is the cause of lost finality, seen about an epoch before: a client with a large share has failed, the network is
split, or somebody who holds a third of the stake withholds it.

## Blind spots
Only Lighthouse tells participation by balance. A node on a minority branch sees low participation on a chain that is
well elsewhere. That it is over is not told.

## Triage
Compare with a public explorer and with a beacon node of another client. If the chain is well elsewhere, this node is on
the wrong branch: stop its validators before they attest to it. If not, treat nothing as final.

## References
- https://eth2book.info/latest/part2/consensus/casper_ffg/
- https://lighthouse-book.sigmaprime.io/api_lighthouse.html
"""

from collections.abc import Iterator

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

NEEDED, OF = 2, 3
"""Justification needs two thirds of the active balance (reference: detection, section 4.39)."""


def grade(tables: Tables) -> Iterator[Graded]:
    """Each block whose nodes all see too little of the balance attesting."""
    for group in _onsets.by_block(tables["participation"].filter(pl.col("active_gwei") > 0)):
        best = max(group, key=lambda row: row["attesting_gwei"] / row["active_gwei"])
        if OF * best["attesting_gwei"] < NEEDED * best["active_gwei"]:
            yield Graded(
                row=best,
                subject="participation",
                level=Severity.CRITICAL,
                value=best["attesting_gwei"],
                whole=best["active_gwei"],
                observers=len({row["observer"] for row in group}),
                detail="an epoch" if best["epoch"] is None else f"epoch {best['epoch']}",
            )


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when participation falls below two thirds."""
    for row in _onsets.onsets(tables):
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity.CRITICAL,
            confidence=_onsets.confidence(row["observers"]),
            title="Less than two thirds of the stake attest",
            summary=f"In {row['detail']} validators with {row['value']} of {row['whole']} gwei of active balance "
            f"attested ({100 * row['value'] // row['whole']} %). Nothing becomes final below two thirds. "
            f"{row['observers']} beacon nodes say so.",
            values={
                "attesting_gwei": row["value"],
                "active_gwei": row["whole"],
                "observers": row["observers"],
            },
            key="participation",
        )


def _epoch(attesting: int, block: int = 1, **other: str) -> dict[str, int | str]:
    return {"epoch": 7, "active_gwei": 900, "attesting_gwei": attesting, "block_number": block, **other}


detector = Detector(
    id="low-participation",
    severity=Severity.CRITICAL,
    reads={"participation": Read(columns=("observer", "epoch", "active_gwei", "attesting_gwei"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="a third of the balance is silent; it is told once",
            tables={"participation": [_epoch(880), _epoch(599, 33), _epoch(590, 65)]},
            finds=(
                {
                    "severity": "critical",
                    "confidence": 0.5,
                    "block_number": 33,
                    "values": {"attesting_gwei": 599, "active_gwei": 900},
                },
            ),
        ),
        Example(
            says="two nodes agree",
            tables={"participation": [_epoch(500, observer="one"), _epoch(510, observer="other")]},
            finds=({"confidence": 0.95, "values": {"attesting_gwei": 510, "observers": 2}},),
        ),
        Example(
            says="two thirds are enough, and so is one node that sees them",
            tables={"participation": [_epoch(600), _epoch(100, 2, observer="lost"), _epoch(890, 2, observer="well")]},
        ),
    ),
)
