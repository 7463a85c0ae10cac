"""
Finality: what a beacon node holds to be justified and final, and how far its head is.

## What a row is
One answer of one node about its checkpoints.

## Where it comes from
The Beacon API's `finality_checkpoints`; the head is the highest slot that the same node names in the same recording.

## Blind spots
A node that does not follow the chain says what it last knew. Where no answer names a slot the head is null.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, digest
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="finality",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "head_epoch": count("epoch", "The epoch of the head.", required=False),
        "justified_epoch": count("epoch", "The newest justified checkpoint."),
        "finalized_epoch": count("epoch", "The newest final checkpoint."),
        "finalized_root": digest("The root of its block."),
    },
)
