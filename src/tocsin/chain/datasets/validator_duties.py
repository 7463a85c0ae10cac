"""
Validator duties: who may propose the block of a slot.

## What a row is
One slot and the validator whose turn it is.

## Where it comes from
The Beacon API's `duties/proposer/{epoch}`.

## Blind spots
Duties of an epoch that has not begun may change with a reorg. Attestation and sync committee duties are not read.
"""

from tocsin.chain.datasets._seen import OBSERVER, SEEN
from tocsin.tables.columns import count, octets
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="validator_duties",
    asked_of="validators",
    columns={
        **SEEN,
        "observer": OBSERVER,
        "slot": count("slot", "The slot."),
        "validator_index": count("validator index", "Whose turn it is."),
        "public_key": octets("Its public key, 48 bytes."),
    },
)
