"""
Two thirds of a node's peers run one client.

## What it finds
low: of the peers that name their client, twenty or more, over 66 % name the same. One finding a node when it begins.

## Why it matters
A fault in a client that two thirds run becomes the chain's: the faulty branch can become final, and everybody on the
other client is the one who is punished.

## Blind spots
Only recordings with `admin_peers` tell: while watching nobody asks for it. What a peer calls itself is its own word.
The peers of one node are no fair sample of the network. Beacon nodes do not name their peers' clients, and what
proposers write into blocks is not read for it: this is about execution clients.

## Triage
Nothing is broken. Run another client than the most common one, at least on some of your nodes, and compare their heads.

## References
- https://clientdiversity.org
- https://ethereum.org/en/developers/docs/nodes-and-clients/client-diversity/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.detect.detectors.node._nodes import named
from tocsin.detect.detectors.node._shares import majorities
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables

MOST_PERCENT = 66
"""Of the peers (reference: detection, section 4.40)."""
FEWEST_PEERS = 20
"""With fewer it is chance (design)."""
CONFIDENCE = 0.4
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


def grade(tables: Tables) -> Iterator[Graded]:
    """Each node most of whose peers run one client."""
    return majorities(tables["peers"], _client, percent=MOST_PERCENT, fewest=FEWEST_PEERS, level=Severity.LOW)


def _client(peer: Mapping[str, Any]) -> str | None:
    """The name before version and system, as far as it is one."""
    found = _NAME.match(peer["client"] or "")
    return found[0].lower() if found else None


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting when one client comes to have two thirds."""
    for row in _onsets.onsets(tables):
        layer, name = named(row["subject"])
        yield Sighting(
            place=_onsets.place(row),
            severity=Severity.LOW,
            confidence=CONFIDENCE,
            title="Two thirds of a node's peers run one client",
            summary=f"Of the {row['whole']} peers of {name} ({layer}) that name their client, {row['value']} name "
            f"{row['detail']}.",
            values={
                "node": name,
                "layer": layer,
                "client": row["detail"],
                "peers_with_client": row["value"],
                "peers": row["whole"],
            },
            key=row["subject"],
        )


def _peers(block: int = 1, **clients: int) -> list[dict[str, Any]]:
    names = [f"{client}/v1.2.3-{number}/linux" for client, many in clients.items() for number in range(many)]
    return [
        {"layer": "execution", "peer": f"peer-{number}", "client": name, "block_number": block}
        for number, name in enumerate(names)
    ]


detector = Detector(
    id="client-share",
    severity=Severity.LOW,
    reads={"peers": Read(columns=("observer", "layer", "peer", "client"))},
    memory=_onsets.memory_of(grade),
    run=run,
    examples=(
        Example(
            says="twenty of thirty, and still so in the next block",
            tables={"peers": [*_peers(Geth=20, Besu=10), *_peers(2, Geth=20, Besu=10)]},
            finds=({"severity": "low", "block_number": 1, "values": {"client": "geth", "peers_with_client": 20}},),
        ),
        Example(
            says="66 of 100 are not more than 66 %, and nineteen peers say nothing",
            tables={"peers": [*_peers(Geth=66, Besu=34), *_peers(2, Geth=19)]},
        ),
    ),
)
