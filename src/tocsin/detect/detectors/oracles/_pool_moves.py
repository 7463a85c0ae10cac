"""By how much trades moved the price of their pool, exactly, from the events of Uniswap's second and third version."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.actors import SAME
from tocsin.detect.detectors import _matching
from tocsin.tables import amounts
from tocsin.tables.amounts import WORD_BYTES
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

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]
Moves: TypeAlias = tuple[Rows, Floats, Floats]
"""Which logs, and the prices before and after."""

_EVENTS = abi.keys(EVENTS)
_NO, _NONE = np.zeros(0), np.zeros(0, dtype=np.intp)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Makes neighbours far apart (Fibonacci hashing)."""


def moved(logs: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The trades that moved a price by more than a hundredth: place columns and `MOVED`."""
    events = abi.which(logs["topic0"], _EVENTS)
    found = [_pairs(logs, events), _ranges(logs, events)] if len(logs) else []
    rows, before, after = (np.concatenate(each) for each in zip(*found, strict=True)) if found else (_NONE, _NO, _NO)
    with np.errstate(all="ignore"):
        move = abs(np.log(after / before))
    kept = np.flatnonzero(np.isfinite(move) & (move >= math.log(LEAST_MOVE)))
    if not len(kept):
        return pl.DataFrame(schema=schema({**PLACE, **MOVED}))
    trades = logs[[*PLACE, "address", "log_index"]][rows[kept]].with_columns(
        before=pl.Series(before[kept], dtype=pl.Float64()), after=pl.Series(after[kept], dtype=pl.Float64())
    )
    sent = _matching.which(_matching.numbers(trades, SAME), _matching.numbers(transactions, SAME))
    known = trades[np.flatnonzero(sent >= 0)].rename({"address": "pool"})
    known = known.with_columns(transactions["from_address"][sent[sent >= 0]].alias("trader"))
    return known.select(*PLACE, *(pl.col(name).cast(column.type) for name, column in MOVED.items()))


def _pairs(logs: pl.DataFrame, events: Rows) -> Moves:
    """A pair says what it holds, then what was traded: what it held before is the difference."""
    size = abi.sizes(logs["data"])
    trades, syncs = (
        np.flatnonzero((events == EVENTS.index(event)) & (size >= words * WORD_BYTES))
        for event, words in ((PAIR_SWAP, 4), (SYNC, 2))
    )
    same, at = _matching.numbers(logs, (*SAME, "address")), logs["log_index"].to_numpy().astype(np.uint64)
    held = _matching.which(_mixed(same, at)[trades], _mixed(same, at + np.uint64(1))[syncs])
    trades, syncs = trades[held >= 0], syncs[held[held >= 0]]
    words = [_float(logs["data"], number) for number in range(4)]
    in0, in1, out0, out1 = (each[trades] for each in words)
    after0, after1 = words[0][syncs], words[1][syncs]
    return trades, _price(after1 - in1 + out1, after0 - in0 + out0), _price(after1, after0)


def _mixed(same: _matching.Numbers, at: _matching.Numbers) -> _matching.Numbers:
    """One number of two: a transaction's pool, and a position."""
    return same ^ (at * _SPREAD)


def _ranges(logs: pl.DataFrame, events: Rows) -> Moves:
    """
    A pool with ranges says the root of its price. Within one range of liquidity the root moves by amount / liquidity.

    Across ranges that is not exact, but what was paid on average stands between before and after: the lesser of the
    two moves is believed.
    """
    is_one = (events == EVENTS.index(RANGE_SWAP)) & abi.has_words(logs["data"], 5)
    rows = np.flatnonzero(is_one)
    if not len(rows):
        return rows, _NO, _NO
    data = logs["data"][rows]
    amount0, amount1 = (_signed(data, number) for number in range(2))
    root, liquidity = _float(data, 2) / _Q96, _float(data, 3)
    with np.errstate(all="ignore"):
        within = (root - amount1 / liquidity) ** 2
        average = (amount1 / amount0) ** 2 / root**2
        nearer = abs(np.log(within / root**2)) < abs(np.log(average / root**2))
    return rows, np.where(nearer, within, average), root**2


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
