"""By how much trades moved the price of their pool, exactly, from the events of Uniswap's second and third version."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.actors import SAME
from tocsin.detect.detectors import _matching
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE, Column, address, schema

SYNC = topic("Sync(uint112,uint112)")
PAIR_SWAP = topic("Swap(address,uint256,uint256,uint256,uint256,address)")
RANGE_SWAP = topic("Swap(address,address,int256,int256,uint160,uint128,int24)")
EVENTS = (SYNC, PAIR_SWAP, RANGE_SWAP)
LOGS_READ = ("address", "topic0", "data", "log_index")

LEAST_MOVE = 1.01
"""Trades that move a price by less than a hundredth are not kept: nearly all of them."""
_Q96 = 2.0**96

MOVED: Mapping[str, Column] = {
    "pool": address("The pool."),
    "trader": address("Who sent the transaction."),
    "before": Column(pl.Float64(), "token1 per token0", "Its price before the trade."),
    "after": Column(pl.Float64(), "token1 per token0", "Its price after it."),
    "log_index": Column(pl.UInt32(), "position from 0", "The trade."),
}

Floats = npt.NDArray[np.float64]


def moved(logs: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The trades that moved a price by more than a hundredth: place columns and `MOVED`."""
    found = pl.concat([_pairs(logs), _ranges(logs)])
    if found.is_empty():
        return pl.DataFrame(schema=schema({**PLACE, **MOVED}))
    sent = _matching.which(_matching.numbers(found, SAME), _matching.numbers(transactions, SAME))
    rows = found[np.flatnonzero(sent >= 0)].with_columns(transactions["from_address"][sent[sent >= 0]].alias("trader"))
    return rows.select(*PLACE, *(pl.col(name).cast(column.type) for name, column in MOVED.items()))


def _pairs(logs: pl.DataFrame) -> pl.DataFrame:
    """A pair says what it holds, then what was traded: what it held before is the difference."""
    trades, syncs = _of(logs, PAIR_SWAP, 4), _of(logs, SYNC, 2)
    keys = (*SAME, "address", "log_index")
    before = syncs.select(*keys[:-1], pl.col("log_index") + 1)
    held = _matching.which(_matching.numbers(trades, keys), _matching.numbers(before, keys))
    rows = trades[np.flatnonzero(held >= 0)].with_columns(syncs["data"][held[held >= 0]].alias("held"))
    in0, in1, out0, out1 = (_float(rows["data"], number) for number in range(4))
    after0, after1 = (_float(rows["held"], number) for number in range(2))
    return _kept(rows, _price(after1 - in1 + out1, after0 - in0 + out0), _price(after1, after0))


def _ranges(logs: pl.DataFrame) -> pl.DataFrame:
    """
    A pool with ranges says the root of its price. Within one range of liquidity the root moves by amount / liquidity.

    Across ranges that is not exact, but what was paid on average stands between before and after: the lesser of the
    two moves is believed.
    """
    rows = _of(logs, RANGE_SWAP, 5)
    amount0, amount1 = (_signed(rows["data"], number) for number in range(2))
    root, liquidity = _float(rows["data"], 2) / _Q96, _float(rows["data"], 3)
    with np.errstate(all="ignore"):
        within = (root - amount1 / liquidity) ** 2
        average = (amount1 / amount0) ** 2 / root**2
        nearer = abs(np.log(within / root**2)) < abs(np.log(average / root**2))
    return _kept(rows, np.where(nearer, within, average), root**2)


def _of(logs: pl.DataFrame, event: bytes, words: int) -> pl.DataFrame:
    is_one = (abi.which(logs["topic0"], abi.keys((event,))) >= 0) & abi.has_words(logs["data"], words)
    rows: pl.DataFrame = logs[np.flatnonzero(is_one)]
    return rows


def _kept(rows: pl.DataFrame, before: Floats, after: Floats) -> pl.DataFrame:
    with np.errstate(all="ignore"):
        move = abs(np.log(after / before))
    kept = np.flatnonzero(np.isfinite(move) & (move >= math.log(LEAST_MOVE)))
    return (
        rows[kept]
        .select(*PLACE, "log_index", pool="address")
        .with_columns(
            before=pl.Series(before[kept], dtype=pl.Float64()), after=pl.Series(after[kept], dtype=pl.Float64())
        )
    )


def _price(amount1: Floats, amount0: Floats) -> Floats:
    """Not a number where one of the two is none: nothing follows from it."""
    whole = (amount0 > 0) & (amount1 > 0)
    return np.where(whole, amount1 / np.where(whole, amount0, 1.0), np.nan)


def _float(data: pl.Series, number: int) -> Floats:
    return amounts.to_float(np.ascontiguousarray(abi.word(data, number)))


def _signed(data: pl.Series, number: int) -> Floats:
    words = np.ascontiguousarray(abi.word(data, number))
    negative = words[:, 0] >= 1 << 7
    return np.where(negative, -amounts.to_float(~words) - 1.0, amounts.to_float(words))


def earlier(memory: pl.DataFrame, place: Mapping[str, Any]) -> pl.DataFrame:
    """The remembered rows of transactions before this one on its chain, in order."""
    block, number = place["block_number"], place["transaction_index"]
    if block is None or number is None:
        return memory.clear()
    before = (pl.col("block_number") < block) | (
        (pl.col("block_number") == block) & (pl.col("transaction_index") < number)
    )
    here = pl.col("chain_id") == place["chain_id"]
    return memory.filter(here & before).sort("block_number", "transaction_index", "log_index")
