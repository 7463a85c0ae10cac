"""What calls moved that is another's, in transactions the owner did not send and got nothing for."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.worth import Prices
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

SKIP = 4
RETURN_DOLLARS = 1.0
"""What the owner gets back for less than this is no price, where its worth is known."""
POSITION = ("block_number", "transaction_index")


def moved_from(calls: pl.DataFrame) -> pl.DataFrame:
    """What these calls move: place columns, spender, owner, receiver."""
    whole = rows_where(calls, abi.has_words(calls["input"], 2, skip=SKIP))
    return pl.DataFrame(
        [
            *(whole[name] for name in PLACE),
            whole["from_address"].alias("spender"),
            abi.address(whole["input"], 0, skip=SKIP).alias("owner"),
            abi.address(whole["input"], 1, skip=SKIP).alias("receiver"),
        ]
    )


def takings(moved: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """What was moved in a transaction that the owner did not send and got nothing for."""
    others = moved if moved.is_empty() else _by_others(moved, tables.get("transactions"))
    return others if others.is_empty() else _unreturned(others, tables["transfers"], Prices.of(tables))


def _by_others(moved: pl.DataFrame, transactions: pl.DataFrame | None) -> pl.DataFrame:
    if transactions is None:
        return moved
    return _without(moved, _parties(actors.of_transactions(transactions, moved), "from_address"))


def _unreturned(moved: pl.DataFrame, transfers: pl.DataFrame, prices: Prices) -> pl.DataFrame:
    worth = actors.of_transactions(prices.with_dollars(transfers, "value_f64"), moved)
    value, dollars = worth["value_f64"].to_numpy(), worth["dollars"].to_numpy()
    is_return = (value > 0) & (np.isnan(dollars) | (dollars >= RETURN_DOLLARS))
    return _without(moved, _parties(rows_where(worth, is_return), "to_address"))


def _without(moved: pl.DataFrame, parties: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """The rows whose owners are not among these parties to their transactions."""
    known = set(parties)
    return rows_where(moved, np.array([party not in known for party in _parties(moved, "owner")], dtype=np.bool_))


def _parties(frame: pl.DataFrame, account: str) -> Iterator[tuple[Any, ...]]:
    """Each row's transaction and this account in it."""
    return zip(*(frame[name].to_list() for name in (*actors.SAME, account)), strict=True)
