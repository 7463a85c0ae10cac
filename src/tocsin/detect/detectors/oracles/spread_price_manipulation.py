"""
Somebody moved a price over several transactions, and then used it.

Whoever only looks at single transactions sees a buyer, and later a borrower.

## What it finds
A contract read the price of a pool, or a balance it holds, and gave something to the sender of the transaction or to
those who act for the sender. In earlier transactions of the last day the same sender traded in that pool, and the
price is now 30 % or more away from where it was before the first of these trades.

* critical: the contract that gave is one that you watch.
* high: any other.

The call that gave does not itself trade with the pool: that would be a sale of what was bought.

## Why it matters
A market that believes a pool's price of the moment lends against it what the pledge will never fetch. Spread over
hours, no limit on the impact of one trade and no short average stops it.

## Blind spots
Trades that move the price by less than one in a hundred, and those by other accounts of the same person. Pools that are
not of the shape of Uniswap V2 or V3. Profit that is not taken from a contract that reads the pool: an arbitrage
elsewhere at the moved price is not looked for. An average that the market keeps itself is not seen to move. It needs
logs and the call tree.

## Triage
Pause borrowing in the market that the finding names as victim. See what the sender still holds of the pool's tokens: it
will sell them, and the price will fall back.

## References
- POMABuster: price manipulation across transactions
- https://eprint.iacr.org/2022/445 (Mackinga and others, TWAP Oracle Attacks)
- LeiShen: 30 %
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect.actors import SAME
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors import _acts, _matching, _price_reads
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._price_reads import BALANCE, DISTORTION, PRICE_VIEWS
from tocsin.detect.detectors.oracles import _pool_moves
from tocsin.detect.detectors.oracles._pool_moves import EVENTS, MOVED, PAIR_SWAP, SYNC
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks."""
CONFIDENCE = 0.8
"""The same cluster moved the price and used it (reference: detection, section 4.4)."""
FAMILY = "family:price-manipulation"
WATCHED = "watched"
_VIEWS, _STATIC = abi.keys(sorted(PRICE_VIEWS | {BALANCE})), abi.texts(("staticcall",))


