"""
Contracts that came into being.

## What a row is
One contract created by a transaction or by a contract, and not undone by a revert.

## Where it comes from
Create frames of the call tree; without it, the creations that receipts report.

## Blind spots
Without the call tree, contracts created by contracts are not seen. The code is the node's answer.
"""

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.tables.columns import PLACE, Column, address, index, octets, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "contract_address": address("The new contract."),
    "creator_address": address("The account or contract that created it."),
    "sender_address": address("The transaction's sender, where known.", required=False),
    "kind": text("create, create2", "How."),
    "code": octets("Its runtime code, where known.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}


_CREATING = abi.texts(("create", "create2"))


def derive(tables: Tables) -> pl.DataFrame:
    """Creations that took effect."""
    part = _from_calls(tables["calls"]) if "calls" in tables else _from_transactions(tables["transactions"])
    return _moves.together(COLUMNS, [part])


def _from_calls(calls: pl.DataFrame) -> pl.DataFrame:
    creates = abi.which(calls["call_type"], _CREATING) >= 0
    made = calls[np.flatnonzero(creates & ~calls["reverted"].to_numpy() & abi.present(calls["to_address"]))]
    if made.is_empty():
        return made
    near = abi.which(calls["transaction_hash"], made["transaction_hash"].to_arrow()) >= 0
    roots = calls[[*_moves.SAME_TRANSACTION, "from_address"]][np.flatnonzero(near & (calls["depth"].to_numpy() == 0))]
    senders = {row[:-1]: row[-1] for row in roots.iter_rows()}
    transactions = made[[*_moves.SAME_TRANSACTION]].iter_rows()
    columns = (
        made["to_address"].alias("contract_address"),
        made["from_address"].alias("creator_address"),
        pl.Series("sender_address", [senders.get(transaction) for transaction in transactions], dtype=pl.Binary()),
        made["call_type"].alias("kind"),
        made["output"].alias("code"),
    )
    return _moves.rows(made, ("call_index",), columns)


def _from_transactions(transactions: pl.DataFrame) -> pl.DataFrame:
    made = transactions.filter(
        pl.col("to_address").is_null() & pl.col("contract_address").is_not_null() & pl.col("success")
    )
    return made.select(
        *PLACE,
        "contract_address",
        pl.col("from_address").alias("creator_address"),
        pl.col("from_address").alias("sender_address"),
        pl.lit("create").alias("kind"),
    )


dataset = Dataset(
    id="created_contracts",
    columns=COLUMNS,
    needs=(("calls",), ("transactions",)),
    derive=derive,
)
