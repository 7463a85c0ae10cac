"""
Most of a node's peers are in one network.

## What it finds
medium: of the peers with a public address more than half, and there are ten or more, in one /16 of IPv4 or one /32 of
IPv6. One finding a node when it begins.

## Why it matters
Peers that were found by chance are spread over the world. Where most are neighbours, one party may run them all, and
decide what the node sees and when: an eclipse. That hides transactions and blocks, and makes double spends possible.

## Blind spots
Which provider a network belongs to is not looked up: an attacker with addresses in many networks of one cloud is not
seen. Peers behind one gateway look like neighbours. Peers that come and go quickly are not counted as such.

## Triage
Are these peers yours, set as trusted? Then it is meant. Otherwise compare the node's head with other sources, ban the
network, and restart the node with an empty peer list.

## References
- https://eprint.iacr.org/2018/236
- https://github.com/ethereum/beacon-APIs/blob/master/apis/node/peers.yaml
"""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.detect.detectors.node._nodes import named
from tocsin.detect.detectors.node._shares import majorities
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

MOST_PERCENT = 50
"""In one network (reference: detection, section 4.40)."""
FEWEST_PEERS = 10
"""With fewer, half of them in one network may be chance (design)."""
CONFIDENCE = 0.6


def grade(tables: Tables) -> Iterator[Graded]:
    """Each node most of whose peers are neighbours."""
    return majorities(
        tables["peers"], itemgetter("network"), percent=MOST_PERCENT, fewest=FEWEST_PEERS, level=Severity.MEDIUM
    )


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when most of a node's peers come to be in one network."""
    for row in _onsets.onsets(tables):
        layer, name = named(row["subject"])
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity.MEDIUM,
            confidence=CONFIDENCE,
            title="Most peers of a node are in one network",
            summary=f"Of the {row['whole']} peers of {name} ({layer}) that have a public address, {row['value']} are "
            f"in {row['detail']}.",
            values={
                "node": name,
                "layer": layer,
                "network": row["detail"],
                "peers_in_network": row["value"],
                "peers": row["whole"],
            },
            key=row["subject"],
        )


def _peers(*networks: str | None, block: int = 1) -> list[dict[str, Any]]:
    return [
        {"layer": "consensus", "peer": f"peer-{number}", "network": network, "block_number": block}
        for number, network in enumerate(networks)
    ]


_NEAR, _FAR = "203.0.0.0/16", [f"{n}.7.0.0/16" for n in range(20, 40)]

detector = Detector(
    id="peer-concentration",
    severity=Severity.MEDIUM,
    reads={"peers": Read(columns=("observer", "layer", "peer", "network"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="six of eleven in one network, and still so in the next block",
            tables={
                "peers": [*_peers(*[_NEAR] * 6, *_FAR[:5]), *_peers(*[_NEAR] * 6, *_FAR[:5], block=2)],
            },
            finds=(
                {
                    "severity": "medium",
                    "block_number": 1,
                    "values": {"network": _NEAR, "peers_in_network": 6, "peers": 11},
                },
            ),
        ),
        Example(
            says="half is not most; a few peers say nothing; private addresses are not counted",
            tables={
                "peers": [
                    *_peers(*[_NEAR] * 5, *_FAR[:5]),
                    *_peers(*[_NEAR] * 9, block=2),
                    *_peers(*[_NEAR] * 5, *_FAR[:5], *[None] * 20, block=3),
                ]
            },
        ),
    ),
)
