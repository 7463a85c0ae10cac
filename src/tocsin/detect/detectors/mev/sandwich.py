"""
Somebody traded before and after others in the same pool and block, at their expense.

## What it finds
In one block: an actor swaps (in front), others swap in the same pool and direction, the actor swaps back (behind); all
in different transactions. The actor is who sent the transactions, or a contract that is paid in front, pays behind and
keeps what it buys in between, whoever sends; an address that only passes tokens on is not an actor. Several swaps in
front or behind, several victims and several pools are one sandwich when they share transactions of the actor. The
swap back may be in another pool when it sells what was bought, within 1 %. The actor must have something at stake
between, money paid or a token carried to the back: two arbitrages around a swap are not a sandwich. The profit counts
the swaps there and back only, in the token first paid; a sandwich that lost money is labelled too.

## Why it matters
Sandwiches look like price manipulation, and their victims look robbed. The label says which it is, and who was hit.

## Blind spots
Sandwiches over several blocks, around liquidity instead of swaps, with front and back by addresses that share neither
sender nor trader, or with a swap back split over other pools; of more than 100 victims in one pool the rest. Without
call trees senders are not known, without movements of tokens routers count as traders: the confidence is then at most
one half. Payments to the block's author are not taken off the profit.

## Triage
If the victim is yours, its slippage limit was too wide: send through a private relay or tighten the limit. Otherwise
nothing to do.

## References
- https://github.com/flashbots/mev-inspect-py
- https://arxiv.org/abs/2009.14021
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors.mev import _holdings, _trades
from tocsin.detect.detectors.mev._sandwiches import Sandwich, sandwiches
from tocsin.detect.detectors.mev._trades import BLOCK, Trade, once, shown
from tocsin.model.finding import Entity, Place, Severity, Sighting, Value
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables
from tocsin.tables.numbers import combined, rows_of

CONFIDENCE = 0.9
FEWEST_TRANSACTIONS = 3
"""In front, a victim, behind."""


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per sandwich."""
    swaps = _several(tables["swaps"])
    if swaps.is_empty():
        return
    holdings = _holdings.holdings(tables.get("profits"), swaps["transaction_hash"])
    trades = _trades.trades(swaps, _trades.parties(tables.get("calls"), swaps))
    for _, block in groupby(trades, key=_block):
        for sandwich in sandwiches(tuple(block), holdings):
            yield _sighting(sandwich)


def _several(swaps: pl.DataFrame) -> pl.DataFrame:
    """The swaps of blocks that have enough transactions with swaps."""
    if swaps["transaction_hash"].n_unique() < FEWEST_TRANSACTIONS:
        return swaps.clear()
    block, transaction = rows_of(swaps, *BLOCK), rows_of(swaps, "transaction_hash")
    _, first = np.unique(combined(block, transaction), return_index=True)
    transactions = np.bincount(block[first])
    is_placed = abi.present(swaps["transaction_index"])
    return rows_where(swaps, is_placed & (transactions[block] >= FEWEST_TRANSACTIONS))


def _block(trade: Trade) -> tuple[object, ...]:
    return tuple(trade.row[name] for name in BLOCK)


def _sighting(sandwich: Sandwich) -> Sighting:
    first, last, victims = sandwich.fronts[0], sandwich.backs[-1], sandwich.victims
    token, profit = sandwich.profit
    actor = _actor(sandwich)
    gain = "gains" if profit >= 0 else "loses"
    hit = once(victim.transaction for victim in victims)
    return Sighting(
        place=Place.of(first.row),
        severity=Severity.INFO,
        confidence=CONFIDENCE,
        title="Sandwich: trades before and after others in one pool",
        summary=(
            f"{actor} swaps before and after {len(hit)} transactions of others and {gain} {abs(profit)} base units of "
            f"{shown(token)}."
        ),
        entities=(
            Entity("sandwicher", actor),
            *(Entity("pool", shown(pool)) for pool in once(leg.pool[0] for leg in sandwich.fronts)),
            *(Entity("victim", shown(who)) for who in once(_hurt(victim) for victim in victims)),
            Entity("token", shown(token)),
        ),
        values={
            **_amounts(sandwich),
            "profit_token": shown(token),
            "profit_amount": profit,
            "front_transaction": shown(first.transaction),
            "victim_transactions": _trades.transactions(victims),
            "back_transaction": shown(last.transaction),
            "front_transactions": _trades.transactions(sandwich.fronts),
            "back_transactions": _trades.transactions(sandwich.backs),
        },
        key=f"{shown(last.transaction)}-{first.position}-{last.position}",
    )


def _actor(sandwich: Sandwich) -> str:
    """The contract that holds what is bought, where it is the same behind; else the sender."""
    linked = {actor for trip in sandwich.trips for actor in trip.linked}
    trader = sandwich.fronts[0].receiver
    return shown(trader if trader in linked else min(linked))


def _hurt(victim: Trade) -> bytes:
    return victim.party.sender or victim.receiver


def _amounts(sandwich: Sandwich) -> dict[str, Value]:
    first = sandwich.fronts[0]
    hit = [trip for trip in sandwich.trips if trip.victims]
    return {
        "front_amounts_in": [leg.amount_in for leg in sandwich.fronts],
        "front_amounts_out": [leg.amount_out for leg in sandwich.fronts],
        "back_amounts_in": [leg.amount_in for leg in sandwich.backs],
        "back_amounts_out": [leg.amount_out for leg in sandwich.backs],
        "victim_amounts_in": [victim.amount_in for victim in sandwich.victims],
        "victim_amounts_out": [victim.amount_out for victim in sandwich.victims],
        "bought_token": shown(first.token_out),
        "pools_hit": [shown(trip.fronts[0].pool[0]) for trip in hit],
        "pool_profit_tokens": [shown(trip.profit[0]) for trip in hit],
        "pool_profit_amounts": [trip.profit[1] for trip in hit],
    }