def remember(tables: Tables) -> pl.DataFrame:
    """The trades of a batch that moved a price."""
    return _pool_moves.moved(tables["logs"], tables["transactions"])


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that gave something on the strength of a price that the taker had moved."""
    memory = tables[MEMORY]
    if memory.is_empty():
        return
    chosen = _candidates(tables["calls"], memory)
    if chosen.is_empty():
        return
    for act in _acts.acts(tables, chosen):
        yield from _sightings(act, _own_moves(act, memory), tables)


def _candidates(calls: pl.DataFrame, memory: pl.DataFrame) -> pl.DataFrame:
    """Price views, or balances, that were read in transactions of those who traded in a pool whose price moved far."""
    low, high = (getattr(pl, f"{end}_horizontal")("before", "after") for end in ("min", "max"))
    ends = memory.group_by("chain_id", "pool").agg(low=low.min(), high=high.max())
    pools = ends.filter(pl.col("high") >= DISTORTION * pl.col("low"))["pool"]
    if pools.is_empty():
        return calls.clear()
    traders = memory["trader"].filter(memory["pool"].is_in(pools.implode())).unique()
    own = (calls["depth"].to_numpy() == 0) & (abi.which(calls["from_address"], abi.keys(traders.to_list())) >= 0)
    senders = calls[[*SAME]][np.flatnonzero(own)]
    is_read = (abi.which(calls["selector"], _VIEWS) >= 0) & (abi.which(calls["call_type"], _STATIC) >= 0)
    asked = calls[[*SAME]][np.flatnonzero(is_read)] if len(senders) else senders
    rows = _matching.which(_matching.numbers(asked, SAME), _matching.numbers(senders, SAME))
    found: pl.DataFrame = asked[np.flatnonzero(rows >= 0)]
    return found


def _own_moves(act: Act, memory: pl.DataFrame) -> dict[bytes, pl.DataFrame]:
    """By pool that the sender traded in before and whose price is far from where it was: every trade since then."""
    before = _pool_moves.earlier(memory, act.place)
    found = {}
    for pool in before.filter(pl.col("trader") == act.cluster.sender)["pool"].unique().to_list():
        trades = before.filter(pl.col("pool") == pool)
        first = trades["trader"].to_list().index(act.cluster.sender)
        if _times(trades[first:]) >= DISTORTION:
            found[pool] = trades[first:]
    return found


def _times(trades: pl.DataFrame) -> float:
    """How many times the price differs, behind these trades, from that before them."""
    first, last = trades["before"][0], trades["after"][-1]
    return float(max(last / first, first / last))


def _sightings(act: Act, moves: Mapping[bytes, pl.DataFrame], tables: Tables) -> Iterator[Sighting]:
    if not moves:
        return
    times = {pool: _times(trades) for pool, trades in moves.items()}
    seen: set[tuple[bytes, bytes]] = set()
    for read in _price_reads.distorted_reads(act.tree, act.members, frozenset(), times):
        victim = read.entry.callee
        if read.pool in moves and (victim, read.pool) not in seen:
            seen.add((victim, read.pool))
            own = moves[read.pool].filter(pl.col("trader") == act.cluster.sender)
            yield _sighting(act, victim, read, own, times[read.pool], tables)


def _sighting(
    act: Act, victim: bytes, read: _price_reads.Read, own: pl.DataFrame, times: float, tables: Tables
) -> Sighting:
    chain_id, sender, pool = act.place["chain_id"], shown(act.cluster.sender), shown(read.pool)
    taken = act.given(victim)
    worth = sum(Prices.of(tables).dollars(chain_id, token, amount) or 0.0 for token, amount in taken.items())
    is_watched = WATCHED in Labels.of(tables).kinds(chain_id, victim)
    trades = [hexadecimal(raw) or "" for raw in own["transaction_hash"].unique(maintain_order=True).to_list()]
    much = f" ({about(worth)})" if worth >= 1 else ""
    return Sighting(
        place=Place.of(act.place),
        severity=Severity.CRITICAL if is_watched else Severity.HIGH,
        confidence=CONFIDENCE,
        title=f"A contract acted on a price that the taker had moved {times:.3g} times",
        summary=f"{sender} traded in the pool {pool} in {len(trades)} earlier transactions; its price is {times:.3g} "
        f"times away from what it was. Inside a call of {shown(victim)}, {shown(read.consumer)} read it, and "
        f"something was given to whoever acts for {sender}{much}.",
        entities=(
            Entity("victim", shown(victim)),
            *act.actors,
            Entity("pool", pool),
            *(Entity("token", shown(token)) for token in list(taken)[:LISTED]),
        ),
        values=_values(read, trades, taken, times, worth),
        labels=(FAMILY, *((NEVER_LOWERED,) if is_watched else ())),
        key=f"{shown(victim)} {pool}",
    )


def _values(
    read: _price_reads.Read, trades: list[str], taken: Mapping[bytes, int], times: float, worth: float
) -> dict[str, Any]:
    tokens = list(taken)[:LISTED]
    return {
        "moved_percent": round(100 * (times - 1)),
        "trade_count": len(trades),
        "first_trades": trades[:LISTED],
        "view_selector": hexadecimal(read.view) or "",
        "taken_tokens": [shown(token) for token in tokens],
        "taken_amounts": [taken[token] for token in tokens],
        "taken_about_dollars": round(worth),
    }


_RESERVES, _BORROW = selector("getReserves()"), selector("borrow(uint256)")
_PAY = selector("transfer(address,uint256)")


def _trade(block: int, held: tuple[int, int], given: tuple[int, int], taken: tuple[int, int]) -> list[dict[str, Any]]:
    """What a pair logs: what it holds behind the trade, and what was traded."""
    place = {"block_number": block, "address": "pair"}
    return [
        {**place, "log_index": 1, "topic0": SYNC, "data": literal.words(*held)},
        {**place, "log_index": 2, "topic0": PAIR_SWAP, "data": literal.words(*given, *taken)},
    ]


def _sent(*blocks: int, by: str = "mallory") -> list[dict[str, Any]]:
    return [{"block_number": block, "from_address": by, "to_address": "router"} for block in blocks]


_PUMP = [
    *_trade(1, (80, 125), (0, 25), (20, 0)),
    *_trade(2, (50, 200), (0, 75), (30, 0)),
]
"""From 100 and 100 to 50 and 200: four times the price."""


def _at(block: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "block_number": block} for row in rows]


def _loan(block: int, sender: str = "mallory") -> dict[str, list[dict[str, Any]]]:
    calls = [
        call(0, 0, 3, sender, "market", _BORROW),
        call(1, 1, 2, "market", "pair", _RESERVES, kind="staticcall"),
        call(1, 2, 3, "market", "dollar", _PAY + literal.words(sender, 1)),
    ]
    rows = moved(("market", sender, "dollar", 1))
    return {"calls": _at(block, calls), **{name: _at(block, each) for name, each in rows.items()}}


detector = Detector(
    id="spread-price-manipulation",
    severity=Severity.CRITICAL,
    reads={
        **_acts.READS,
        "logs": Read(columns=_pool_moves.LOGS_READ, topic0=EVENTS),
        "transactions": Read(columns=("from_address",)),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(columns=MOVED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="two purchases, and a loan on the price they made",
            tables={"logs": _PUMP, "transactions": _sent(1, 2), **_loan(3)},
            finds=(
                {
                    "severity": "high",
                    "block_number": 3,
                    "entities": {"victim": "market", "attacker": "mallory", "pool": "pair"},
                    "values": {"moved_percent": 300, "trade_count": 2, "taken_amounts": [10**18]},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="the same in a market that you watch",
            tables={
                "logs": _PUMP,
                "transactions": _sent(1, 2),
                "labels": [{"address": "market", "kind": WATCHED, "name": "ours"}],
                **_loan(3),
            },
            finds=({"severity": "critical", "labels": [FAMILY, NEVER_LOWERED]},),
        ),
        Example(
            says="somebody else borrows",
            tables={"logs": _PUMP, "transactions": _sent(1, 2), **_loan(3, sender="alice")},
        ),
        Example(
            says="somebody buys, and keeps it",
            tables={"logs": _PUMP, "transactions": _sent(1, 2)},
        ),
        Example(
            says="a purchase that moves the price a little",
            tables={"logs": _trade(1, (95, 105), (0, 5), (5, 0)), "transactions": _sent(1), **_loan(3)},
        ),
        Example(
            says="the loan came first",
            tables={"logs": _at(5, _PUMP[2:]), "transactions": _sent(5), **_loan(3)},
        ),
    ),
)
