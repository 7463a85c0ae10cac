"""By how much trades moved the price of their pool, exactly, from the events of Uniswap's second and third version."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.actors import SAME
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, Column, address

SYNC = topic("Sync(uint112,uint112)")
PAIR_SWAP = topic("Swap(address,uint256,uint256,uint256,uint256,address)")
RANGE_SWAP = topic("Swap(address,address,int256,int256,uint160,uint128,int24)")
EVENTS = (SYNC, PAIR_SWAP, RANGE_SWAP)
LOGS_READ = ("address", "topic0", "data", "log_index")
SWAPS_READ = ("log_index", "token_in_address", "token_out_address")

LEAST_MOVE = 1.01
"""Trades that move a price by less than a hundredth are not kept: nearly all of them."""

MOVED: Mapping[str, Column] = {
    "pool": address("The pool."),
    "trader": address("Who sent the transaction."),
    "before": Column(pl.Float64(), "token1 per token0", "Its price before the trade."),
    "after": Column(pl.Float64(), "token1 per token0", "Its price after it."),
    "log_index": Column(pl.UInt32(), "position from 0", "The trade."),
}

_EVENTS = abi.keys(EVENTS)
_SAME = tuple(list(PLACE).index(name) for name in SAME)
"""Where in a place those columns stand that tell transactions apart."""
_ONE = 1 << 96
"""One, as pools with ranges count the root of a price."""
_SIGN, _ALL = 1 << 255, 1 << 256

Prices: TypeAlias = tuple[float, float]
"""Before and after a trade."""


class _Log(NamedTuple):
    """What a row of `logs` says."""

    address: bytes
    topic0: bytes
    data: bytes
    log_index: int
    place: tuple[Any, ...]


class Moved(NamedTuple):
    """A trade that moved a price: what `MOVED` says, and where."""

    place: tuple[Any, ...]
    pool: bytes
    trader: bytes
    before: float
    after: float
    log_index: int

    @property
    def transaction(self) -> tuple[Any, ...]:
        """The values of `SAME`."""
        return tuple(self.place[number] for number in _SAME)


def moved(logs: pl.DataFrame, transactions: pl.DataFrame) -> list[Moved]:
    """The trades that moved a price by more than a hundredth."""
    events = rows_where(logs, abi.among(logs["topic0"], _EVENTS))
    far = [(log, prices) for log, prices in _trades(events) if _is_far(*prices)]
    senders = dict(_keyed(transactions, SAME, "from_address")) if far else {}
    trades = (Moved(log.place, log.address, b"", *prices, log.log_index) for log, prices in far)
    return [trade._replace(trader=senders[same]) for trade in trades if (same := trade.transaction) in senders]


def tokens(trades: Sequence[Moved], swaps: pl.DataFrame) -> list[tuple[bytes, bytes] | None]:
    """Of each trade the two tokens of its pool, in order; None where no swap tells."""
    hashes = abi.keys(trade.transaction[-1] for trade in trades)
    near = rows_where(swaps, abi.among(swaps["transaction_hash"], hashes))
    known = dict(_keyed(near, (*SAME, "log_index"), "token_in_address", "token_out_address"))
    pairs = (known.get((*trade.transaction, trade.log_index)) for trade in trades)
    return [None if pair is None else (min(pair), max(pair)) for pair in pairs]


def framed(rows: Sequence[tuple[Any, ...]], nothing: pl.DataFrame) -> pl.DataFrame:
    """Rows of values as a frame like an empty one, made column by column: much faster than row by row."""
    if not rows:
        return nothing
    told = zip(nothing.schema.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame([pl.Series(name, values, dtype=type_) for (name, type_), values in told])


def _keyed(rows: pl.DataFrame, keys: Iterable[str], *values: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """By these columns, these others of every row; one alone is not in a tuple."""
    found = zip(*(rows[name].to_list() for name in values), strict=True)
    for key, value in zip(zip(*(rows[name].to_list() for name in keys), strict=True), found, strict=True):
        yield key, value if len(values) > 1 else value[0]


def _is_far(before: float, after: float) -> bool:
    return min(before, after) > 0 and LEAST_MOVE * min(before, after) <= max(before, after) < math.inf


def _trades(logs: pl.DataFrame) -> Iterator[tuple[_Log, Prices]]:
    """
    The prices before and after each trade.

    A pair says what it holds, and then what was traded: what it held before is the difference.
    """
    told = [
        _Log._make((*log, place)) for log, place in zip(logs[[*LOGS_READ]].rows(), logs[[*PLACE]].rows(), strict=True)
    ]
    held = {(log.place, log.address, log.log_index): log.data for log in told if log.topic0 == SYNC}
    for log in told:
        found = None
        if log.topic0 == RANGE_SWAP:
            found = _of_range(log.data)
        elif log.topic0 == PAIR_SWAP and (reserves := held.get((log.place, log.address, log.log_index - 1))):
            found = _of_pair(reserves, log.data)
        if found is not None:
            yield log, found


def _of_pair(reserves: bytes, traded: bytes) -> Prices | None:
    if len(reserves) < 2 * WORD_BYTES or len(traded) < 4 * WORD_BYTES:
        return None
    after0, after1 = (_number(reserves, word) for word in range(2))
    in0, in1, out0, out1 = (_number(traded, word) for word in range(4))
    before0, before1 = after0 - in0 + out0, after1 - in1 + out1
    if min(after0, after1, before0, before1) <= 0:
        return None
    return before1 / before0, after1 / after0


def _of_range(data: bytes) -> Prices | None:
    """
    A pool with ranges says the root of its price. Within one range of liquidity the root moves by amount / liquidity.

    Across ranges that is not exact, but what was paid on average stands between before and after: the lesser of the
    two moves is believed.
    """
    if len(data) < 5 * WORD_BYTES:
        return None
    amount0, amount1 = (_signed(data, word) for word in range(2))
    root, liquidity = _number(data, 2) / _ONE, _number(data, 3)
    if not (root and liquidity and amount0 and amount1):
        return None
    within = (root - amount1 / liquidity) ** 2
    average = (amount1 / amount0) ** 2 / root**2
    return min(within, average, key=lambda before: _apart(before, root**2)), root**2


def _apart(one: float, other: float) -> float:
    return abs(math.log(one / other)) if one > 0 else math.inf


def _number(data: bytes, word: int) -> int:
    return int.from_bytes(data[word * WORD_BYTES : (word + 1) * WORD_BYTES], "big")


def _signed(data: bytes, word: int) -> int:
    number = _number(data, word)
    return number - _ALL if number >= _SIGN else number


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
