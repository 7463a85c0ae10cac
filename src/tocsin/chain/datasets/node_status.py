"""
Node status: what nodes say of themselves, one row a node and look.

## What a row is
One node as it was once: how far it is, whether it is still syncing, how many peers and waiting transactions it has.

## Where it comes from
Consensus nodes: the Beacon API's `node/syncing`, `node/peer_count`, `node/version`. Execution nodes: `eth_syncing`,
`net_peerCount`, `txpool_status`, `web3_clientVersion` and the newest block; while watching, what the pool of endpoints
knows of each.

## Blind spots
It is the node's own word. What it was not asked, or does not answer, is null.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, digest, flag, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="node_status",
    asked_of="nodes",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "layer": text("execution, consensus", "What kind of node it is."),
        "client": text("name", "What the node calls itself: untrusted.", required=False),
        "head_number": count("block height or slot", "Its newest block: the height, or of a beacon node the slot.",
                             required=False),
        "head_hash": digest("The hash of that block.", required=False),
        "target_number": count("block height or slot", "How far it knows that it has to go.", required=False),
        "is_syncing": flag("Whether it says that it is still syncing.", required=False),
        "is_optimistic": flag("Whether it follows blocks that its execution node has not checked.", required=False),
        "is_execution_offline": flag("Whether it cannot reach its execution node.", required=False),
        "peers": count("peers", "How many it is connected to.", required=False),
        "pending_transactions": count("transactions", "In its pool, ready to be mined.", required=False),
        "queued_transactions": count("transactions", "In its pool, waiting for one before them.", required=False),
    },
)  # fmt: skip
