"""
Somebody made a large profit in one transaction.

The sender, together with the contract that works for the sender and those created on the way, ends the transaction
with far more than it began with, and nothing it gave explains it.

## What it finds
The net gain, in tokens with a known price, of each transaction's actor cluster: more than $10 000. Who stands behind
it is looked up: how much the sender has sent before, and whether the contract existed a day earlier.

* high: the contract that did it was created in the same transaction or is younger than a day, or a fresh sender ran
  it; or its age is not known and it made many calls; or the gain is $500 000 or more. Of a contract that was created in
  the same transaction and made many calls $1 000 are enough: nobody throws an honest one away for so little.
* medium: an established contract or sender gained $100 000 or more.
* low: an established one gained less; or something without a known price was given for it, as in a sale; or the
  sender alone was paid $100 000 or more by what it called, as in a withdrawal. A sale for $500 000 or more is medium
  where a gain would be high whatever its size.

What came out of positions in pools and lending markets that were the actors' own before does not count; where nothing
would be left to tell of without it, the finding is one level lower, with the label `own-position`.

Confidence grows with the gain and shrinks when ages are not known. The label `family:access-control` says that tokens
were passed on that had been minted for nothing, `family:governance` that a proposal was executed, `family:logic` that
the rules of whoever lost let it go, as far as is seen here: where another detector names a cause, believe that one.

## Why it matters
Most exploits end so: value out of nothing, in one transaction, by a contract that did not exist yesterday.

## Blind spots
A profit in tokens without a known price, or one sent on to an account that takes part in the transaction. Prices are
rough reference prices. Without the call tree, contracts created by contracts are not seen, nor is native coin that
contracts send, and any contract that is called is assumed to act for its caller. Without logs, receipt tokens that are
burned for a withdrawal are not seen, so that an ordinary withdrawal by a contract looks like a gain. A contract that
its caller robs of a position in a pool, and that keeps nothing itself, is taken for the caller's own.

## Triage
Who paid? Look at the suspected victim first: is it yours? It is who lost most and got nothing comparable for it, which
is not always whose code was at fault: where it is a pool that was paid in a token without a price, look at that token
too. A large arbitrage or liquidation carries a label of its own.

## References
Forta-Agents large-profit-bot and its thresholds ($10 000, $500 000).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect import extraction
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.actors import CALLS_READ, TRANSACTIONS_READ
from tocsin.detect.detector import Detector, Example, Question, Read
from tocsin.detect.detectors._example_rows import call
from tocsin.detect.detectors.profits import _causes, _given, _promising
from tocsin.detect.detectors.profits._causes import LOGIC
from tocsin.detect.detectors.profits._gain_grades import (
    ENTRY_DOLLARS,
    MEDIUM_DOLLARS,
    THROWN_AWAY_DOLLARS,
    Gain,
    grade,
    shown,
)
from tocsin.detect.extraction import LISTED
from tocsin.detect.losses import told
from tocsin.detect.own_positions import LENDING_READ, LIQUIDITY_READ
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables.dataset import Tables

OWN_POSITION = "own-position"


def run(tables: Tables) -> Iterator[Question]:
    """A question for each cluster that gained enough."""
    enough = _promising.of_anybody(tables, ENTRY_DOLLARS, THROWN_AWAY_DOLLARS)
    if enough.is_empty():
        return
    for taken in extraction.extractions(tables, enough).values():
        gain = Gain(taken, gave=_given.gave(taken, with_logs="logs" in tables))
        if gain.is_enough:
            found = replace(gain, family=_causes.family(tables["calls"], taken)) if "calls" in tables else gain
            yield Question(lookups=questions(gain.place, _asked(gain)), candidate=found)


def _asked(gain: Gain) -> Iterator[str]:
    yield gain.sender
    if gain.called is not None:
        yield gain.called


def judge(gain: Gain, answers: Answers) -> Sighting | None:
    """Decide with what the accounts are."""
    if not gain.acts and gain.taken.dollars < MEDIUM_DOLLARS:
        return None
    sender = account(gain.place, gain.sender, answers)
    called = None if gain.called is None else account(gain.place, gain.called, answers)
    severity, confidence = grade(gain, sender, called)
    return Sighting(
        place=gain.place,
        severity=severity,
        confidence=confidence,
        title=f"Somebody made {about(gain.taken.dollars)} in one transaction",
        summary=_summary(gain, sender, called),
        entities=_entities(gain),
        values={**gain.taken.values, "frames": gain.taken.frame_count},
        labels=_labels(gain),
    )


def _labels(gain: Gain) -> tuple[str, ...]:
    return (OWN_POSITION,) if gain.is_own else (gain.family,) if gain.acts and not gain.gave else ()


def _entities(gain: Gain) -> tuple[Entity, ...]:
    taken = gain.taken
    return (
        Entity("attacker", gain.sender),
        *(Entity("attack_contract", shown(address)) for address in taken.cluster.contracts[:LISTED]),
        *(Entity("beneficiary", shown(address)) for address in sorted(taken.beneficiaries)[:LISTED]),
        *(Entity("token", shown(token)) for token in taken.gained),
        *(Entity("suspected_victim", shown(loss.account)) for loss in taken.greatest_losses[:LISTED]),
    )


def _summary(gain: Gain, sender: Account, called: Account | None) -> str:
    how = "alone"
    if gain.taken.cluster.created:
        how = "through contracts created in the same transaction"
    elif called is not None:
        how = f"through {called.described}"
    given = " Something without a known price was given for it." if gain.gave else ""
    lost = told(gain.taken.greatest_losses)
    own = (
        f" Of it, {about(gain.taken.dollars - gain.rest)} came out of positions of their own."
        if gain.rest < gain.taken.dollars
        else ""
    )
    return f"{sender.described} gained {about(gain.taken.dollars)} {how}.{lost}{given}{own}"


_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
_RUN = selector("run()")


def _calls(*, kind: str = "call", inner: int = 2) -> list[dict[str, Any]]:
    """A sender, a contract that acts, and what it does."""
    root = call(0, 0, inner + 1, "mallory", "thief", _RUN if kind == "call" else b"", kind=kind)
    return [root, *(call(1, index, index + 1, "thief", "bank", _RUN) for index in range(1, inner + 1))]


def _moved(ether: int, giver: str, taker: str, address: str = _WETH) -> list[dict[str, Any]]:
    """Rows of `profits` for one payment."""
    amount = ether * 10**18
    return [
        {"account_address": giver, "token_address": address, "sent": amount, "net_f64": -float(amount)},
        {"account_address": taker, "token_address": address, "received": amount, "net_f64": float(amount)},
    ]


def _range(owner: str, *kinds: str) -> list[dict[str, Any]]:
    """What is done with a position in a range: else a collect of 100 ether."""
    place = {"protocol": "uniswap_v3", "pool_address": "pool", "pool_id": "pool", "owner_address": owner}
    return [{**place, "kind": kind, "token0_address": _WETH, "amount0": 100 * 10**18} for kind in kinds or ("collect",)]


_CODE, _SENT = "eth_getCode", "eth_getTransactionCount"
_HEIGHT = 20_000_000
_DAY_BEFORE = _HEIGHT - 7_200


def _known(*, sent: str, before: str) -> dict[Any, str]:
    return {
        (_CODE, "mallory"): "0x",
        (_SENT, "mallory"): sent,
        (_CODE, "thief", _HEIGHT): "0x6000",
        (_CODE, "thief", _DAY_BEFORE): before,
    }


def _at(rows: list[dict[str, Any]], height: int = _HEIGHT) -> list[dict[str, Any]]:
    return [{**row, "block_number": height} for row in rows]


detector = Detector(
    id="large-profit",
    severity=Severity.HIGH,
    reads={
        "calls": Read(columns=CALLS_READ, optional=True),
        "transactions": Read(columns=TRANSACTIONS_READ, instead_of="calls"),
        "profits": Read(columns=extraction.PROFITS_READ),
        "transfers": Read(columns=extraction.TRANSFERS_READ),
        "lending": Read(columns=LENDING_READ, optional=True),
        "liquidity": Read(columns=LIQUIDITY_READ, optional=True),
        "logs": Read(columns=("log_index",), optional=True),
        "prices": PRICES_READ,
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a contract made for the purpose takes a bank's ether",
            tables={"calls": _calls(kind="create"), "profits": _moved(100, "bank", "thief")},
            finds=(
                {
                    "severity": "high",
                    "entities": {"attacker": "mallory", "attack_contract": "thief", "suspected_victim": "bank"},
                    "values": {
                        "profit_about_dollars": 200_000,
                        "gained_amounts": [100 * 10**18],
                        "gained_tokens": [_WETH],
                    },
                },
            ),
        ),
        Example(
            says="the contract was not there a day ago",
            tables={"calls": _at(_calls()), "profits": _at(_moved(100, "bank", "thief"))},
            answers=_known(sent="0x9", before="0x"),
            finds=({"severity": "high", "confidence": 0.59},),
        ),
        Example(
            says="an established contract, run by somebody who is no beginner",
            tables={"calls": _at(_calls()), "profits": _at(_moved(100, "bank", "thief"))},
            answers=_known(sent="0x999", before="0x6000"),
            finds=({"severity": "medium"},),
        ),
        Example(
            says="nobody can be asked: few calls are a trade, many are suspicious",
            tables={"calls": _calls(inner=40), "profits": _moved(100, "bank", "thief")},
            finds=({"severity": "high", "confidence": 0.36},),
        ),
        Example(
            says="no call tree: the transaction says who called whom, and the contract is new",
            tables={
                "transactions": _at(
                    [{"from_address": "mallory", "to_address": "thief", "input": _RUN, "success": True}]
                ),
                "profits": _at(_moved(100, "bank", "thief")),
            },
            answers=_known(sent="0x1", before="0x"),
            finds=({"severity": "high", "entities": {"attack_contract": "thief", "suspected_victim": "bank"}},),
        ),
        Example(
            says="a sale of something without a known price",
            tables={
                "calls": _calls(),
                "profits": [*_moved(100, "pool", "mallory"), *_moved(5, "mallory", "pool", address="art")],
            },
            finds=({"severity": "low", "confidence": 0.11},),
        ),
        Example(
            says="a sale of an item",
            tables={
                "calls": _calls(inner=40),
                "profits": _moved(100, "buyer", "thief"),
                "transfers": [{"standard": "erc721", "from_address": "mallory", "to_address": "buyer"}],
            },
            finds=({"severity": "low"},),
        ),
        Example(
            says="a trade of one dollar's worth for another",
            tables={
                "calls": _calls(),
                "profits": [
                    {"account_address": "thief", "token_address": _WETH, "received": 10**20, "net_f64": 1e20},
                    {
                        "account_address": "mallory",
                        "token_address": "0xdac17f958d2ee523a2206206994597c13d831ec7",
                        "sent": 200_000 * 10**6,
                        "net_f64": -2e11,
                    },
                ],
            },
        ),
        Example(
            says="a little, by a contract that was made for it and is busy",
            tables={"calls": _calls(kind="create", inner=40), "profits": _moved(1, "bank", "thief")},
            finds=({"severity": "high", "confidence": 0.4},),
        ),
        Example(
            says="a small gain",
            tables={"calls": _calls(kind="create"), "profits": _moved(4, "bank", "thief")},
        ),
        Example(
            says="who takes liquidity out of a range gets back its own",
            tables={"calls": _calls(inner=40), "profits": _moved(100, "pool", "thief"), "liquidity": _range("thief")},
            finds=({"severity": "medium", "labels": [OWN_POSITION]},),
        ),
        Example(
            says="what was put in before in the same transaction was not there, and others' liquidity is not one's own",
            tables={
                "calls": [*_at(_calls(inner=40), 1), *_at(_calls(inner=40), 2)],
                "profits": [*_at(_moved(100, "pool", "thief"), 1), *_at(_moved(100, "pool", "thief"), 2)],
                "liquidity": [*_at(_range("thief", "mint", "burn", "collect"), 1), *_at(_range("bank"), 2)],
            },
            finds=({"severity": "high", "labels": [LOGIC]}, {"severity": "high", "labels": [LOGIC]}),
        ),
        Example(
            says="a withdrawal: what is called pays its caller, and it is not much",
            tables={"calls": _calls(), "profits": _moved(20, "thief", "mallory")},
        ),
    ),
)
