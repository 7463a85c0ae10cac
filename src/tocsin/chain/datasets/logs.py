"""
Event logs.

## What a row is
One log a contract emitted in a transaction that took effect.

## Where it comes from
The logs of `eth_getBlockReceipts`, or `eth_getLogs` by block hash; cryo's `logs`. Where a recording or a pasted trace
has neither, the logs inside callTracer frames (`withLog`): their index is the node's where all have one and they rise
through the answer, else their place in the answer, from 0.

## Blind spots
A reverted call leaves no log. A contract may emit any log it likes: only the emitter's code gives it meaning.

A node leaves `logs` out of a frame that wrote none. So when no frame of an answer has them, that nothing was logged
cannot be told from a trace without logs: logs are then absent, and what needs them is blind. Of a transaction alone the
index may count from 0 within it. Where an older node does not say a log's `position` among the calls of its frame, it
stands behind them.
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
