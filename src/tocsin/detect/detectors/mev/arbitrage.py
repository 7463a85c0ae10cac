"""
A transaction that swaps in a circle: what it pays first is what it gets last.

## What it finds
At least two swaps of one transaction in a chain: each pays with what the one before it gave (the same token, passed on
to whoever pays next, amounts within 1 %), and the last gives the token the first was paid with, back to the payer or
the receiver of the first, who is no pool. The first and the last swap are in different pools. The shortest such chains
are taken, each swap in at most one of them. A wrapped native coin counts as the coin itself. The profit is what came in
at the end less what went out at the start. A circle that loses is labelled too, with less confidence.

## Why it matters
Arbitrage looks like an attack to every other detector: flash loans, great swaps, profit in one transaction. It takes
price differences, not somebody's deposit.

## Blind spots
A cycle closed in another transaction or on an exchange off the chain, a cycle whose amounts change by more than 1 %
between two swaps (tokens with fees), one of more than 20 swaps, swaps the dataset does not know. The search in one
transaction stops after 50 000 pairs of swaps looked at: real ones need a few hundred. Gas and payments to the block's
author are not taken off the profit.

## Triage
Nothing to do. If it lowered a finding about your contracts, look at who paid: a pool out of line by itself, or one that
somebody moved in the same transaction.

## References
- https://github.com/flashbots/mev-inspect-py
- https://arxiv.org/abs/1904.05234
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors.mev import _trades
from tocsin.detect.detectors.mev._trades import TRANSACTION, Trade, coin, once, shown
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables
from tocsin.tables.numbers import rows_of

TOLERANCE_PERCENT = 1
"""How far the amount paid may be from the amount received by the swap before."""
MOST_SWAPS = 20
"""Of one cycle."""
MOST_PAIRS = 50_000
"""Of swaps looked at in one transaction, so that nobody can make the search long."""
CONFIDENCE = 0.9
CONFIDENCE_OF_A_LOSS = 0.5

Cycle = tuple[Trade, ...]


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per cycle."""
    swaps = tables["swaps"]
    transaction = rows_of(swaps, "transaction_hash")
    several = rows_where(swaps, np.bincount(transaction)[transaction] > 1)
    for _, trades in groupby(_trades.trades(several, {}), key=_transaction):
        for cycle in cycles(tuple(trades)):
            yield _sighting(cycle)


def _transaction(trade: Trade) -> tuple[object, ...]:
    return tuple(trade.row[name] for name in TRANSACTION)


def cycles(trades: Sequence[Trade]) -> list[Cycle]:
    """The cycles in the swaps of one transaction: shortest first, each swap in one at most, in order of execution."""
    routes = _Routes(trades)
    found = [route for start in trades if (route := routes.shortest(start))]
    chosen: list[Cycle] = []
    used: set[int] = set()
    for cycle in sorted(found, key=_preference):
        if used.isdisjoint(map(id, cycle)):
            used.update(map(id, cycle))
            chosen.append(cycle)
    return sorted(chosen, key=lambda cycle: cycle[0].position)


def _preference(cycle: Cycle) -> tuple[int, float, int]:
    """Short ones first; of one circle, the start whose inner joints fit best: there the profit is not in a joint."""
    gaps = sum(
        abs(before.amount_out - after.amount_in) / max(before.amount_out, 1) for before, after in pairwise(cycle)
    )
    return len(cycle), gaps, cycle[0].position


@dataclass(slots=True)
class _Routes:
    """Chains of swaps in one transaction."""

    trades: Sequence[Trade]
    pools: frozenset[bytes]
    by_token: Mapping[bytes, list[Trade]]
    left: int = MOST_PAIRS

    def __init__(self, trades: Sequence[Trade]) -> None:
        self.trades = trades
        self.pools = frozenset(trade.pool[0] for trade in trades)
        self.by_token = defaultdict(list)
        self.left = MOST_PAIRS
        for trade in trades:
            self.by_token[_paid(trade)].append(trade)

    def shortest(self, start: Trade) -> Cycle | None:
        """The shortest chain from this swap that ends with its payer and its token, in another pool."""
        if start.payer in self.pools:
            return None
        waiting: deque[Cycle] = deque([(start,)])
        seen = {id(start)}
        while waiting:
            route = waiting.popleft()
            if route[-1].receiver not in self.pools and _closes(route):
                return route
            for trade in self._next(route[-1]) if len(route) < MOST_SWAPS else ():
                if id(trade) not in seen:
                    seen.add(id(trade))
                    waiting.append((*route, trade))
        return None

    def _next(self, before: Trade) -> Iterator[Trade]:
        for trade in self.by_token.get(_given(before), ()):
            self.left -= 1
            if self.left < 0:
                return
            if _joins(before, trade):
                yield trade


def _closes(route: Cycle) -> bool:
    first, last = route[0], route[-1]
    returned = last.receiver in (first.payer, first.receiver)
    return returned and _given(last) == _paid(first) and last.pool != first.pool


