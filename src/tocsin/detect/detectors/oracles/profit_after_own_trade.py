"""
Somebody traded a great part of a token with money of its own, and a moment later took a profit that cost nothing.

## What it finds
A sender traded 2 % or more of all there is of a token in one transaction, and put something in for it. At most two
blocks later another transaction of the same sender trades the same token, and leaves its actors with more than before
and with less of nothing: the price that the first one made was used elsewhere. How much there was of the token before
is asked of the node.

* high: the profit is $10 000 or more.
* medium: anything else.

## Why it matters
Done in one transaction this is what everybody looks for; in two, each of them looks harmless.

## Blind spots
The two transactions are sent by different accounts. A profit that is realised in several, each of which spends
something. Well-known tokens, of which nobody can trade so much. Pools that the dataset of swaps does not know. Where no
node can be asked nothing is found. A trade by a bot that holds a stock of the token, followed by an arbitrage of its
own, looks the same.

## Triage
Who lost in the second transaction? A market, a vault or a pool that prices the token by what the first one moved should
be paused.

## References
- POMABuster (IEEE S&P 2024): 2 % of the supply, two blocks
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from tocsin.chain.tokens import TOKENS
from tocsin.detect import extraction
from tocsin.detect.actors import CALLS_READ, SAME, TRANSACTIONS_READ, Transaction
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors import _held
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors.oracles._pool_moves import framed
from tocsin.detect.extraction import LISTED, Extraction
from tocsin.detect.losses import told
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables.columns import NATIVE, PLACE, Column, address, flag, schema
from tocsin.tables.dataset import Tables

SUPPLY_PERCENT = 2
WINDOW_BLOCKS = 2
"""POMABuster's (reference: detection, section 4.4)."""
HIGH_DOLLARS = 10_000
CONFIDENCE = {Severity.HIGH: 0.8, Severity.MEDIUM: 0.6}
ASKED_TOKENS = 4
"""Of one transaction."""
FAMILY = "family:price-manipulation"

REMEMBERED: Mapping[str, Column] = {
    "trader": address("Who sent the transaction."),
    "token": address("What was traded."),
    "traded_f64": Column(pl.Float64(), "base units", "How much of it, bought or sold; rounded."),
    "put_in": flag("Whether the sender, or what it called, ended with less of something."),
}
_NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_SWAPS_READ = ("token_in_address", "token_out_address", "amount_in_f64", "amount_out_f64")


class Trade(NamedTuple):
    """What one transaction traded of one token."""

    place: tuple[Any, ...]
    trader: bytes
    token: bytes
    traded: float
    put_in: bool

    @property
    def at(self) -> tuple[int, int]:
        """Its position in the chain."""
        return self.place[1], self.place[3]

    @property
    def transaction(self) -> Transaction:
        """The values of `SAME`."""
        return self.place[0], self.place[2], self.place[4]


def remember(tables: Tables) -> pl.DataFrame:
    """What each transaction of a batch traded of each token that is not well known."""
    heads = (tables["transactions"][name].to_list() for name in (*SAME, "from_address", "to_address"))
    parties = {tuple(same): (sender, called) for *same, sender, called in zip(*heads, strict=True)}
    traded: dict[tuple[Any, ...], list[float]] = {}
    for place, swap in zip(tables["swaps"][[*PLACE]].rows(), tables["swaps"][[*_SWAPS_READ]].rows(), strict=True):
        for side, token in enumerate(swap[:2]):
            if token is not None and token != NATIVE and (place[0], token) not in TOKENS:
                traded.setdefault((place, token), [0.0, 0.0])[side] += swap[2 + side] or 0.0
    found = [(Trade(place, b"", token, max(sums), put_in=False)) for (place, token), sums in traded.items()]
    known = [trade for trade in found if trade.transaction in parties]
    spent = _spent(tables["profits"], {trade.transaction: parties[trade.transaction] for trade in known})
    rows = [
        (*trade.place, parties[trade.transaction][0], trade.token, trade.traded, trade.transaction in spent)
        for trade in known
    ]
    return framed(rows, _NOTHING)


