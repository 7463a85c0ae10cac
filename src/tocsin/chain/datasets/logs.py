"""
Event logs.

## What a row is
One log a contract emitted in a transaction that took effect.

## Where it comes from
The logs of `eth_getBlockReceipts`, or `eth_getLogs` by block hash; cryo's `logs`.

## Blind spots
A reverted call leaves no log. A contract may emit any log it likes: only the emitter's code gives it meaning.
"""

from tocsin.tables.columns import PLACE, address, digest, index, octets
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="logs",
    columns={
        **PLACE,
        "log_index": index("Position in the block."),
        "address": address("The emitter."),
        "topic0": digest("The event's signature hash; null for an anonymous log.", required=False),
        "topic1": digest("First indexed argument.", required=False),
        "topic2": digest("Second indexed argument.", required=False),
        "topic3": digest("Third indexed argument.", required=False),
        "data": octets("The other arguments, ABI-encoded."),
    },
)
