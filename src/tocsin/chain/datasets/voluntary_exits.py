"""
Voluntary exits: validators who announce that they leave.

## What a row is
One validator's signed exit.

## Where it comes from
The `voluntary_exits` of beacon blocks and the Beacon API's event `voluntary_exit`.

## Blind spots
Exits asked for from the execution layer (EIP-7002) are not these. Whether the owner wanted it, no message says.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="voluntary_exits",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "validator_index": count("validator index", "Who leaves."),
        "epoch": count("epoch", "From when on the exit is valid."),
        "source": text("block, event", "Whether a block includes it or the network announced it."),
    },
)
