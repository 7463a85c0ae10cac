"""
Own validators: what the chain knows of the validators that the organisation runs.

## What a row is
One validator as seen once: its state and balance, or whether it was live in an epoch, or both.

## Where it comes from
The Beacon API's `states/{state_id}/validators` and `liveness/{epoch}`, asked for these validators alone: whoever is in
the answers counts as own.

## Blind spots
Liveness is best effort by the API's own words: a node that was just started may call a live validator dead. It does not
say how late an attestation came. The sync committee's work is not read.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, flag, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="own_validators",
    asked_of="validators",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "validator_index": count("validator index", "Which validator."),
        "public_key": octets("Its public key, 48 bytes.", required=False),
        "epoch": count("epoch", "The epoch that liveness is about, or of the head.", required=False),
        "status": text("active_ongoing, ...", "Its status in the Beacon API's words.", required=False),
        "balance_gwei": count("gwei", "Its balance.", required=False),
        "is_slashed": flag("Whether it has been slashed.", required=False),
        "is_live": flag("Whether it was seen attesting in that epoch.", required=False),
    },
)
