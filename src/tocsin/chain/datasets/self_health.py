"""
Self-health: what hinders the watching itself.

## What a row is
One thing that was not done as it should be, as it stood when a block was looked at: blocks a detector has yet to see,
blocks that wait, a detector that raised, notices that could not be told.

## Where it comes from
The store of this installation: its gaps, its failures and its outbox.

## Blind spots
While the store is away nothing new is known of it. Nothing here can tell that the whole process is dead: watch its
metrics from outside.
"""

from tocsin.chain.datasets._seen import SEEN
from tocsin.tables.columns import count, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="self_health",
    asked_of="installation",
    columns={
        **SEEN,
        "kind": text("gap, failure, undelivered", "What is wrong."),
        "subject": text("name", "The detector or channel; empty for all of them."),
        "first_block": count("block height", "The first block concerned.", required=False),
        "last_block": count("block height", "The last.", required=False),
        "age_seconds": count("seconds", "Since when."),
        "times": count("times", "How many, or how often."),
    },
)
