"""Movements of native coin, from the call tree or from top-level transactions."""

import polars as pl

from tocsin.chain.datasets import _moves
from tocsin.tables.columns import NATIVE

MOVING = ("call", "create", "create2", "selfdestruct")
"""Frames whose value leaves the caller. A callcode pays its caller itself; the others carry no value of their own."""

_CONSTANTS = {"token_address": pl.lit(NATIVE), "standard": pl.lit("native")}
_COLUMNS = ("from_address", "to_address", "value_binary", "value_f64")


def from_calls(calls: pl.DataFrame) -> pl.DataFrame:
    """Value of frames that took effect."""
    moved = calls.filter(
        (pl.col("value_f64") > 0)
        & ~pl.col("reverted")
        & pl.col("call_type").is_in(MOVING)
        & pl.col("to_address").is_not_null()
    )
    return _moves.rows(moved, (*_COLUMNS, "call_index"), (), **_CONSTANTS)


def from_transactions(transactions: pl.DataFrame) -> pl.DataFrame:
    """Top-level value of transactions whose receipt says that they succeeded."""
    paid = transactions.filter((pl.col("value_f64") > 0) & pl.col("success")).with_columns(
        pl.coalesce("to_address", "contract_address").alias("to_address")
    )
    return _moves.rows(paid.filter(pl.col("to_address").is_not_null()), _COLUMNS, (), **_CONSTANTS)