def _spent(profits: pl.DataFrame, parties: Mapping[Transaction, tuple[bytes, bytes | None]]) -> set[Transaction]:
    """Of these transactions: those whose sender, or what it called, ended with less of something."""
    columns = (profits[name].to_list() for name in (*SAME, "account_address", "net_f64"))
    return {
        tuple(same)
        for *same, account, net in zip(*columns, strict=True)
        if net < 0 and account in parties.get(tuple(same), ())
    }


@dataclass(frozen=True, slots=True)
class Case:
    """A profit that cost nothing, and the trades of the same sender before it."""

    taken: Extraction
    trades: tuple[Trade, ...]

    @property
    def place(self) -> Place:
        """Where the profit was made."""
        return Place.of(self.taken.cluster.place)

    def supply(self, trade: Trade) -> Lookup | None:
        """How much there was of what was traded, before it was."""
        return _held.supply(Place.of(dict(zip(PLACE, trade.place, strict=True))), hexadecimal(trade.token) or "", 1)


def run(tables: Tables) -> Iterator[Question]:
    """A question for each profit that cost nothing and followed upon a trade of the same sender in the same token."""
    pairs = _pairs([Trade(row[: len(PLACE)], *row[len(PLACE) :]) for row in tables[MEMORY].rows()], tables["swaps"])
    if not pairs:
        return
    chosen = pl.DataFrame([{"transaction_hash": same[-1]} for same in pairs], schema={"transaction_hash": pl.Binary()})
    for key, taken in extraction.extractions(tables, chosen).items():
        if key in pairs and taken.net and all(net > 0 for net in taken.net.values()):
            case = Case(taken, tuple(sorted(pairs[key], key=lambda trade: -trade.traded)[:ASKED_TOKENS]))
            asked = [case.supply(trade) for trade in case.trades]
            yield Question(lookups=tuple(each for each in asked if each), candidate=case)


def _pairs(trades: list[Trade], swaps: pl.DataFrame) -> dict[Transaction, list[Trade]]:
    """By transaction of this batch that put nothing in: what its sender traded before in one of the same tokens."""
    earlier: dict[tuple[int, bytes, bytes], list[Trade]] = {}
    for trade in trades:
        if trade.put_in and None not in trade.at:
            earlier.setdefault((trade.place[0], trade.trader, trade.token), []).append(trade)
    if not earlier:
        return {}
    here = set(swaps["transaction_hash"].to_list())
    found: dict[Transaction, list[Trade]] = {}
    for trade in trades:
        if not trade.put_in and trade.transaction[-1] in here and None not in trade.at:
            for before in earlier.get((trade.place[0], trade.trader, trade.token), ()):
                if before.at < trade.at and trade.at[0] - before.at[0] <= WINDOW_BLOCKS:
                    found.setdefault(trade.transaction, []).append(before)
    return found


def judge(case: Case, answers: Answers) -> Sighting | None:
    """A sighting where one of the trades before was of a great part of its token."""
    shares = {}
    for trade in case.trades:
        supply = number(case.supply(trade), answers)
        if supply and 100 * trade.traded >= SUPPLY_PERCENT * supply:
            shares[trade] = int(100 * trade.traded / supply)
    return _sighting(case, shares) if shares else None


def _sighting(case: Case, shares: Mapping[Trade, int]) -> Sighting:
    trade, percent = max(shares.items(), key=lambda item: (item[1], item[0].at))
    sender, token, taken = hexadecimal(trade.trader) or "", hexadecimal(trade.token) or "", case.taken
    severity = Severity.HIGH if taken.dollars >= HIGH_DOLLARS else Severity.MEDIUM
    later = taken.cluster.place["block_number"] - trade.at[0]
    much = f", {about(taken.dollars)}" if taken.dollars >= 1 else ""
    return Sighting(
        place=case.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title=f"A profit that cost nothing, right after a trade of {percent} % of a token",
        summary=f"{sender} traded {percent} % of all there is of {token}, and {later} blocks later ended another "
        f"transaction in the same token with more than before{much}, and less of nothing."
        f"{told(taken.greatest_losses)}",
        entities=(
            Entity("attacker", sender),
            *(Entity("attack_contract", hexadecimal(each) or "") for each in taken.cluster.contracts[:LISTED]),
            *(Entity("suspected_victim", hexadecimal(each.account) or "") for each in taken.greatest_losses[:LISTED]),
            Entity("token", token),
        ),
        values={**taken.values, "supply_percent": percent, "first_transaction": hexadecimal(trade.place[-1]) or ""},
        labels=(FAMILY,),
    )


