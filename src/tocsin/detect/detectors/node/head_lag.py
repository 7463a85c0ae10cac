"""
A node is behind, or says that it is not in sync.

## What it finds
For each node, how far its newest block is behind the newest that any node of its kind knows of, or that it names itself
as its target. One finding when it begins and one when it gets worse.

* high: more than ten blocks (of a beacon node: slots), on a chain that is known to take seconds for each.
* medium: more than three; or it says that it is syncing, that it follows blocks nobody has checked, or that its
  execution node is away.

## Why it matters
Whoever reads a node that is behind sees an old chain: an attack is noticed when it is over. Validators on it attest to
the wrong head.

## Blind spots
A node that stands alone has nobody to be behind of; that the chain itself stands still is told by the watching. One
that claims a height it has not makes all others look late: see what `newest` says. On chains that make several blocks a
second, four blocks are nothing: there it says too much. Clocks that are wrong are not measured. That it is over is not
told.

## Triage
Look at the node's log, disk and peers (`few-peers`). While it lasts, use another endpoint first. Confirm with another
source any finding that came late.

## References
- https://github.com/ethereum/beacon-APIs/blob/master/apis/node/syncing.yaml
- https://ethereum.org/en/developers/docs/apis/json-rpc/#eth_syncing
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.chain.beacon.slots import CLOCKS
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.detect.detectors.node._nodes import named, subject_of
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

WARN_BLOCKS, HIGH_BLOCKS = 3, 10
"""More than so many behind (reference: detection, section 4.40)."""
CONFIDENCE = 0.8


def grade(tables: Tables) -> Iterator[Graded]:
    """Each node that is behind the others of its layer in the same block, or says that it is not in sync."""
    for group in _onsets.by_block(tables["node_status"], "layer"):
        known = [row[name] for row in group for name in ("head_number", "target_number") if row[name] is not None]
        newest = max(known, default=0)
        for row in group:
            lag = newest - row["head_number"] if row["head_number"] is not None else 0
            complaint = _complaint(row)
            if lag > WARN_BLOCKS or complaint:
                yield Graded(
                    row=row,
                    subject=subject_of(row),
                    level=Severity.HIGH if lag > HIGH_BLOCKS and row["chain_id"] in CLOCKS else Severity.MEDIUM,
                    value=lag,
                    whole=newest,
                    detail=complaint,
                )


def _complaint(row: Mapping[str, Any]) -> str:
    said = {
        "is_syncing": "it is syncing",
        "is_optimistic": "it follows blocks that its execution node has not checked",
        "is_execution_offline": "its execution node is away",
    }
    return ", ".join(text for name, text in said.items() if row[name])


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when a node falls behind, and when it falls further."""
    for row in _onsets.onsets(tables):
        layer, name = named(row["subject"])
        unit = "slots" if layer == "consensus" else "blocks"
        complaint = f" It says that {row['detail']}." if row["detail"] else ""
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity(row["level"]),
            confidence=CONFIDENCE,
            title=f"A node is {row['value']} {unit} behind" if row["value"] else "A node is not in sync",
            summary=f"{name} ({layer}) is {row['value']} {unit} behind {row['whole']}, the newest that is known."
            + complaint,
            values={"node": name, "layer": layer, "behind": row["value"], "newest": row["whole"]},
            key=row["subject"],
        )


def _node(observer: str, head: int | None, block: int = 1, **other: Any) -> dict[str, Any]:
    return {"observer": observer, "layer": "execution", "head_number": head, "block_number": block, **other}


detector = Detector(
    id="head-lag",
    severity=Severity.HIGH,
    reads={
        "node_status": Read(
            columns=(
                "observer",
                "layer",
                "head_number",
                "target_number",
                "is_syncing",
                "is_optimistic",
                "is_execution_offline",
            )
        )
    },
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="one of two falls behind, then further",
            tables={
                "node_status": [
                    *(_node("slow", 100, block) for block in (1, 2, 3)),
                    *(_node("fast", head, block) for head, block in ((104, 1), (105, 2), (111, 3))),
                ]
            },
            finds=(
                {"severity": "medium", "block_number": 1, "values": {"node": "slow", "behind": 4}},
                {"severity": "high", "block_number": 3, "values": {"behind": 11, "newest": 111}},
            ),
        ),
        Example(
            says="a beacon node says it is syncing, and how far it has to go",
            tables={"node_status": [{"layer": "consensus", "head_number": 5, "target_number": 50, "is_syncing": True}]},
            finds=({"severity": "high", "values": {"layer": "consensus", "behind": 45}},),
        ),
        Example(
            says="a node says it is syncing, and not how far it is",
            tables={"node_status": [_node("", None, is_syncing=True)]},
            finds=({"severity": "medium", "values": {"behind": 0}},),
        ),
        Example(
            says="what eleven blocks are on another chain is not known",
            tables={"node_status": [_node("a", 100, chain_id=990_001), _node("b", 111, chain_id=990_001)]},
            finds=({"severity": "medium", "values": {"node": "a", "behind": 11}},),
        ),
        Example(
            says="three blocks are nothing, and slots are not heights",
            tables={"node_status": [_node("a", 100), _node("b", 103), {"layer": "consensus", "head_number": 9_000}]},
        ),
    ),
)
