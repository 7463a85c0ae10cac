"""
A validator of the organisation missed its turn to propose a block.

## What it finds
low: a slot in which it was an own validator's turn, and which is proven empty: a block after it stands on one before
it. One finding a slot.

## Why it matters
A proposal is worth more than weeks of attestations. A block that was made and came too late, or was not signed, points
to a slow or broken set-up: a relay, a signer, a clock.

## Blind spots
Only where duties, the list of own validators and the headers around the slot are asked for in looks near one another.
A block that was proposed and then left by a change of branch counts as missed.

## Triage
Look at the validator client's and the relay's logs at that slot. Too late by less than a second: network or relay. No
attempt at all: signer or clock.

## References
- https://github.com/ethereum/beacon-APIs/blob/master/apis/validator/duties/proposer.yaml
- https://eth2book.info/latest/part2/incentives/rewards/
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.columns import Column, count, digest, text
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 128
"""Duties are known an epoch ahead, and a slot is proven empty a few slots later: four epochs of Ethereum are enough."""
CONFIDENCE = 0.9
"""The headers hash to their roots, so that the link over the slot is proven; whose turn it was is the node's word."""
REMEMBERED: Mapping[str, Column] = {
    "kind": text("block, duty", "What the row is."),
    "slot": count("slot", "The slot."),
    "validator_index": count("validator index", "Of a duty, whose turn it is.", required=False),
    "block_root": digest("Of a block, its root.", required=False),
    "parent_root": digest("Of a block, its parent's.", required=False),
}


def remember(tables: Tables) -> pl.DataFrame:
    """The headers of a batch, and the duties of own validators."""
    blocks = tables["beacon_blocks"].filter(pl.col("block_root").is_not_null())
    own = tables["own_validators"].select("chain_id", "validator_index").unique()
    duties = tables["validator_duties"].join(own, on=["chain_id", "validator_index"], how="semi")
    named = (blocks.with_columns(kind=pl.lit("block")), duties.with_columns(kind=pl.lit("duty")))
    return pl.concat([kept(rows.drop_nulls("block_number"), REMEMBERED) for rows in named])


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting of each turn whose slot is proven empty by what came in this batch."""
    memory, fresh = tables[MEMORY], remember(tables).height
    numbered = memory.with_row_index("row").with_columns(is_new=pl.col("row") >= memory.height - fresh)
    duties = numbered.filter(pl.col("kind") == "duty")
    if duties.is_empty() or not fresh:
        return
    rows = numbered.sort("block_number", "slot", "block_root", "validator_index", nulls_last=True).to_dicts()
    links = list(_links([row for row in rows if row["kind"] == "block"]))
    for duty in _once([row for row in rows if row["kind"] == "duty"]):
        proof = next((link for link in links if _proves(link, duty)), None)
        if proof is not None:
            last = max(chain(proof, [duty]), key=lambda row: (row["block_number"], row["is_new"]))
            if last["is_new"]:
                yield _sighting(duty, proof, last)


_Link = tuple[dict[str, Any], dict[str, Any]]


def _links(blocks: Sequence[dict[str, Any]]) -> Iterator[_Link]:
    """Parents and children between which slots are empty, each as first seen, in the order they became known."""
    first: dict[tuple[int, bytes], dict[str, Any]] = {}
    for block in blocks:
        first.setdefault((block["chain_id"], block["block_root"]), block)
    found = [
        (parent, child)
        for child in first.values()
        if (parent := first.get((child["chain_id"], child["parent_root"]))) is not None
        and child["slot"] > parent["slot"] + 1
    ]
    return iter(sorted(found, key=lambda link: max(link[0]["block_number"], link[1]["block_number"])))


def _once(duties: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each turn as it was first seen."""
    last: dict[tuple[int, int, int], int] = {}
    for duty in duties:
        key = (duty["chain_id"], duty["slot"], duty["validator_index"])
        if key not in last or duty["block_number"] - last[key] > WINDOW_BLOCKS:
            yield duty
        last[key] = duty["block_number"]


def _proves(link: _Link, duty: Mapping[str, Any]) -> bool:
    parent, child = link
    return (
        parent["chain_id"] == duty["chain_id"]
        and parent["slot"] < duty["slot"] < child["slot"]
        and all(abs(block["block_number"] - duty["block_number"]) <= WINDOW_BLOCKS for block in link)
    )


def _sighting(duty: Mapping[str, Any], proof: _Link, last: Mapping[str, Any]) -> Sighting:
    parent, child = proof
    index, slot = duty["validator_index"], duty["slot"]
    return Sighting(
        place=_onsets.place(last),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        title="An own validator missed its turn to propose",
        summary=f"It was validator {index}'s turn in slot {slot}, which is empty: the block of slot {child['slot']} "
        f"stands on that of slot {parent['slot']}.",
        values={"validator_index": index, "slot": slot, "parent_slot": parent["slot"], "child_slot": child["slot"]},
        key=f"{slot}:{index}",
    )


def _header(slot: int, parent: int, block: int) -> dict[str, Any]:
    return {"slot": slot, "block_root": f"root-{slot}", "parent_root": f"root-{parent}", "block_number": block}


def _turn(slot: int, validator: int, block: int = 1) -> dict[str, Any]:
    return {"slot": slot, "validator_index": validator, "block_number": block}


_OWN = [{"validator_index": 7}]

detector = Detector(
    id="missed-proposal",
    severity=Severity.LOW,
    reads={
        "beacon_blocks": Read(columns=("slot", "block_root", "parent_root")),
        "validator_duties": Read(columns=("slot", "validator_index")),
        "own_validators": Read(columns=("validator_index",)),
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="the block after the turn stands on the one before it",
            tables={
                "own_validators": _OWN,
                "validator_duties": [_turn(65, 7), _turn(66, 8)],
                "beacon_blocks": [_header(64, 63, 2), _header(66, 64, 3), _header(66, 64, 4)],
            },
            finds=(
                {"severity": "low", "block_number": 3, "values": {"validator_index": 7, "slot": 65, "parent_slot": 64}},
            ),
        ),
        Example(
            says="a turn that was taken, a stranger's turn that was not, a turn still to come",
            tables={
                "own_validators": _OWN,
                "validator_duties": [_turn(64, 7), _turn(65, 8), _turn(67, 7)],
                "beacon_blocks": [_header(64, 63, 2), _header(66, 64, 3)],
            },
        ),
        Example(
            says="the block before is not known",
            tables={
                "own_validators": _OWN,
                "validator_duties": [_turn(65, 7)],
                "beacon_blocks": [_header(66, 64, 3)],
            },
        ),
    ),
)
