"""Who traded in a pool whose price has moved far since, and what they have dealt with others: from block to block."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect.actors import SAME
from tocsin.detect.detectors import _matching
from tocsin.detect.detectors._acts import Act
from tocsin.detect.detectors.oracles import _pool_moves
from tocsin.detect.detectors.oracles._dealings import dealings
from tocsin.detect.detectors.prices._price_reads import BALANCE, DISTORTION, PRICE_VIEWS
from tocsin.tables.choice import rows_among, rows_at, rows_where
from tocsin.tables.columns import PLACE, Column, address, schema
from tocsin.tables.dataset import Tables

MOVE, DEALING = "move", "dealing"
REMEMBERED: Mapping[str, Column] = {
    "kind": Column(pl.String(), "move, dealing", "What a row tells of."),
    "subject": address("The pool that was traded in, or the contract that was dealt with."),
    "trader": address("Who sent the transaction."),
    "trader_bits": Column(pl.UInt16(), "the last two bytes of the trader", "To tell most rows apart quickly."),
    "token0": address("The pool's first token, or what was paid.", required=False),
    "token1": address("The pool's second token.", required=False),
    "before": Column(pl.Float64(), "token1 per token0", "The pool's price before the trade.", required=False),
    "after": Column(pl.Float64(), "token1 per token0", "The pool's price after it.", required=False),
    "paid_f64": Column(pl.Float64(), "base units", "Paid to the contract; below zero: got of it.", required=False),
    "log_index": Column(pl.UInt32(), "position from 0", "The trade.", required=False),
}
_NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_VIEWS, _STATIC, _MOVE = abi.keys(sorted(PRICE_VIEWS | {BALANCE})), abi.texts(("staticcall",)), abi.texts((MOVE,))
_BITS = 1 << 16
_AT = ("block_number", "transaction_index", "transaction_hash")


@dataclass(frozen=True, slots=True)
class OwnTrades:
    """The trades in a pool since the first one of somebody, and what that one has dealt with others since long."""

    trades: pl.DataFrame
    own: pl.DataFrame
    dealt: pl.DataFrame

    @property
    def times(self) -> float:
        """How many times the price differs, behind these trades, from that before them."""
        first, last = self.trades["before"][0], self.trades["after"][-1]
        return float(max(last / first, first / last))

    def is_covered(self, act: Act, contract: bytes) -> bool:
        """
        Whether the trader has paid the contract no less than it got of it, at the price before its first trade.

        What is not of the pool is worth nothing where it was paid, and not covered where it was got.
        """
        token0, token1, before = (self.trades[name][0] for name in ("token0", "token1", "before"))
        paid = Counter[bytes]()
        for token, amount in (*self._earlier(contract), *_now(act, contract)):
            paid[token] += amount
        if token0 is None or any(amount < 0 for token, amount in paid.items() if token not in (token0, token1)):
            return False
        return bool(paid[token0] * before + paid[token1] >= 0)

    def _earlier(self, contract: bytes) -> Iterator[tuple[bytes, Any]]:
        return self.dealt.filter(pl.col("subject") == contract).select("token0", "paid_f64").iter_rows()


def _now(act: Act, contract: bytes) -> Iterator[tuple[bytes, Any]]:
    for move in act.moves:
        if move.taker == contract and move.giver in act.members:
            yield move.token, move.amount
        elif move.giver == contract and move.taker in act.members:
            yield move.token, -move.amount


def remember(tables: Tables) -> pl.DataFrame:
    """The trades of a batch that moved a price, and what senders and the contracts they called paid to each other."""
    moved = _pool_moves.moved(tables["logs"], tables["transactions"])
    pairs = _pool_moves.tokens(moved, tables["swaps"]) if moved else ()
    rows: list[tuple[Any, ...]] = []
    for trade, pair in zip(moved, pairs, strict=True):
        told = (*(pair or (None, None)), trade.before, trade.after, None, trade.log_index)
        rows.append((*trade.place, MOVE, trade.pool, trade.trader, _bits(trade.trader), *told))
    for each in dealings(tables):
        told = (each.token, None, None, None, each.paid, None)
        rows.append((*each.place, DEALING, each.contract, each.sender, _bits(each.sender), *told))
    return _pool_moves.framed(rows, _NOTHING)


def _bits(account: bytes) -> int:
    return int.from_bytes(account[-2:], "big")


def candidates(calls: pl.DataFrame, memory: pl.DataFrame) -> pl.DataFrame:
    """Price views, or balances, that were read in transactions of those who traded in a pool whose price moved far."""
    roots = np.flatnonzero(calls["depth"].to_numpy() == 0)
    sent = rows_at(calls[[*PLACE, "from_address"]], roots)
    own: dict[bytes, set[tuple[Any, ...]]] = {}
    for *at, sender in sent[[*_AT, "from_address"]].rows():
        own.setdefault(sender, set()).add(tuple(at))
    traders = _traders(memory, own)
    if not traders:
        return calls.clear()
    senders = rows_where(sent, abi.among(sent["from_address"], abi.keys(sorted(traders))))[[*SAME]]
    is_read = abi.among(calls["selector"], _VIEWS) & abi.among(calls["call_type"], _STATIC)
    asked = rows_where(calls[[*SAME]], is_read) if len(senders) else senders
    rows = _matching.which(_matching.numbers(asked, SAME), _matching.numbers(senders, SAME))
    return rows_where(asked, rows >= 0)


def _traders(memory: pl.DataFrame, senders: Mapping[bytes, set[tuple[Any, ...]]]) -> set[bytes]:
    """Those of the senders who traded, in another transaction than these alone, in a pool whose price moved far."""
    wanted = np.zeros(_BITS, dtype=np.bool_)
    wanted[[_bits(sender) for sender in senders]] = True
    named = memory[["kind", "chain_id", "subject", "trader", *_AT]]
    pools: dict[tuple[int, bytes], set[bytes]] = {}
    for kind, chain_id, pool, trader, *at in rows_where(named, wanted[memory["trader_bits"].to_numpy()]).rows():
        if kind == MOVE and senders.get(trader, set()) - {tuple(at)}:
            pools.setdefault((chain_id, pool), set()).add(trader)
    if not pools:
        return set()
    return {trader for pool in _moved_far(memory, {pool for _, pool in pools}) for trader in pools.get(pool, ())}


def _moved_far(memory: pl.DataFrame, pools: set[bytes]) -> Iterator[tuple[int, bytes]]:
    ends: dict[tuple[int, bytes], tuple[float, float]] = {}
    traded = rows_among(
        memory[["chain_id", "subject", "before", "after"]], "subject", pl.Series(sorted(pools), dtype=pl.Binary())
    )
    for chain_id, pool, before, after in traded.rows():
        if before is not None:
            low, high = ends.get((chain_id, pool), (before, before))
            ends[chain_id, pool] = min(low, before, after), max(high, before, after)
    return (pool for pool, (low, high) in ends.items() if high >= DISTORTION * low)


def of_sender(act: Act, memory: pl.DataFrame) -> dict[bytes, OwnTrades]:
    """By pool that the sender traded in before and whose price is far from where it was: every trade since then."""
    before = _pool_moves.earlier(memory, act.place)
    own = before.filter(pl.col("trader") == act.cluster.sender)
    moves, dealt = own.filter(pl.col("kind") == MOVE), own.filter(pl.col("kind") == DEALING)
    found = {}
    for pool in moves["subject"].unique().to_list():
        trades = before.filter((pl.col("subject") == pool) & (pl.col("kind") == MOVE))
        first = trades["trader"].to_list().index(act.cluster.sender)
        here = OwnTrades(trades[first:], moves.filter(pl.col("subject") == pool), dealt)
        if here.times >= DISTORTION:
            found[pool] = here
    return found
