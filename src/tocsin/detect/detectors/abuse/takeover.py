"""
Somebody made himself master of a contract and took from it, in one transaction.

## What it finds
Within one transaction: an actor (the sender, the contract that works for the sender, what they create) calls a function
by which a contract learns who may do what - an initialiser, a new owner, operator, minter or strategist, a new root of
who may claim - and later the same contract pays the actors, who gave it nothing. The call must name an actor, or set
a root. The contract must not have been created in the same transaction.

* critical: what was taken is worth $100 000 or more.
* high: anything less, or of unknown worth: a trial is how it begins.
* medium: the sender called it as a Safe is called: several owners signed.

## Why it matters
A function that was left unguarded empties every contract with the same code, usually within the hour: the first
transaction often takes next to nothing.

## Blind spots
Control taken in one transaction and used in the next; functions with other names; a payment by another contract than
the one that was taken over, or a mint; an actor that gives something back. A thief may have his contract called as a
Safe is. A true owner that appoints itself and takes
out what is its own in one transaction looks the same: ask before you call it theft.

## Triage
Did the owner do it? If not: pause the contract and every other with the same code, and revoke what was set. Look at
who could call the function the finding names.

## References
- https://swcregistry.io/docs/SWC-105
- Trace2Inv: only the owner's account calls such functions (isSenderOwner).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import Frame, argument, is_entry
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables import literal
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

CRITICAL_DOLLARS = 100_000
CONFIDENCE = 0.85
BY_SAFE = selector("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)")
"""How a multisig of Safe is called: owners grant themselves a role, use it and revoke it, all at once."""
FAMILY = "family:access-control"

MOST_ADDRESSES = 8
_INITIALISERS = (
    *(f"{name}({','.join(['address'] * count)})" for name in ("initialize", "init") for count in range(1, 9)),
    "initialize(address,bytes)",
    "initialize(address,uint256)",
    "initialize(address,address,uint256)",
    "initWallet(address[],uint256,uint256)",
    "initMultiowned(address[],uint256)",
)
_SETTERS = (
    *(
        f"{name}(address)"
        for name in (
            "transferOwnership", "setOwner", "changeOwner", "initOwner", "addOwner", "setAdmin", "changeAdmin",
            "addAdmin", "setGovernance", "setGovernor", "setGov", "setController", "setOperator", "addOperator",
            "setManager", "setMinter", "addMinter", "setStrategist", "setStrategy", "setKeeper", "setVault",
            "setTreasury", "setImplementation", "upgradeTo", "setSigner", "addSigner", "setRouter", "setHandler",
        )
    ),
    "grantRole(bytes32,address)",
    "setMinter(address,bool)",
    "setOperator(address,bool)",
    "upgradeToAndCall(address,bytes)",
)  # fmt: skip
_ROOTS = frozenset(map(selector, ("setMerkleRoot(bytes32)", "updateMerkleRoot(bytes32)", "setRoot(bytes32)")))
MASTERS = frozenset(map(selector, (*_INITIALISERS, *_SETTERS)))
_KEYS = abi.keys(sorted(MASTERS | _ROOTS))


@dataclass(frozen=True, slots=True)
class Takeover:
    """A contract that was told who its master is, and then paid him."""

    by: Frame
    """The call that said so."""
    taken: dict[bytes, int]
    """By token."""


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that was taken over and paid for it."""
    chosen = _candidates(tables["calls"])
    if chosen.is_empty():
        return
    prices = Prices.of(tables)
    for act in _acts.acts(tables, chosen):
        yield from (_sighting(act, prices, found) for found in _takeovers(act))


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls of such functions that took effect, other than by the sender itself: he may be the owner."""
    is_such = abi.among(calls["selector"], _KEYS) & (calls["depth"].to_numpy() > 0)
    is_such &= abi.among(calls["call_type"], abi.texts(("call",))) & ~calls["reverted"].to_numpy()
    return rows_where(calls, is_such)


def _takeovers(act: Act) -> Iterator[Takeover]:
    first: dict[bytes, Frame] = {}
    for frame in act.tree:
        if len(first) < LISTED and frame.callee not in act.created and _makes_master(act, frame):
            first.setdefault(frame.callee, frame)
    for victim, frame in first.items():
        taken = act.given(victim) if _pays_later(act, frame) else {}
        if taken:
            yield Takeover(frame, taken)


def _makes_master(act: Act, frame: Frame) -> bool:
    if not is_entry(frame, act.members):
        return False
    return frame.selector in _ROOTS or (
        frame.selector in MASTERS and any(argument(frame, number) in act.members for number in range(2))
    )


def _pays_later(act: Act, since: Frame) -> bool:
    return any(frame.position >= since.end and act.pays(frame, since.callee) for frame in act.tree)


def _sighting(act: Act, prices: Prices, found: Takeover) -> Sighting:
    chain_id, victim = act.place["chain_id"], shown(found.by.callee)
    worth = sum(prices.dollars(chain_id, token, amount) or 0.0 for token, amount in found.taken.items())
    severity = Severity.CRITICAL if worth >= CRITICAL_DOLLARS else Severity.HIGH
    tokens = list(found.taken)[:LISTED]
    much = about(worth) if worth >= 1 else ", ".join(f"{found.taken[token]} of {shown(token)}" for token in tokens[:3])
    return Sighting(
        place=Place.of(act.place),
        severity=Severity.MEDIUM if act.tree[0].selector == BY_SAFE else severity,
        confidence=CONFIDENCE,
        title="Somebody made himself master of a contract and took from it",
        summary=f"Whoever acts for {shown(act.cluster.sender)} told {victim} who may do what with it (function "
        f"{hexadecimal(found.by.selector)}), gave it nothing, and took {much} in the same transaction.",
        entities=(Entity("victim", victim), *act.actors, *(Entity("token", shown(token)) for token in tokens)),
        values={
            "selector": hexadecimal(found.by.selector) or "",
            "taken_tokens": [shown(token) for token in tokens],
            "taken_amounts": [found.taken[token] for token in tokens],
            "taken_about_dollars": round(worth),
        },
        labels=(FAMILY,),
        key=victim,
    )


_RUN, _TAKE = selector("run()"), selector("withdrawAll()")
_INIT = selector("initialize(address,address)")
_PAY = selector("transfer(address,uint256)")
_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


def _taken_over(data: bytes) -> list[dict[str, object]]:
    return [
        call(0, 0, 4, "mallory", "thief", _RUN),
        call(1, 1, 2, "thief", "bank", data),
        call(1, 2, 4, "thief", "bank", _TAKE),
        call(2, 3, 4, "bank", _WETH, _PAY + literal.words("thief", 10**20)),
    ]


detector = Detector(
    id="takeover",
    severity=Severity.CRITICAL,
    reads={**_acts.READS, "prices": PRICES_READ},
    run=run,
    examples=(
        Example(
            says="an initialiser that anybody may call, and all there is",
            tables={
                "calls": _taken_over(_INIT + literal.words("thief", _WETH)),
                **moved(("bank", "thief", _WETH, 100)),
            },
            finds=(
                {
                    "severity": "critical",
                    "entities": {"victim": "bank", "attacker": "mallory", "attack_contract": "thief"},
                    "values": {"taken_amounts": [100 * 10**18]},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="a root of claims that anybody may set, and a claim in a token nobody knows the price of",
            tables={
                "calls": _taken_over(selector("setMerkleRoot(bytes32)") + literal.words(1)),
                **moved(("bank", "thief", "coin", 1)),
            },
            finds=({"severity": "high"},),
        ),
        Example(
            says="owners of a Safe take up an office, and what is theirs",
            tables={
                "calls": [
                    {**row, "selector": BY_SAFE} if not row["depth"] else row
                    for row in _taken_over(_INIT + literal.words("thief", _WETH))
                ],
                **moved(("bank", "thief", _WETH, 100)),
            },
            finds=({"severity": "medium"},),
        ),
        Example(
            says="somebody else is made master",
            tables={
                "calls": _taken_over(_INIT + literal.words("alice", _WETH)),
                **moved(("bank", "thief", _WETH, 100)),
            },
        ),
        Example(
            says="a vault that was made and set up, paid in and drawn on, in one transaction",
            tables={
                "calls": _taken_over(_INIT + literal.words("thief", _WETH)),
                **moved(("thief", "bank", _WETH, 100), ("bank", "thief", _WETH, 50)),
            },
        ),
        Example(
            says="an owner that takes control and nothing else",
            tables={"calls": _taken_over(_INIT + literal.words("thief", _WETH))[:2]},
        ),
    ),
)
