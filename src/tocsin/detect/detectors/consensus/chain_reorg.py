"""
The chain went over to another branch.

## What it finds
A change of branch that a beacon node announced, by how many slots back the branches part. One finding for each new
head.

* critical: the branches part before the newest final checkpoint, more than two epochs back. That cannot happen while
  fewer than a third of the stake break the rules.
* high: six slots or more.
* medium: two to five.
* info: one slot. These are ordinary.

Confidence 0.95 when two nodes announce the same new head, 0.5 with one.

## Why it matters
What was in the blocks that were left may not be in the new ones: a deposit that was credited can be gone. Deep changes
are how double spends are made.

## Blind spots
Nothing is announced twice: what happened while nobody listened is not known, though the watching itself follows every
change of branch of its blocks and takes back what it found in them. Without `finality` a change beyond it is high.

## Triage
See whether this node was out of sync or alone (`head-lag`, `few-peers`): an isolated node sees deep changes that the
network did not have. Otherwise check every deposit that was credited in the blocks that were left, and raise the number
of confirmations until the cause is known.

## References
- https://github.com/ethereum/beacon-APIs/blob/master/apis/eventstream/index.yaml
- https://eth2book.info/latest/part2/consensus/overview/
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.chain.beacon.slots import slots_per_epoch
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.model.finding import Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

WARN_SLOTS, DEEP_SLOTS = 2, 6
"""From which depth on it is medium, and high (reference: detection, section 4.39)."""
FINAL_AFTER_EPOCHS = 2
"""No checkpoint is final sooner (the same): a change less deep that seems to go beyond one was told late."""


def grade(tables: Tables) -> Iterator[Graded]:
    """Each new head that was gone over to."""
    final = _final(tables)
    for group in _onsets.by_block(tables["reorgs"], "new_head_root"):
        deepest = max(group, key=lambda row: row["depth"])
        yield Graded(
            row=deepest,
            subject=str(hexadecimal(deepest["new_head_root"])),
            level=_level(deepest, final.get((deepest["chain_id"], deepest["block_number"]))),
            value=deepest["depth"],
            whole=deepest["slot"],
            observers=len({row["observer"] for row in group}),
            detail=str(hexadecimal(deepest["old_head_root"])),
        )


def _final(tables: Tables) -> Mapping[tuple[int, int | None], int]:
    """The newest final epoch by chain and block, where it is known."""
    if "finality" not in tables:
        return {}
    newest = tables["finality"].group_by("chain_id", "block_number").agg(pl.col("finalized_epoch").max())
    return {(chain_id, number): epoch for chain_id, number, epoch in newest.iter_rows()}


def _level(row: Mapping[str, Any], final_epoch: int | None) -> Severity:
    epoch_slots = slots_per_epoch(row["chain_id"])
    is_beyond = final_epoch is not None and row["slot"] - row["depth"] < final_epoch * epoch_slots
    if is_beyond and row["depth"] > FINAL_AFTER_EPOCHS * epoch_slots:
        return Severity.CRITICAL
    if row["depth"] >= DEEP_SLOTS:
        return Severity.HIGH
    return Severity.MEDIUM if row["depth"] >= WARN_SLOTS else Severity.INFO


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting of each change of branch."""
    for row in _onsets.onsets(tables):
        beyond = " That is before the newest final checkpoint." if row["level"] == Severity.CRITICAL else ""
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity(row["level"]),
            confidence=_onsets.confidence(row["observers"]),
            title=f"The chain went over to another branch, {row['value']} slots back",
            summary=f"At slot {row['whole']} the head {row['detail']} was left for {row['subject']}; the branches part "
            f"{row['value']} slots back.{beyond} {row['observers']} beacon nodes announced it.",
            values={
                "depth_slots": row["value"],
                "slot": row["whole"],
                "old_head_root": row["detail"],
                "new_head_root": row["subject"],
                "observers": row["observers"],
            },
            key=row["subject"],
        )


def _change(depth: int, to: str, **other: Any) -> dict[str, Any]:
    return {"slot": 6_400, "depth": depth, "old_head_root": "old", "new_head_root": to, **other}


_FINAL = [{"finalized_epoch": 198}]

detector = Detector(
    id="chain-reorg",
    severity=Severity.CRITICAL,
    reads={
        "reorgs": Read(columns=("observer", "slot", "depth", "old_head_root", "new_head_root")),
        "finality": Read(columns=("finalized_epoch",), optional=True),
    },
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="by depth: one slot, two, six, and before the final checkpoint",
            tables={
                "reorgs": [_change(1, "a"), _change(2, "b"), _change(6, "c"), _change(70, "d")],
                "finality": _FINAL,
            },
            finds=(
                {"severity": "info", "values": {"depth_slots": 1}},
                {"severity": "medium", "values": {"depth_slots": 2}},
                {"severity": "high", "values": {"depth_slots": 6}},
                {"severity": "critical", "values": {"depth_slots": 70}},
            ),
        ),
        Example(
            says="two nodes announce the same head, one of them again later",
            tables={
                "reorgs": [
                    _change(7, "a", observer="one"),
                    _change(7, "a", observer="other"),
                    _change(7, "a", observer="one", block_number=2),
                ],
                "finality": _FINAL,
            },
            finds=({"severity": "high", "confidence": 0.95, "block_number": 1},),
        ),
        Example(
            says="one slot, told so late that the checkpoint after it is final",
            tables={"reorgs": [_change(1, "a")], "finality": [{"finalized_epoch": 200}]},
            finds=({"severity": "info", "values": {"depth_slots": 1}},),
        ),
        Example(says="finality without a change of branch is left alone", tables={"finality": _FINAL}),
    ),
)
