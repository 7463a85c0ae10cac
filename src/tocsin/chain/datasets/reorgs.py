"""
Reorgs: a node went over to another branch.

## What a row is
One change of branch as one beacon node saw it.

## Where it comes from
The Beacon API's event `chain_reorg`.

## Blind spots
Events that came while nobody listened are lost; they are not to be had afterwards. A node that was isolated sees a deep
reorg that the rest of the network did not have.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, digest
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="reorgs",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "slot": count("slot", "The slot of the new head."),
        "depth": count("slots", "How many slots back the two branches part."),
        "old_head_root": digest("The head that was left."),
        "new_head_root": digest("The head that is followed now."),
    },
)
