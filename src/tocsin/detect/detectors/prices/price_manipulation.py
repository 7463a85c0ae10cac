"""
A price was moved and used in the same transaction.

The actors of a transaction (the sender, the contract that works for the sender, and what they create) got more back
than they gave because a price was wrong in between: the price of a pool, of a vault's share, or of whatever a contract
computes for itself.

## What it finds
Two shapes, both in the order of the call tree.

A round trip: something was given to a contract and later came back from the same contract, and more of it. A pool that
works takes a fee and gives back less.

* high: the gain is $10 000 or more; or two tokens or more came back grown by 30 %; or the contract is a pool and
  either 30 % more came back, or its price was seen to move by 30 %.
* medium: one token without a known price, or for less money, came back from another contract grown by 30 %; or more
  came back from a pool at all.

A read: a contract that is not one of the actors read a price that had moved by 30 % since it was first read, or the
balances of a pool whose loan to the actors was open, and gave something to the actors without trading with that pool.

* high, with more confidence where the actors gained $10 000.

Neither, but the price of a pool was seen to move by 30 % and at least half of the way back:

* low.

## Why it matters
A contract that trusts the price of one pool at one moment can be made to believe any price by whoever can borrow
enough to move it. It is the most common way in which lending markets and vaults lose their funds at once.

## Blind spots
A price moved in an earlier transaction. A price that is kept, and never read by a static call. A trip whose two halves
go to different contracts, or to two pools of one manager or vault, where trading between them is ordinary arbitrage.
Actors' contracts that the sender neither called nor created. Where call data tells of the transfers, amounts are what
was asked for: fees on transfer are not seen.

## Triage
Look at the contract the finding names as victim: does it price by reserves, balances or one pool's spot price? If it is
yours, pause borrowing, minting and redeeming: the price is back to normal by now, and can be moved again at once.

## References
DeFiRanger; LeiShen (30 % and its shapes); DeFiScope (custom price models).
"""

from collections.abc import Iterator
from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.actors import CALLS_READ, PROFITS_READ
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._example_rows import answered, call, moved
from tocsin.detect.detectors.prices import _price_sightings
from tocsin.detect.detectors.prices._price_cases import cases
from tocsin.detect.detectors.prices._round_trips import MOVES_READ
from tocsin.detect.worth import PRICES_READ
from tocsin.model.finding import Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.dataset import Tables


def run(tables: Tables) -> Iterator[Sighting]:
    """The sightings of each transaction that could hold a moved price."""
    for case in cases(tables):
        used = [*_price_sightings.round_trips(case), *_price_sightings.reads(case)]
        yield from used or _price_sightings.swings(case)


_RUN, _DEPOSIT, _REDEEM = selector("run()"), selector("deposit(uint256)"), selector("redeem(uint256)")
_SWAP, _RESERVES = selector("swap(uint256,uint256,address,bytes)"), selector("getReserves()")
_BORROW = selector("borrow(uint256)")
_CALLBACK = selector("uniswapV2Call(address,uint256,uint256,bytes)")
_TRANSFER, _BALANCE = selector("transfer(address,uint256)"), selector("balanceOf(address)")
_DAI = "0x6b175474e89094c44da98b954eedeac495271d0f"


_DEPOSIT_AND_REDEEM = [
    call(0, 0, 3, "mallory", "thief", _RUN),
    call(1, 1, 2, "thief", "vault", _DEPOSIT),
    call(1, 2, 3, "thief", "vault", _REDEEM),
]


def _sold(*units: int) -> list[dict[str, Any]]:
    """A purchase on a curve, and then sales of so many units for 100 000 dollars and twice as many."""
    frames = [call(0, 0, 2 + 2 * len(units), "mallory", "thief", _RUN), call(1, 1, 2, "thief", "curve", _DEPOSIT)]
    for number, count in enumerate(units, 1):
        paid = _TRANSFER + literal.words("thief", 100_000 * number * 10**18)
        frames.append(call(1, 2 * number, 2 * number + 2, "thief", "curve", _REDEEM + literal.words(count)))
        frames.append(call(2, 2 * number + 1, 2 * number + 2, "curve", _DAI, paid))
    return frames


_CURVE = (("thief", "curve", _DAI, 150_000), ("curve", "thief", _DAI, 100_000), ("curve", "thief", _DAI, 200_000))
_BORROW_ON_A_PRICE = [
    call(0, 0, 6, "mallory", "thief", _RUN),
    call(1, 1, 2, "thief", "pair", _RESERVES, kind="staticcall"),
    call(1, 2, 3, "thief", "pair", _SWAP),
    call(1, 3, 6, "thief", "market", _BORROW),
    call(2, 4, 5, "market", "pair", _RESERVES, kind="staticcall"),
    call(2, 5, 6, "market", "dollar", _TRANSFER + literal.words("thief", 1)),
]
_SWING = [
    call(0, 0, 6, "mallory", "thief", _RUN),
    *(call(1, at, at + 1, "thief", "pair", _RESERVES, kind="staticcall") for at in (1, 3, 5)),
    *(call(1, at, at + 1, "thief", "pair", _SWAP) for at in (2, 4)),
]
_BUY_WHILE_LENT = [
    call(0, 0, 6, "mallory", "thief", _RUN),
    call(1, 1, 6, "thief", "pair", _SWAP),
    call(2, 2, 6, "pair", "thief", _CALLBACK),
    call(3, 3, 6, "thief", "shop", _RUN),
    call(4, 4, 5, "shop", "coin", _BALANCE + literal.words("pair"), kind="staticcall"),
    call(4, 5, 6, "shop", "coin", _TRANSFER + literal.words("thief", 1)),
]

