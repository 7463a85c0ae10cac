"""
A contract was entered again before it was done.

A contract handed control to the attacker while still at work (a payment, a token hook, a callback), and the
attacker's contract called into it once more, or into a sibling that leans on the same controller.

## What it finds
In the call tree: somebody else's contract calls a member of the sender's actor cluster (a door), and behind the door a
member calls, not statically, a contract that is open in front of it. Proxies count as one with their implementation.

* critical: value was given away both in the inner call and in the rest of the outer one, and the contract lost more
  than $10 000 of tokens with a known price.
* high: value was given away in both; or in the inner call, and the door is a token's hook or a call that treats the
  attacker's contract as a token.
* medium: such a door, but no value seen leaving; or value given away twice behind a door that lenders and pools open
  on purpose, such as a flash-loan callback.
* low: entered again behind a payment or another callback, and no value seen leaving twice.

## Why it matters
Code that pays before it books lets whoever is paid ask again. It drained the first large contract on Ethereum and
still drains lending markets whose tokens have transfer hooks.

## Blind spots
Which storage slots both calls touch is not looked at. Entries through accounts that the sender neither calls nor
creates are not seen, nor is read-only reentrancy, where a third contract trusts a view of the open one. A door that
is open on purpose and guarded by nothing is silent unless value leaves twice.

## Triage
Compare what the contract booked with what it paid. If it is yours and the finding is high, pause it and every market
that shares its controller: the same call works until the order of booking and paying is changed.

## References
Horus and TxSpector (reentrancy queries); "Reentrancy Redux"; SWC-107; ERC-777 and ERC-721 receiver hooks.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect import actors
from tocsin.detect.actors import CALLS_READ, PROFITS_READ, SAME, Cluster
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._example_rows import call
from tocsin.detect.detectors._frames import HOOKS
from tocsin.detect.detectors._reentry import Reentry, reentries
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

LOSS_DOLLARS = 10_000
"""A loss from which on a certain reentrancy is critical (design: the entry threshold of large profit)."""
_KINDS = abi.texts(("call", "create", "create2"))
_CALL = 0
"""Which of the kinds; the others create."""
_FEWEST_FRAMES = 3
"""A root, an entry, a door and an entry: more frames than these."""


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per transaction and contract entered again."""
    calls = _candidates(tables["calls"])
    if calls.is_empty():
        return
    trees = actors.by_transaction(calls, _frames.READ)
    for key, cluster in actors.find({"calls": calls}).items():
        by_victim: dict[bytes, list[Reentry]] = {}
        for found in reentries(_frames.ordered(trees[key]), cluster.members):
            by_victim.setdefault(found.victim, []).append(found)
        for victim, entries in by_victim.items():
            yield _sighting(cluster, entries, _loss(Prices.of(tables), tables["profits"], cluster, victim))


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """
    The frames of transactions where some contract below the root calls back one that is a member.

    Only the called contract and created ones can be: the first is the root's callee, the others need a creation.
    """
    kind, depth, end = abi.which(calls["call_type"], _KINDS), calls["depth"].to_numpy(), calls["subtree_end"].to_numpy()
    parties = calls[[*SAME, "to_address"]]
    roots = parties[np.flatnonzero((depth == 0) & (end > _FEWEST_FRAMES))]
    inside = (depth > 1) & (kind == _CALL) & (end > calls["call_index"].to_numpy() + 1)
    # Nearly all end here: what they call is nobody's root, in whichever transaction.
    inside &= abi.which(calls["to_address"], roots["to_address"].to_arrow()) >= 0
    rows = np.flatnonzero(inside)
    known = set(roots.iter_rows())
    back = [row for row, party in zip(rows.tolist(), parties[rows].iter_rows(), strict=True) if party in known]
    chosen = parties[[*back, *np.flatnonzero(kind > _CALL).tolist()]]
    return actors.of_transactions(calls, chosen) if len(chosen) else calls.clear()


def _loss(prices: Prices, profits: pl.DataFrame, cluster: Cluster, victim: bytes) -> float:
    """What the victim lost of the tokens whose price is known, in dollars."""
    place = cluster.place
    same = [pl.col(name).eq_missing(pl.lit(place[name])) for name in SAME]
    own = profits.filter(pl.col("account_address") == victim, *same)
    rows = own.select("token_address", "net_f64").iter_rows()
    return max(0.0, -sum(prices.dollars(place["chain_id"], token, int(net)) or 0.0 for token, net in rows))


def _sighting(cluster: Cluster, entries: list[Reentry], loss: float) -> Sighting:
    worst = min(
        entries, key=lambda found: (found.by_design, not found.gave_twice, not found.by_token, found.inner.position)
    )
    severity, confidence = _grade(worst, loss)
    lost = f", and lost {about(loss)}" if loss >= 1 else ""
    victim = hexadecimal(worst.victim) or ""
    return Sighting(
        place=Place.of(cluster.place),
        severity=severity,
        confidence=confidence,
        title=f"A contract was entered again before it was done{lost}",
        summary=_summary(worst, len(entries), lost),
        entities=_entities(cluster.sender, worst, victim),
        values={
            "entries": len(entries),
            "outer_selector": hexadecimal(worst.outer.selector) or "",
            "door_selector": hexadecimal(worst.door.selector) or "",
            "inner_selector": hexadecimal(worst.inner.selector) or "",
            "paid_twice": worst.gave_twice,
            "across_contracts": worst.sibling,
            **({"loss_about_dollars": round(loss)} if lost else {}),
            "outer_call_index": worst.outer.position,
            "inner_call_index": worst.inner.position,
        },
        key=victim,
    )