def _swap(index: int, who: str, paid: tuple[str, int], got: tuple[str, int], pool: str = "pool") -> dict[str, Any]:
    return {
        "transaction_index": index,
        "pool_address": pool,
        "pool_id": pool,
        "from_address": who,
        "to_address": who,
        "token_in_address": paid[0],
        "amount_in": paid[1],
        "token_out_address": got[0],
        "amount_out": got[1],
        "call_index": 1,
    }


def _root(index: int, sender: str, called: str) -> dict[str, Any]:
    return {"transaction_index": index, "call_index": 0, "from_address": sender, "to_address": called}


def _net(index: int, who: str, token: str, net: int) -> dict[str, Any]:
    return {
        "transaction_index": index,
        "account_address": who,
        "token_address": token,
        "received_f64": max(net, 0),
        "sent_f64": max(-net, 0),
        "net_f64": net,
    }


_SWAPS = (
    _swap(0, "bot", ("coin", 100), ("fruit", 50)),
    _swap(1, "alice", ("coin", 10), ("fruit", 4)),
    _swap(2, "bot", ("fruit", 50), ("coin", 103)),
)
_ROOTS = (_root(0, "keeper-1", "bot"), _root(1, "alice", "router"), _root(2, "keeper-2", "bot"))
_NETS = (
    _net(0, "bot", "coin", -100),
    _net(0, "bot", "fruit", 50),
    _net(2, "bot", "coin", 103),
    _net(2, "bot", "fruit", -50),
)

detector = Detector(
    id="sandwich",
    severity=Severity.INFO,
    reads={"swaps": _trades.READ, "calls": _trades.CALLS, "profits": _holdings.READ},
    run=run,
    label="mev:sandwich",
    examples=(
        Example(
            says="a bot buys before somebody and sells after, from two senders",
            tables={"swaps": _SWAPS, "calls": _ROOTS, "profits": _NETS},
            finds=(
                {
                    "severity": "info",
                    "entities": {"sandwicher": "bot", "victim": "alice", "pool": "pool"},
                    "values": {"profit_amount": 3, "victim_amounts_in": [10]},
                },
            ),
        ),
        Example(
            says="two in front, two victims, two behind, and a loss: one sandwich",
            tables={
                "swaps": (
                    _swap(0, "bot", ("coin", 100), ("fruit", 50)),
                    _swap(1, "alice", ("coin", 10), ("fruit", 4)),
                    _swap(2, "bot", ("coin", 60), ("fruit", 20)),
                    _swap(3, "carol", ("coin", 9), ("fruit", 3)),
                    _swap(4, "bot", ("fruit", 50), ("coin", 103)),
                    _swap(5, "bot", ("fruit", 20), ("coin", 50)),
                ),
                "profits": (_net(0, "bot", "fruit", 50), _net(2, "bot", "fruit", 20), _net(4, "bot", "fruit", -70)),
                "calls": tuple(
                    _root(n, s, "bot") for n, s in enumerate(("bob", "alice", "bob", "carol", "bob", "bob"))
                ),
            },
            finds=({"values": {"profit_amount": -7}},),
        ),
        Example(
            says="two pools on the way there and back: one sandwich",
            tables={
                "swaps": (
                    *_SWAPS,
                    _swap(0, "bot", ("coin", 30), ("fruit", 15), "pool-2"),
                    _swap(1, "alice", ("coin", 5), ("fruit", 2), "pool-2"),
                    _swap(2, "bot", ("fruit", 15), ("coin", 31), "pool-2"),
                ),
                "calls": _ROOTS,
                "profits": _NETS,
            },
            finds=({"entities": {"pool": "pool-2"}, "values": {"profit_amount": 4}},),
        ),
        Example(
            says="the bot sells in another pool",
            tables={
                "swaps": (*_SWAPS[:2], _swap(2, "bot", ("fruit", 50), ("coin", 104), "pool-2")),
                "calls": _ROOTS,
                "profits": _NETS,
            },
            finds=({"values": {"profit_amount": 4}},),
        ),
        Example(
            says="a router that passes tokens on is no actor",
            tables={
                "swaps": (
                    _swap(0, "router", ("coin", 100), ("fruit", 50)),
                    _SWAPS[1],
                    _swap(2, "router", ("fruit", 50), ("coin", 103)),
                ),
                "calls": (_root(0, "bob", "router"), _ROOTS[1], _root(2, "carol", "router")),
                "profits": (_net(0, "bob", "fruit", 50), _net(2, "carol", "fruit", -50)),
            },
        ),
        Example(
            says="nobody between is no sandwich",
            tables={"swaps": (_SWAPS[0], {**_SWAPS[1], "pool_id": "pool-9", "pool_address": "pool-9"}, _SWAPS[2])},
        ),
        Example(
            says="a swap the other way between is no victim",
            tables={"swaps": (_SWAPS[0], _swap(1, "alice", ("fruit", 4), ("coin", 10)), _SWAPS[2]), "profits": _NETS},
        ),
        Example(
            says="two arbitrages of one bot around somebody's swap carry nothing over",
            tables={
                "swaps": _SWAPS,
                "calls": tuple({**root, "from_address": "keeper-1"} for root in _ROOTS if root["to_address"] == "bot"),
                "profits": (_net(0, "bot", "coin", 3), _net(2, "bot", "coin", 2)),
            },
        ),
    ),
)
