"""
Deposits, withdrawals, loans and repayments in lending markets.

## What a row is
One supply, withdraw, borrow or repay.

## Where it comes from
Events of Aave V1 to V3 and Compound V2 shapes and ERC-4626 vaults; the calls of the same names where there are no logs.

## Blind spots
Protocols of other shapes. A fork that renames its events.
"""

from tocsin.tables.columns import PLACE, address, amount, index, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="lending",
    columns={
        **PLACE,
        "protocol": text("aave, compound_v2, erc4626, ...", "The family the shape belongs to."),
        "kind": text("supply, withdraw, borrow, repay", "What was done."),
        "market_address": address("The pool, market or vault."),
        "account_address": address("Whose position changes."),
        "token_address": address("The asset, where known.", required=False),
        **amount("value", "base units of the asset", "How much."),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
