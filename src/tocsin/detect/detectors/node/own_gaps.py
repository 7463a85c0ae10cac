"""
The watching itself does not do all it should.

## What it finds
One finding for each detector or channel when it begins, and one when it gets worse.

* high: notices that could not be told; blocks that wait for more than five minutes.
* medium: a detector that failed; blocks that wait longer than the chain takes to make one.

## Why it matters
What is not looked at is not found, and what is not told helps nobody.

## Blind spots
A process that is dead finds nothing, this included: watch its metrics from outside. While the store is away only its
own alert tells. A detection whose rate of findings changes is not noticed. That it is over is not told here; the health
alerts close.

## Triage
`tocsin check` names what is open. Endpoints first, then the store's disk, then the log for a detector that raised:
report it with its error. Do not mute these findings: mend what they name.

## References
- The page on watching live: health alerts and metrics.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.chain.beacon.slots import CLOCKS
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

HIGH_SECONDS = 5 * 60
"""Age of a gap (reference: detection, section 4.40)."""
BLOCK_SECONDS = 12
"""What a block takes on a chain that is not known to take less or more: Ethereum's."""
CONFIDENCE = 0.95
"""It is this installation's own book."""
_TITLES: Mapping[str, str] = {
    "undelivered": "Notices could not be told",
    "failure": "A detector failed",
    "gap": "Blocks wait to be looked at",
}


def grade(tables: Tables) -> Iterator[Graded]:
    """Each thing that is bad enough to tell."""
    for row in tables["self_health"].iter_rows(named=True):
        level = _level(row)
        if level is not None:
            yield Graded(
                row=row,
                subject=f"{row['kind']}:{row['subject']}",
                level=level,
                value=row["age_seconds"],
                whole=row["times"],
                detail=_blocks(row),
            )


def _level(row: Mapping[str, Any]) -> Severity | None:
    if row["kind"] == "undelivered":
        return Severity.HIGH
    if row["kind"] == "failure":
        return Severity.MEDIUM
    clock = CLOCKS.get(row["chain_id"])
    usual = BLOCK_SECONDS if clock is None else clock.seconds_per_slot
    if row["kind"] != "gap" or row["age_seconds"] <= usual:
        return None
    return Severity.HIGH if row["age_seconds"] > HIGH_SECONDS else Severity.MEDIUM


def _blocks(row: Mapping[str, Any]) -> str:
    first, last = row["first_block"], row["last_block"]
    return "" if first is None else f"block {first}" if first == last else f"blocks {first} to {last}"


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when something of the watching is not done."""
    for row in _onsets.onsets(tables):
        kind, _, subject = row["subject"].partition(":")
        whose, blocks = f" of {subject}" if subject else "", f", {row['detail']}" if row["detail"] else ""
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity(row["level"]),
            confidence=CONFIDENCE,
            title=_TITLES[kind],
            summary=f"{_TITLES[kind]}{whose}{blocks}: for {row['value']} seconds so far (times: {row['whole']}).",
            values={
                "kind": kind,
                "subject": subject,
                "blocks": row["detail"],
                "age_seconds": row["value"],
                "times": row["whole"],
            },
            key=row["subject"],
        )


def _wrong(kind: str, block: int = 1, **other: Any) -> dict[str, Any]:
    return {"kind": kind, "block_number": block, "times": 1, **other}


_GAP = {"subject": "reentrancy", "first_block": 90, "last_block": 95}

detector = Detector(
    id="own-gaps",
    severity=Severity.HIGH,
    reads={"self_health": Read(columns=("kind", "subject", "first_block", "last_block", "age_seconds", "times"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="a gap that grows old: medium after a block's time, high after five minutes",
            tables={"self_health": [_wrong("gap", n, age_seconds=a, **_GAP) for n, a in ((1, 9), (2, 13), (3, 301))]},
            finds=(
                {"severity": "medium", "block_number": 2, "values": {"blocks": "blocks 90 to 95"}},
                {"severity": "high", "block_number": 3, "values": {"age_seconds": 301}},
            ),
        ),
        Example(
            says="what is untold is high at once, a detector that failed is medium",
            tables={"self_health": [_wrong("undelivered", subject="file"),
                                    _wrong("failure", subject="arbitrage", first_block=7, last_block=7)]},
            finds=(
                {"severity": "high", "values": {"subject": "file"}},
                {"severity": "medium", "values": {"subject": "arbitrage", "blocks": "block 7"}},
            ),
        ),
        Example(says="a gap as old as a block, and what is not known to be wrong",
                tables={"self_health": [_wrong("gap", age_seconds=12), _wrong("other", age_seconds=900)]}),
    ),
)  # fmt: skip
