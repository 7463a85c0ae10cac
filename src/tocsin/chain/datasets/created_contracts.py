"""
Contracts that came into being.

## What a row is
One contract created by a transaction or by a contract, and not undone by a revert.

## Where it comes from
Create frames of the call tree; without it, the creations that receipts report.

## Blind spots
Without the call tree, contracts created by contracts are not seen. The code is the node's answer.
"""

import polars as pl

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


def derive(tables: Tables) -> pl.DataFrame:
    """Creations that took effect."""
    part = _from_calls(tables["calls"]) if "calls" in tables else _from_transactions(tables["transactions"])
    return _moves.together(COLUMNS, [part])


def _from_calls(calls: pl.DataFrame) -> pl.DataFrame:
    made = calls.filter(
        pl.col("call_type").is_in(["create", "create2"]) & ~pl.col("reverted") & pl.col("to_address").is_not_null()
    )
    if made.is_empty():
        return made
    senders = calls.filter(pl.col("depth") == 0).select(
        *_moves.SAME_TRANSACTION, pl.col("from_address").alias("sender_address")
    )
    return made.join(senders, on=_moves.SAME_TRANSACTION, how="left", nulls_equal=True).select(
        *PLACE,
        pl.col("to_address").alias("contract_address"),
        pl.col("from_address").alias("creator_address"),
        "sender_address",
        pl.col("call_type").alias("kind"),
        pl.col("output").alias("code"),
        "call_index",
    )


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