def _grade(found: Reentry, loss: float) -> tuple[Severity, float]:
    if found.by_design:
        return (Severity.MEDIUM, 0.4) if found.gave_twice else (Severity.LOW, 0.2)
    if found.gave_twice:
        return (Severity.CRITICAL, 0.9) if loss >= LOSS_DOLLARS else (Severity.HIGH, 0.85)
    if found.by_token:
        return (Severity.HIGH, 0.6) if found.gave_inside else (Severity.MEDIUM, 0.4)
    return Severity.LOW, 0.3


def _entities(sender: bytes, worst: Reentry, victim: str) -> tuple[Entity, ...]:
    named = {
        "attacker": sender,
        "attack_contract": worst.inner.caller,
        "sibling": worst.inner.callee if worst.sibling else None,
    }
    others = tuple(Entity(role, hexadecimal(address) or "") for role, address in named.items() if address is not None)
    return (Entity("victim", victim), *others)


def _summary(worst: Reentry, count: int, lost: str) -> str:
    hook = HOOKS.get(worst.door.selector, "a callback" if worst.door.selector else "a payment")
    inside = "called into another contract of the same protocol" if worst.sibling else "called it again"
    paid = "gave value away in both" if worst.gave_twice else "was not seen to give value away twice"
    return (
        f"Contract {hexadecimal(worst.victim)} handed over control in the middle of a call ({hook}), and "
        f"{hexadecimal(worst.inner.caller)} {inside} before it was done, {count} times. It {paid}{lost}."
    )


_WITHDRAW = selector("withdraw(uint256)")
_SWAP = selector("swap(uint256,uint256,address,bytes)")
_CALLBACK = selector("uniswapV2Call(address,uint256,uint256,bytes)")
_MARKET_BORROW, _ALLOWED = selector("borrow(uint256)"), selector("borrowAllowed(address,address,uint256)")
_TRANSFER, _RECEIVED = (
    selector("transfer(address,uint256)"),
    selector("tokensReceived(address,address,address,uint256,bytes,bytes)"),
)
_RUN = selector("run()")


_PAID_TWICE = [
    call(0, 0, 5, "mallory", "thief", _RUN),
    call(1, 1, 5, "thief", "bank", _WITHDRAW),
    call(2, 2, 5, "bank", "thief", value=10),
    call(3, 3, 5, "thief", "bank", _WITHDRAW),
    call(4, 4, 5, "bank", "thief", value=10),
]
_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"

detector = Detector(
    id="reentrancy",
    severity=Severity.CRITICAL,
    reads={
        "calls": Read(columns=tuple(dict.fromkeys((*CALLS_READ, *_frames.READ)))),
        "profits": Read(columns=PROFITS_READ),
        "prices": PRICES_READ,
    },
    run=run,
    examples=(
        Example(
            says="a bank pays before it books, and is asked again from within the payment",
            tables={"calls": _PAID_TWICE},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"victim": "bank", "attacker": "mallory", "attack_contract": "thief"},
                    "values": {"entries": 1, "paid_twice": True, "across_contracts": False},
                },
            ),
        ),
        Example(
            says="the bank lost real money by it",
            tables={
                "calls": _PAID_TWICE,
                "profits": [
                    {"account_address": "bank", "token_address": _WETH, "sent": 20 * 10**18, "net_f64": -20e18},
                    {"account_address": "thief", "token_address": _WETH, "received": 20 * 10**18, "net_f64": 20e18},
                ],
            },
            finds=({"severity": "critical", "entities": {"victim": "bank"}},),
        ),
        Example(
            says="a hook of the token that a market lends opens the door to its sister market",
            tables={
                "calls": [
                    call(0, 0, 9, "mallory", "thief", _RUN),
                    call(1, 1, 9, "thief", "market", _MARKET_BORROW),
                    call(2, 2, 3, "market", "controller", _ALLOWED),
                    call(2, 3, 9, "market", "token", _TRANSFER),
                    call(3, 4, 9, "token", "thief", _RECEIVED),
                    call(4, 5, 9, "thief", "sister", _MARKET_BORROW),
                    call(5, 6, 7, "sister", "controller", _ALLOWED),
                    call(5, 7, 8, "sister", "thief", value=10),
                ]
            },
            finds=(
                {
                    "severity": "high",
                    "entities": {"victim": "market", "sibling": "sister"},
                    "values": {"across_contracts": True},
                },
            ),
        ),
        Example(
            says="entered again, but nothing is given away twice",
            tables={
                "calls": [
                    call(0, 0, 4, "mallory", "thief", _RUN),
                    call(1, 1, 4, "thief", "bank", _WITHDRAW),
                    call(2, 2, 4, "bank", "thief", value=10),
                    call(3, 3, 4, "thief", "bank", _RUN),
                ]
            },
            finds=({"severity": "low", "values": {"paid_twice": False}},),
        ),
        Example(
            says="a bot trades with one pool inside another's callback",
            tables={
                "calls": [
                    call(0, 0, 7, "trader", "bot", _RUN),
                    call(1, 1, 7, "bot", "pool", _SWAP),
                    call(2, 2, 3, "pool", "token", _TRANSFER),
                    call(2, 3, 7, "pool", "bot", _CALLBACK),
                    call(3, 4, 6, "bot", "other pool", _SWAP),
                    call(4, 5, 6, "other pool", "token", _TRANSFER),
                    call(3, 6, 7, "bot", "token", _TRANSFER),
                ]
            },
        ),
        Example(
            says="the called contract is itself called back, as routers are",
            tables={
                "calls": [
                    call(0, 0, 4, "trader", "router", _RUN),
                    call(1, 1, 3, "router", "wrapped", _WITHDRAW),
                    call(2, 2, 3, "wrapped", "router", value=10),
                    call(1, 3, 4, "router", "trader", value=10),
                ]
            },
        ),
    ),
)
