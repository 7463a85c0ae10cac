"""
Peers: who a node is connected to.

## What a row is
One peer of one node.

## Where it comes from
Consensus nodes: the Beacon API's `node/peers`, those that are connected. Execution nodes: `admin_peers`.

## Blind spots
A peer's address is what the connection shows: behind a shared gateway many peers look like one. Beacon nodes do not
tell which client a peer runs. Which provider a network belongs to is not looked up.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import flag, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="peers",
    asked_of="peers",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "layer": text("execution, consensus", "What kind of node it is a peer of."),
        "peer": text("peer id", "Its name in the network: untrusted."),
        "network": text("a.b.0.0/16, or IPv6 /32", "The network of its address; null where that is private or no IP.",
                        required=False),
        "client": text("name", "What it calls itself: untrusted.", required=False),
        "is_inbound": flag("Whether it made the connection.", required=False),
    },
)  # fmt: skip
