"""
Somebody moved a price over several transactions, and then used it.

Whoever only looks at single transactions sees a buyer, and later a borrower.

## What it finds
A contract read the price of a pool, or a balance it holds, and gave something to the sender of the transaction or to
those who act for the sender. In earlier transactions of the last day the same sender traded in that pool, and the
price is now 30 % or more away from where it was before the first of these trades.

* critical: the contract that gave is one that you watch.
* high: any other.

The call that gave does not itself trade with the pool: that would be a sale of what was bought. Nor is it told where
the sender has, in that day, paid the contract no less than it got of it, in tokens of the pool and at the price before:
a loan that the pledge bears without the rise.

## Why it matters
A market that believes a pool's price of the moment lends against it what the pledge will never fetch. Spread over
hours, no limit on the impact of one trade and no short average stops it.

## Blind spots
Trades that move the price by less than one in a hundred, and those by other accounts of the same person. Pools that are
not of the shape of Uniswap V2 or V3. Profit that is not taken from a contract that reads the pool: one that costs
nothing is for profit-after-own-trade. An average that the market keeps itself is not seen to move. A pledge counts
against the loan only where the sender itself paid it to the contract that gave, within the day. It needs logs and the
call tree.

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

from tocsin.chain.signatures import selector
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors.oracles import _own_trades, _pool_moves
from tocsin.detect.detectors.oracles._dealings import TRANSFERS_READ
from tocsin.detect.detectors.oracles._own_trades import REMEMBERED, OwnTrades
from tocsin.detect.detectors.oracles._pool_moves import EVENTS, PAIR_SWAP, SYNC
from tocsin.detect.detectors.prices import _price_reads
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


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that gave something on the strength of a price that the taker had moved."""
    memory = tables[MEMORY]
    if memory.is_empty():
        return
    chosen = _own_trades.candidates(tables["calls"], memory)
    if chosen.is_empty():
        return
    for act in _acts.acts(tables, chosen):
        yield from _sightings(act, _own_trades.of_sender(act, memory), tables)


def _sightings(act: Act, pools: Mapping[bytes, OwnTrades], tables: Tables) -> Iterator[Sighting]:
    if not pools:
        return
    times = {pool: trades.times for pool, trades in pools.items()}
    seen: set[tuple[bytes, bytes]] = set()
    for read in _price_reads.distorted_reads(act.tree, act.members, frozenset(), times):
        victim = read.entry.callee
        if read.pool in pools and (victim, read.pool) not in seen:
            seen.add((victim, read.pool))
            if not pools[read.pool].is_covered(act, victim):
                yield _sighting(act, victim, read, pools[read.pool], tables)


def _sighting(act: Act, victim: bytes, read: _price_reads.Read, pool_trades: OwnTrades, tables: Tables) -> Sighting:
    times, own = pool_trades.times, pool_trades.own
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


_TOLD = [
    {"block_number": block, "log_index": 2, "token_in_address": "dollar", "token_out_address": "art"}
    for block in (1, 2)
]
"""What the trades were of: art that was worth a dollar, and four behind them."""


def _pledge(block: int, tokens: int) -> dict[str, list[dict[str, Any]]]:
    """Art that is paid to the market."""
    sent = [{"from_address": "mallory", "to_address": "market"}]
    rows = {"transfers": moved(("mallory", "market", "art", tokens))["transfers"], "transactions": sent}
    return {name: _at(block, each) for name, each in rows.items()}


def _bought(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The purchases, and more."""
    parts = ({"logs": _PUMP, "swaps": _TOLD, "transactions": _sent(1, 2)}, *parts)
    return {name: [row for part in parts for row in part.get(name, ())] for name in {n for part in parts for n in part}}


def _at(block: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "block_number": block} for row in rows]


def _loan(block: int, sender: str = "mallory", amount: int = 1) -> dict[str, list[dict[str, Any]]]:
    calls = [
        call(0, 0, 3, sender, "market", _BORROW),
        call(1, 1, 2, "market", "pair", _RESERVES, kind="staticcall"),
        call(1, 2, 3, "market", "dollar", _PAY + literal.words(sender, 1)),
    ]
    rows = moved(("market", sender, "dollar", amount))
    return {"calls": _at(block, calls), **{name: _at(block, each) for name, each in rows.items()}}


detector = Detector(
    id="spread-price-manipulation",
    severity=Severity.CRITICAL,
    reads={
        **_acts.READS,
        "transfers": Read(columns=tuple(dict.fromkeys((*TRANSFERS_READ, *_acts.READS["transfers"].columns)))),
        "logs": Read(columns=_pool_moves.LOGS_READ, topic0=EVENTS),
        "swaps": Read(columns=_pool_moves.SWAPS_READ),
        "transactions": Read(columns=("from_address", "to_address")),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_own_trades.remember),
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
            says="the pledge is worth the loan at the raised price only",
            tables=_bought(_pledge(3, 1), _loan(4, amount=3)),
            finds=({"severity": "high"},),
        ),
        Example(
            says="the pledge bears the loan at the price before the purchases too",
            tables=_bought(_pledge(3, 4), _loan(4, amount=3)),
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
