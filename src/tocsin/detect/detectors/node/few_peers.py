"""
A node has hardly any peers.

## What it finds
medium: a node that is connected to fewer than five others. One finding when it begins.

## Why it matters
All that a node knows comes from its peers. With few of them, whoever runs these decides what it sees: an eclipse. With
none it sees nothing and does not say so.

## Blind spots
Four honest peers are better than fifty of one attacker: see `peer-concentration`. Nodes behind a provider do not tell.
Of execution nodes only recordings with `net_peerCount` tell: while watching, beacon nodes are asked. That it is over is
not told.

## Triage
Look at the node's log, its firewall and its clock: most often the port is shut. If nothing there changed, restart it
with an empty peer list and trusted peers, and compare its head with other sources before you believe it again.

## References
- https://eprint.iacr.org/2018/236
- https://github.com/ethereum/beacon-APIs/blob/master/apis/node/peer_count.yaml
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.detect.detectors.node._nodes import named, subject_of
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

FEWEST_PEERS = 5
"""Fewer are too few (reference: detection, section 4.40)."""
CONFIDENCE = 0.8


def grade(tables: Tables) -> Iterator[Graded]:
    """Each node with too few peers."""
    for row in tables["node_status"].filter(pl.col("peers") < FEWEST_PEERS).iter_rows(named=True):
        yield Graded(row=row, subject=subject_of(row), level=Severity.MEDIUM, value=row["peers"])


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when a node comes to have too few."""
    for row in _onsets.onsets(tables):
        layer, name = named(row["subject"])
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity.MEDIUM,
            confidence=CONFIDENCE,
            title=f"A node has only {row['value']} peers",
            summary=f"{name} ({layer}) is connected to {row['value']} peers; fewer than {FEWEST_PEERS} can be run by "
            "one party that decides what it sees.",
            values={"node": name, "layer": layer, "peers": row["value"]},
            key=row["subject"],
        )


def _node(peers: int | None, block: int = 1, **other: Any) -> dict[str, Any]:
    return {"layer": "execution", "peers": peers, "block_number": block, **other}


detector = Detector(
    id="few-peers",
    severity=Severity.MEDIUM,
    reads={"node_status": Read(columns=("observer", "layer", "peers"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="the peers of one node go",
            tables={"node_status": [_node(50), _node(4, 2), _node(0, 3)]},
            finds=({"severity": "medium", "block_number": 2, "values": {"peers": 4, "layer": "execution"}},),
        ),
        Example(says="five are enough, and a node that was not asked says nothing",
                tables={"node_status": [_node(5), _node(None)]}),
    ),
)  # fmt: skip