_ETHER = 10**18
_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


def _traded(block: int, *moves: tuple[str, str, str, int], sender: str = "mallory") -> dict[str, list[dict[str, Any]]]:
    """A transaction of a contract that buys ten of a coin from a pool, and what moved in it."""
    called = (call(1, at, at + 1, "bot", whom, b"swap") for at, whom in enumerate(("pool", "market"), 1))
    calls = [call(0, 0, 3, sender, "bot", b"run!"), *called]
    swap = {
        "pool_address": "pool", "token_in_address": _WETH, "token_out_address": "coin",
        "amount_in": _ETHER, "amount_out": 10 * _ETHER, "log_index": 0,
    }  # fmt: skip
    sent = {"from_address": sender, "to_address": "bot", "input": b"run!", "success": True}
    rows = {"calls": calls, "swaps": [swap], "transactions": [sent], **moved(*moves)}
    return {name: [{**row, "block_number": block} for row in each] for name, each in rows.items()}


def _story(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [row for part in parts for row in part[name]] for name in parts[0]}


_BOUGHT = (("bot", "pool", _WETH, 10), ("pool", "bot", "coin", 10))


def _gained(ether: int) -> tuple[tuple[str, str, str, int], ...]:
    return (("pool", "bot", "coin", 10), ("bot", "market", "coin", 10), ("market", "bot", _WETH, ether))


detector = Detector(
    id="profit-after-own-trade",
    severity=Severity.HIGH,
    reads={
        "swaps": Read(columns=_SWAPS_READ),
        "profits": Read(columns=extraction.PROFITS_READ),
        "transfers": Read(columns=extraction.TRANSFERS_READ),
        "transactions": Read(columns=TRANSACTIONS_READ),
        "calls": Read(columns=CALLS_READ),
        "prices": PRICES_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="somebody buys a tenth of a coin, and a block later takes what a market pays for it at the new price",
            tables=_story(_traded(1, *_BOUGHT), _traded(2, *_gained(50))),
            answers={("eth_call", "coin"): hex(100 * _ETHER)},
            finds=(
                {
                    "severity": "high",
                    "block_number": 2,
                    "entities": {"attacker": "mallory", "token": "coin", "suspected_victim": "pool"},
                    "values": {"supply_percent": 10, "profit_about_dollars": 100_000},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="the profit is small",
            tables=_story(_traded(1, *_BOUGHT), _traded(3, *_gained(1))),
            answers={("eth_call", "coin"): hex(100 * _ETHER)},
            finds=({"severity": "medium", "confidence": 0.6},),
        ),
        Example(
            says="the trade was small beside what there is, or nobody can say",
            tables=_story(_traded(1, *_BOUGHT), _traded(2, *_gained(50))),
            answers={("eth_call", "coin"): hex(1_000 * _ETHER)},
        ),
        Example(
            says="too long after, and by somebody else",
            tables=_story(_traded(1, *_BOUGHT), _traded(4, *_gained(50)), _traded(2, *_gained(50), sender="alice")),
            answers={("eth_call", "coin"): hex(100 * _ETHER)},
        ),
        Example(
            says="two arbitrages, and two purchases",
            tables=_story(
                _traded(1, *_gained(1)), _traded(2, *_gained(50)), _traded(11, *_BOUGHT), _traded(12, *_BOUGHT)
            ),
            answers={("eth_call", "coin"): hex(100 * _ETHER)},
        ),
    ),
)
