"""
Contracts that came into being.

## What a row is
One contract created by a transaction or by a contract, and not undone by a revert.

## Where it comes from
Create frames of the call tree; without it, the creations that receipts report.

## Blind spots
Without the call tree, contracts created by contracts are not seen. The code is the node's answer.
"""

from tocsin.tables.columns import PLACE, address, index, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="created_contracts",
    columns={
        **PLACE,
        "contract_address": address("The new contract."),
        "creator_address": address("The account or contract that created it."),
        "sender_address": address("The transaction's sender, where known.", required=False),
        "kind": text("create, create2", "How."),
        "code": octets("Its runtime code, where known.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
