"""Movements of native coin, from the call tree or from top-level transactions."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.tables.columns import NATIVE

MOVING = abi.texts(("call", "create", "create2", "selfdestruct"))
"""Frames whose value leaves the caller. A callcode pays its caller itself; the others carry no value of their own."""

_COLUMNS = ("from_address", "to_address", "value_binary", "value_f64")


def from_calls(calls: pl.DataFrame) -> pl.DataFrame:
    """Value of frames that took effect."""
    with_value = calls["value_f64"].to_numpy() > 0
    moved = calls[np.flatnonzero(with_value & ~calls["reverted"].to_numpy() & abi.present(calls["to_address"]))]
    moved = moved[np.flatnonzero(abi.which(moved["call_type"], MOVING) >= 0)]
    return _native(moved, (*_COLUMNS, "call_index"))


def from_transactions(transactions: pl.DataFrame) -> pl.DataFrame:
    """Top-level value of transactions whose receipt says that they succeeded."""
    paid = transactions.filter((pl.col("value_f64") > 0) & pl.col("success")).with_columns(
        pl.coalesce("to_address", "contract_address").alias("to_address")
    )
    return _native(paid.filter(pl.col("to_address").is_not_null()), _COLUMNS)


def _native(source: pl.DataFrame, keep: Sequence[str]) -> pl.DataFrame:
    return _moves.rows(source, keep, (), token_address=NATIVE, standard="native")
