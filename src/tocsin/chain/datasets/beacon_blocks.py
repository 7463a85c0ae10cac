"""
Beacon blocks: one row a block, as its header or its body tells.

## What a row is
One block of the consensus layer: its slot, its root, its parent, who proposed it. The place columns say at which
execution block it was seen: the recording's, or else the one that the beacon block itself carries.

## Where it comes from
The Beacon API's `headers`, which may give several blocks of one slot, and `blocks/{block_id}`, which adds graffiti and
the sync committee's bits. A header whose fields do not hash to its root is refused.

## Blind spots
A block without its header has no root. Signatures are not checked. Bodies of blocks off the canonical chain are seldom
to be had.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, digest, flag, octets
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="beacon_blocks",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "slot": count("slot", "When it was proposed."),
        "block_root": digest("The root of its header, where a header was given.", required=False),
        "parent_root": digest("Its parent's root."),
        "proposer_index": count("validator index", "Who proposed it."),
        "is_canonical": flag("Whether the node has it on its chain, where it says so.", required=False),
        "graffiti": octets("What the proposer wrote into it: untrusted.", required=False),
        "sync_signers": count("validators", "How many of the sync committee signed the block before.", required=False),
        "sync_committee": count("validators", "How many could have.", required=False),
    },
)
