"""How swaps are read from logs, with the transfers around them and, for Uniswap V4, the calls that name the tokens."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from tocsin.chain.datasets import _events
from tocsin.chain.datasets._frames import frames, taken
from tocsin.chain.datasets._managed import SWAP, Pair, pairs, with_currencies
from tocsin.chain.datasets._pool_moves import PoolMoves, transactions
from tocsin.chain.datasets._swap_events import EVENTS
from tocsin.chain.datasets._trades import Swap, Trade, settle


def swaps(
    logs: pl.DataFrame, transfers: pl.DataFrame, calls: pl.DataFrame | None
) -> tuple[pl.DataFrame, list[tuple[int, Swap]]]:
    """The logs looked at, and the swaps they tell of with the row each was read from."""
    found = _events.among(logs, EVENTS)
    trades = list(_events.read(found, EVENTS))
    if calls is not None and any(trade.protocol == "uniswap_v4" for _, trade in trades):
        trades = list(_named(trades, pairs(frames(taken(calls, [SWAP])))))
    moves = PoolMoves(transfers, {trade.pool for _, trade in trades}, "log_index")
    keys, positions = transactions(found), found["log_index"].to_list()
    settled = ((row, settle(trade, moves, keys[row], positions[row])) for row, trade in trades)
    return found, [(row, swap) for row, swap in settled if swap is not None]


def _named(trades: Iterable[tuple[int, Trade]], pairs: Mapping[bytes, Pair]) -> Iterator[tuple[int, Trade]]:
    """The trades, with the tokens of those whose pool a call named."""
    for row, trade in trades:
        pair = pairs.get(trade.pool_id)
        yield row, trade if pair is None else with_currencies(trade, pair)
