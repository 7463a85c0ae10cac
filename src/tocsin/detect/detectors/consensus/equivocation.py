"""
A validator proposed two blocks in one slot.

## What it finds
medium: two beacon blocks with different roots, of one slot and one proposer. One finding for each block beyond the
first. Confidence 0.95 when two beacon nodes show it, 0.5 with one.

## Why it matters
It is against the rules, and the validator will be slashed for it. Whoever does it on purpose gains something worth more
than the stake: to see a block builder's transactions and publish others, or to split the network. Two machines that run
the same key do it by mistake.

## Blind spots
A node shows a second block only if it was asked for the headers of the slot while it still kept both. Blocks whose
header was not asked for have no root. Signatures are not checked: that is the node's word.

## Triage
If the validator is yours, stop both machines that hold the key at once: each further block or attestation adds nothing
but risk. If not, look at what the two blocks hold differently, and which one was kept.

## References
- https://eth2book.info/latest/part2/incentives/slashing/
- https://github.com/ethereum/beacon-APIs/blob/master/apis/beacon/blocks/headers.yaml
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.model.finding import Severity, Sighting, hexadecimal
from tocsin.tables.columns import Column, count, digest, text
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 64
"""Two blocks of one slot are seen within so many blocks, if ever (design: two epochs)."""
REMEMBERED: Mapping[str, Column] = {
    "observer": text("name", "Which node showed it."),
    "slot": count("slot", "When it was proposed."),
    "proposer_index": count("validator index", "Who proposed it."),
    "block_root": digest("Its root."),
}


def remember(tables: Tables) -> pl.DataFrame:
    """The roots of a batch."""
    rows = tables["beacon_blocks"].filter(pl.col("block_root").is_not_null())
    return kept(rows, REMEMBERED)


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting of each block that is not the first of its slot and proposer."""
    whose = ["chain_id", "slot", "proposer_index"]
    if not (fresh := remember(tables).height):
        return
    memory = _recent(tables[MEMORY], fresh)
    numbered = memory.with_row_index("row").with_columns(is_new=pl.col("row") >= memory.height - fresh)
    several = numbered.filter(pl.col("block_root").n_unique().over(whose) > 1)
    for _, group in several.group_by(whose, maintain_order=True):
        yield from _second(group.sort("block_number", "block_root", "observer", nulls_last=False).to_dicts())


def _recent(memory: pl.DataFrame, fresh: int) -> pl.DataFrame:
    """What may be of the same slot as the newest rows; rows without a known block go on being so."""
    first = memory["block_number"].tail(fresh).min()
    if not isinstance(first, int):
        return memory
    return memory.filter(pl.col("block_number").is_null() | (pl.col("block_number") + WINDOW_BLOCKS >= first))


def _second(rows: list[dict[str, Any]]) -> Iterator[Sighting]:
    """The first row of each root that comes when another is known already."""
    known: list[dict[str, Any]] = []
    for row in rows:
        near = [one for one in known if _is_near(one, row)]
        others = {one["block_root"] for one in near} - {row["block_root"]}
        is_first = all(one["block_root"] != row["block_root"] for one in near)
        if row["is_new"] and others and is_first:
            showing = {one["observer"] for one in rows if one["block_root"] == row["block_root"] and _is_near(row, one)}
            yield _sighting(row, min(others), len(showing))
        known.append(row)


def _is_near(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    numbers = one["block_number"], other["block_number"]
    return None in numbers or abs(numbers[0] - numbers[1]) <= WINDOW_BLOCKS


def _sighting(row: Mapping[str, Any], other: bytes, observers: int) -> Sighting:
    first, second = str(hexadecimal(other)), str(hexadecimal(row["block_root"]))
    return Sighting(
        place=_onsets.place(row),
        severity=Severity.MEDIUM,
        confidence=_onsets.confidence(observers),
        title="A validator proposed two blocks in one slot",
        summary=f"Validator {row['proposer_index']} proposed {first} and {second}, both in slot {row['slot']}.",
        values={
            "proposer_index": row["proposer_index"],
            "slot": row["slot"],
            "block_roots": (first, second),
            "observers": observers,
        },
        key=f"{row['slot']}:{row['proposer_index']}:{second}",
    )


def _header(root: str, slot: int = 64, proposer: int = 7, **other: Any) -> dict[str, Any]:
    return {"slot": slot, "proposer_index": proposer, "block_root": root, "parent_root": "before", **other}


detector = Detector(
    id="equivocation",
    severity=Severity.MEDIUM,
    reads={"beacon_blocks": Read(columns=("observer", "slot", "proposer_index", "block_root"))},
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="two roots of one slot and proposer, the second seen a block later",
            tables={
                "beacon_blocks": [_header("one"), _header("other", block_number=2), _header("other", block_number=3)]
            },
            finds=(
                {
                    "severity": "medium",
                    "confidence": 0.5,
                    "block_number": 2,
                    "values": {"slot": 64, "proposer_index": 7},
                },
            ),
        ),
        Example(
            says="two nodes show the second",
            tables={"beacon_blocks": [_header("a"), _header("b", observer="one"), _header("b", observer="other")]},
            finds=({"confidence": 0.95, "values": {"observers": 2}},),
        ),
        Example(
            says="one block seen twice, two slots of one proposer, two proposers of one slot on two chains' branches",
            tables={
                "beacon_blocks": [
                    _header("one"),
                    _header("one", block_number=2),
                    _header("next", slot=65),
                    _header("another", proposer=8),
                ]
            },
        ),
    ),
)
