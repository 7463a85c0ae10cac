"""
Participation: how much of the active balance attested in an epoch.

## What a row is
One epoch that is over: the balance of active validators, and of those whose vote for its checkpoint counts.

## Where it comes from
Lighthouse's `/lighthouse/validator_inclusion/{epoch}/global`, about the epoch before the one it is asked for.

## Blind spots
The standard Beacon API does not tell participation by balance; other clients than Lighthouse give nothing here. Where
the recording does not say for which epoch it asked, the epoch is null.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="participation",
    asked_of="consensus",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "epoch": count("epoch", "The epoch that is over.", required=False),
        "active_gwei": count("gwei", "The effective balance of active validators."),
        "attesting_gwei": count("gwei", "Of it, that of validators whose vote for the epoch's target was included."),
    },
)
