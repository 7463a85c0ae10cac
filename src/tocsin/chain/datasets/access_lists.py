"""
EIP-2930 access lists, one row an entry.

## What a row is
One address, or one storage key of it, that a transaction declared it would touch.

## Where it comes from
`accessList` of full transactions. An address without keys gives one row with a null key.

## Blind spots
A declaration, not an observation: the transaction may touch neither.
"""

from tocsin.tables.columns import PLACE, address, digest
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="access_lists",
    columns={
        **PLACE,
        "address": address("The declared contract."),
        "storage_key": digest("The declared slot; null for the address alone.", required=False),
    },
)