detector = Detector(
    id="price-manipulation",
    severity=Severity.HIGH,
    reads={
        "calls": Read(columns=tuple(dict.fromkeys((*CALLS_READ, *_frames.READ)))),
        "transfers": Read(columns=MOVES_READ),
        "profits": Read(columns=(*PROFITS_READ, "received_f64", "sent_f64")),
        "swaps": Read(columns=("pool_address", "pool_id")),
        "flash_loans": Read(columns=("lender_address",)),
        "prices": PRICES_READ,
    },
    run=run,
    examples=(
        Example(
            says="a vault gives back half as much again as was paid in",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                **moved(("thief", "vault", _DAI, 100_000), ("vault", "thief", _DAI, 150_000)),
            },
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"victim": "vault", "attacker": "mallory", "attack_contract": "thief", "token": _DAI},
                    "values": {
                        "shape": "round-trip",
                        "given_amounts": [100_000 * 10**18],
                        "returned_amounts": [150_000 * 10**18],
                        "gain_about_dollars": 50_000,
                    },
                },
            ),
        ),
        Example(
            says="so does a vault of a token nobody knows the price of",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                **moved(("thief", "vault", "art", 100), ("vault", "thief", "art", 150)),
            },
            finds=({"severity": "medium", "confidence": 0.4},),
        ),
        Example(
            says="a curve pays twice as much for as many units a moment later: its price was moved",
            tables={"calls": _sold(10**18, 10**18), **moved(*_CURVE)},
            finds=({"severity": "high", "values": {"shape": "round-trip"}, "labels": ["family:price-manipulation"]},),
        ),
        Example(
            says="it pays twice as much for twice as many: its price is what it was",
            tables={"calls": _sold(10**18, 2 * 10**18), **moved(*_CURVE)},
            finds=({"severity": "high", "labels": ["family:logic"]},),
        ),
        Example(
            says="a market lends on the reserves of a pair that were just moved",
            tables={
                "calls": answered(_BORROW_ON_A_PRICE, at_1=(100, 100), at_4=(1_000, 10)),
                **moved(("market", "thief", _DAI, 50_000)),
            },
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"victim": "market", "pool": "pair"},
                    "values": {"shape": "read", "moved_percent": 9_900, "lent_out": False},
                },
            ),
        ),
        Example(
            says="a shop prices by the balance of a pair that has lent out its tokens",
            tables={"calls": _BUY_WHILE_LENT, "flash_loans": [{"lender_address": "pair", "borrower_address": "thief"}]},
            finds=({"severity": "high", "confidence": 0.6, "values": {"shape": "read", "lent_out": True}},),
        ),
        Example(
            says="a pair's price swings, and nobody is seen to use it",
            tables={
                "calls": answered(_SWING, at_1=(100, 100), at_3=(900, 11), at_5=(100, 100)),
                "swaps": [{"pool_address": "pair", "pool_id": b"1"}],
            },
            finds=({"severity": "low", "confidence": 0.3, "values": {"shape": "swing"}},),
        ),
        Example(
            says="the same loan on reserves that did not move",
            tables={
                "calls": answered(_BORROW_ON_A_PRICE, at_1=(100, 100), at_4=(101, 100)),
                **moved(("market", "thief", _DAI, 50_000)),
            },
        ),
        Example(
            says="a loan that is repaid: the lender gave first",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                **moved(("vault", "thief", _DAI, 150_000), ("thief", "vault", _DAI, 100_000)),
            },
        ),
        Example(
            says="one call that takes a deposit and pays out rewards in the same token",
            tables={
                "calls": _DEPOSIT_AND_REDEEM[:2],
                **moved(("thief", "vault", _DAI, 1), ("vault", "thief", _DAI, 20_000)),
            },
        ),
        Example(
            says="a bot that buys in a pool and later sells it more than it had bought there",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                "swaps": [{"pool_address": "vault", "pool_id": b"1"}],
                **moved(
                    ("thief", "vault", _DAI, 100_000),
                    ("vault", "thief", "art", 10),
                    ("thief", "vault", "art", 20),
                    ("vault", "thief", _DAI, 150_000),
                ),
            },
        ),
        Example(
            says="two trades through a router that only passes on",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                **moved(
                    ("thief", "vault", _DAI, 100_000),
                    ("vault", "pair", _DAI, 100_000),
                    ("pair", "vault", _DAI, 150_000),
                    ("vault", "thief", _DAI, 150_000),
                ),
            },
        ),
        Example(
            says="arbitrage between two pools of one manager",
            tables={
                "calls": _DEPOSIT_AND_REDEEM,
                "swaps": [{"pool_address": "vault", "pool_id": b"1"}, {"pool_address": "vault", "pool_id": b"2"}],
                **moved(("thief", "vault", _DAI, 100_000), ("vault", "thief", _DAI, 150_000)),
            },
        ),
    ),
)
