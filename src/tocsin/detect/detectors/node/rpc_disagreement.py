"""
Two nodes follow different chains.

## What it finds
high: two nodes whose newest blocks had different hashes at one height, and again at a height two or more above it, with
no height between or after at which they agreed. One finding for two nodes when it begins.

## Why it matters
One of them is on another branch, of another chain, or lies. What is read from it is not what happened: a payment seen
there may not exist.

## Blind spots
Two nodes are only compared at heights that both had as their newest block when they were looked at: while watching,
only when both are up to date, and only with the looks that `beacon_urls` switch on. Of beacon nodes no hash is told
while they are behind. Whoever reads blocks is not misled: the endpoints are compared at each height before a block is
taken.

## Triage
Ask a third source for the block at that height. Take the node that stands alone out of the endpoints; if it is your
own, see which client and version it runs, and whether others with the same follow the same branch.

## References
- https://ethereum.org/en/developers/docs/apis/json-rpc/#eth_getblockbynumber
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.model.finding import Severity, Sighting, hexadecimal
from tocsin.tables.columns import Column, count, digest, text
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 32
SETTLED_BLOCKS = 2
"""A difference this old is no ordinary change of branch (reference: detection, section 4.40)."""
CONFIDENCE = 0.8
"""The same."""
REMEMBERED: Mapping[str, Column] = {
    "observer": text("name", "Which node."),
    "layer": text("execution, consensus", "What kind of node."),
    "head_number": count("block height or slot", "Its newest block."),
    "head_hash": digest("The hash of that block."),
}


def remember(tables: Tables) -> pl.DataFrame:
    """The newest block of each node."""
    rows = tables["node_status"].drop_nulls(["block_number", "head_number", "head_hash"])
    return kept(rows, REMEMBERED)


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each two nodes that have been apart for long enough."""
    new = remember(tables)
    if new.is_empty() or not _differ(tables[MEMORY]):
        return
    for chain_id, layer, heads in _by_layer(tables[MEMORY]):
        mine = new.filter((pl.col("chain_id") == chain_id) & (pl.col("layer") == layer))
        rows = {row["block_number"]: row for row in mine.sort("block_hash", descending=True).iter_rows(named=True)}
        for one, other in combinations(sorted({head["observer"] for head in heads}), 2):
            for number in sorted(rows):
                if _parted_at(heads, (one, other), number) and not _parted_at(heads, (one, other), number - 1):
                    yield _sighting(rows[number], heads, one, other)


def _differ(memory: pl.DataFrame) -> bool:
    """Whether any two rows of one height have different hashes at all."""
    heights = memory.group_by("chain_id", "layer", "head_number").agg(pl.col("head_hash").n_unique().alias("hashes"))
    return bool((heights["hashes"] > 1).any())


def _by_layer(memory: pl.DataFrame) -> Iterator[tuple[int, str, list[dict[str, Any]]]]:
    for (chain_id, layer), group in memory.group_by("chain_id", "layer", maintain_order=True):
        yield int(str(chain_id)), str(layer), group.sort("block_number", "head_number").to_dicts()


def _parted_at(heads: list[dict[str, Any]], pair: tuple[str, str], number: int) -> int | None:
    """The height from which two nodes differ as seen at a block; None where they agreed, or it is too new."""
    known: dict[int, dict[str, bytes]] = {}
    for head in heads:
        if number - WINDOW_BLOCKS <= head["block_number"] <= number and head["observer"] in pair:
            known.setdefault(head["head_number"], {})[head["observer"]] = head["head_hash"]
    apart: list[int] = []
    for height in sorted(known, reverse=True):
        hashes = known[height]
        if len(hashes) == 2:
            if len(set(hashes.values())) == 1:
                break
            apart.append(height)
    return apart[-1] if apart and apart[0] - apart[-1] >= SETTLED_BLOCKS else None


def _sighting(row: Mapping[str, Any], heads: list[dict[str, Any]], one: str, other: str) -> Sighting:
    height = _parted_at(heads, (one, other), row["block_number"])
    near = [head for head in heads if head["head_number"] == height and head["block_number"] <= row["block_number"]]
    hashes = {head["observer"]: str(hexadecimal(head["head_hash"])) for head in near}
    return Sighting(
        place=_onsets.place(row),
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title="Two nodes follow different chains",
        summary=f"{one} and {other} ({row['layer']}) have had different blocks since {height}: {hashes[one]} and "
        f"{hashes[other]}, and have not agreed since.",
        values={
            "nodes": (one, other),
            "layer": row["layer"],
            "height": height or 0,
            "hashes": (hashes[one], hashes[other]),
        },
        key=f"{row['layer']}:{one}:{other}",
    )


def _head(observer: str, height: int, hash_: str) -> dict[str, Any]:
    return {
        "observer": observer,
        "layer": "execution",
        "head_number": height,
        "head_hash": hash_,
        "block_number": height - 99,
    }


detector = Detector(
    id="rpc-disagreement",
    severity=Severity.HIGH,
    reads={"node_status": Read(columns=("observer", "layer", "head_number", "head_hash"))},
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="two nodes part and stay apart",
            tables={
                "node_status": [
                    _head("ours", 100, "same"),
                    _head("theirs", 100, "same"),
                    *(_head("ours", height, f"ours-{height}") for height in (101, 102, 103, 104)),
                    *(_head("theirs", height, f"theirs-{height}") for height in (101, 102, 103, 104)),
                ]
            },
            finds=({"severity": "high", "confidence": 0.8, "block_number": 4, "values": {"height": 101}},),
        ),
        Example(
            says="they differ at the tip, and agree again; one that lags is not compared",
            tables={
                "node_status": [
                    _head("ours", 101, "left"),
                    _head("theirs", 101, "kept"),
                    _head("ours", 102, "same"),
                    _head("theirs", 102, "same"),
                    _head("ours", 105, "newest"),
                    _head("theirs", 104, "older"),
                ]
            },
        ),
    ),
)