def _joins(before: Trade, after: Trade) -> bool:
    """What `before` gave is what `after` is paid with."""
    passed_on = before.receiver in (after.payer, after.pool[0]) or before.pool[0] == after.payer
    return passed_on and _close(before.amount_out, after.amount_in)


def _close(one: int, other: int) -> bool:
    return abs(one - other) * 100 <= TOLERANCE_PERCENT * max(one, other)


def _paid(trade: Trade) -> bytes:
    return coin(trade.row["chain_id"], trade.token_in)


def _given(trade: Trade) -> bytes:
    return coin(trade.row["chain_id"], trade.token_out)


def _sighting(cycle: Cycle) -> Sighting:
    first, last = cycle[0], cycle[-1]
    profit = last.amount_out - first.amount_in
    gain = "gains" if profit >= 0 else "loses"
    return Sighting(
        place=Place.of(first.row),
        severity=Severity.INFO,
        confidence=CONFIDENCE if profit >= 0 else CONFIDENCE_OF_A_LOSS,
        title="Arbitrage: a circle of swaps",
        summary=(
            f"{shown(last.receiver)} turns {first.amount_in} base units of {shown(first.token_in)} into "
            f"{last.amount_out} base units of {shown(first.token_in)} in {len(cycle)} swaps: it {gain} "
            f"{abs(profit)} base units of {shown(first.token_in)}."
        ),
        entities=(
            Entity("trader", shown(last.receiver)),
            *(Entity("pool", shown(pool)) for pool in once(trade.pool[0] for trade in cycle)),
            *(Entity("token", shown(token)) for token in once(trade.token_in for trade in cycle)),
        ),
        values={
            "swap_count": len(cycle),
            "profit_token": shown(first.token_in),
            "start_amount": first.amount_in,
            "end_amount": last.amount_out,
            "profit_amount": profit,
            "tokens": [shown(trade.token_in) for trade in cycle],
            "amounts_in": [trade.amount_in for trade in cycle],
            "amounts_out": [trade.amount_out for trade in cycle],
        },
        key=f"{first.position}-{last.position}",
    )


_BUYS = {
    "pool_address": "pool-1",
    "pool_id": "pool-1",
    "from_address": "bot",
    "to_address": "bot",
    "token_in_address": "coin",
    "amount_in": 1_000,
    "token_out_address": "fruit",
    "amount_out": 50,
    "call_index": 1,
}
_SELLS = {
    "pool_address": "pool-2",
    "pool_id": "pool-2",
    "from_address": "bot",
    "to_address": "bot",
    "token_in_address": "fruit",
    "amount_in": 50,
    "token_out_address": "coin",
    "amount_out": 1_010,
    "call_index": 2,
}

detector = Detector(
    id="arbitrage",
    severity=Severity.INFO,
    reads={"swaps": _trades.READ},
    run=run,
    label="mev:arbitrage",
    examples=(
        Example(
            says="a bot buys in one pool and sells for more in another",
            tables={"swaps": (_BUYS, _SELLS)},
            finds=(
                {
                    "severity": "info",
                    "entities": {"trader": "bot", "pool": "pool-2"},
                    "values": {"swap_count": 2, "start_amount": 1_000, "end_amount": 1_010, "profit_amount": 10},
                },
            ),
        ),
        Example(
            says="a pool hands what it gives straight to the next, and the bot comes out with less",
            tables={
                "swaps": (
                    {**_BUYS, "to_address": "pool-3"},
                    {
                        **_BUYS,
                        "pool_address": "pool-3",
                        "pool_id": "pool-3",
                        "from_address": "pool-1",
                        "token_in_address": "fruit",
                        "amount_in": 50,
                        "token_out_address": "stone",
                        "amount_out": 7,
                        "call_index": 2,
                    },
                    {**_SELLS, "token_in_address": "stone", "amount_in": 7, "amount_out": 990, "call_index": 3},
                )
            },
            finds=({"values": {"swap_count": 3, "profit_amount": -10}},),
        ),
        Example(
            says="a vault pays for the bot",
            tables={"swaps": ({**_BUYS, "from_address": "vault"}, _SELLS)},
            finds=({"entities": {"trader": "bot"}, "values": {"profit_amount": 10}},),
        ),
        Example(
            says="buying and selling in one pool is no arbitrage",
            tables={"swaps": (_BUYS, {**_SELLS, "pool_address": "pool-1", "pool_id": "pool-1"})},
        ),
        Example(
            says="a route from one token to another does not come back",
            tables={"swaps": (_BUYS, {**_SELLS, "token_out_address": "stone"})},
        ),
        Example(
            says="two swaps of different amounts are two trades",
            tables={"swaps": (_BUYS, {**_SELLS, "amount_in": 20, "amount_out": 400})},
        ),
        Example(
            says="the circle closes in another transaction: not this label",
            tables={"swaps": (_BUYS, {**_SELLS, "transaction_index": 1})},
        ),
    ),
)
