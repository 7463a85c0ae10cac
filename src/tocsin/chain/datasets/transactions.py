"""
Transactions, with what their receipts say.

## What a row is
One top-level transaction of type 0 to 4 and the outcome its receipt reports.

## Where it comes from
`eth_getBlockByNumber` with full transactions, joined by position to `eth_getBlockReceipts`; cryo's `transactions`.

## Blind spots
Without receipts the outcome columns are null. Signatures are not checked: the sender is the node's word.
"""

import polars as pl

from tocsin.tables.columns import PLACE, Column, address, amount, count, flag, octets
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="transactions",
    columns={
        **PLACE,
        "from_address": address("The sender."),
        "to_address": address("The callee; null when the transaction creates a contract.", required=False),
        **amount("value", "wei", "Native coin sent."),
        "nonce": count("transactions", "How many transactions the sender had sent before."),
        "transaction_type": count("EIP-2718 type", "0 legacy, 1 access list, 2 dynamic fee, 3 blob, 4 set code."),
        "input": octets("Call data, or the init code of a creation."),
        "gas_limit": count("gas", "Gas the sender allowed."),
        "gas_price": count(
            "wei per gas",
            "Price asked by a legacy transaction, or the effective one as the node reports it.",
            required=False,
        ),
        "max_fee_per_gas": count("wei per gas", "EIP-1559 ceiling.", required=False),
        "max_priority_fee_per_gas": count("wei per gas", "EIP-1559 tip ceiling.", required=False),
        "max_fee_per_blob_gas": count("wei per gas", "EIP-4844 ceiling.", required=False),
        "blob_versioned_hashes": Column(
            pl.List(pl.Binary()), "list of 32 bytes", "EIP-4844 blob hashes.", required=False
        ),
        "success": flag("Receipt status; null without receipts or before Byzantium.", required=False),
        "gas_used": count("gas", "Gas used, by the receipt.", required=False),
        "effective_gas_price": count("wei per gas", "Price paid, by the receipt.", required=False),
        "contract_address": address("The contract a creation made.", required=False),
        "blob_gas_used": count("gas", "EIP-4844 blob gas used, by the receipt.", required=False),
    },
)
