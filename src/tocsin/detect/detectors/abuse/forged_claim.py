"""
A contract paid for a claim that the claimant made up.

## What it finds
An actor (the sender, the contract that works for the sender, what they create) calls another contract, and that
contract asks the actors' own contract which token it stands for, believes the answer, and pays that token to an actor,
who gave it nothing in the whole transaction.

* critical: what was paid is worth $100 000 or more.
* high: anything less, or of unknown worth.

## Why it matters
A contract that takes the address of a token, vault or market from its caller and does not check it against its own
list asks the thief what he is owed. All it holds can be claimed so, in one call.

## Blind spots
A payee that answers with anything but the token's address; a claim that is settled in another call; an actor that
gives something as well. Payments by another contract than the one that asked.

## Triage
Pause the contract that paid: the next call may take what is left. Look at what it checks of the addresses it is given.

## References
- https://cwe.mitre.org/data/definitions/20.html (improper input validation)
- https://arxiv.org/abs/2208.13035 (SoK: DeFi attacks; unchecked inputs)
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import ADDRESS_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import Frame, is_entry
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_at, rows_where
from tocsin.tables.dataset import Tables

CRITICAL_DOLLARS = 100_000
CONFIDENCE = 0.8
FAMILY = "family:input-validation"
PADDING_BYTES = WORD_BYTES - ADDRESS_BYTES
_ASKING = abi.texts(("call", "staticcall"))
_CREATING = abi.texts(("create", "create2"))


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that paid what its payee said it owed."""
    chosen = _candidates(tables["calls"])
    if chosen.is_empty():
        return
    prices = Prices.of(tables)
    for act in _acts.acts(tables, chosen):
        yield from (_sighting(act, prices, victim, taken) for victim, taken in _believers(act).items())


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """Answers that are one address, by contracts that the sender called or that are new."""
    depth = calls["depth"].to_numpy()
    made = (depth == 0) | abi.among(calls["call_type"], _CREATING)
    own = abi.keys({account for (account,) in rows_where(calls[["to_address"]], made).rows()} - {None})
    asked = (depth > 1) & abi.among(calls["to_address"], own) & ~calls["reverted"].to_numpy()
    rows = np.flatnonzero(asked & abi.among(calls["call_type"], _ASKING))
    named = [_is_address(answer) for (answer,) in rows_at(calls[["output"]], rows).rows()]
    return rows_at(calls[[*SAME]], rows[np.array(named, dtype=np.bool_)])


def _is_address(answer: bytes | None) -> bool:
    """Whether it is one word that is an address, and no amount: those are hardly ever so great."""
    return (
        answer is not None
        and len(answer) == WORD_BYTES
        and not any(answer[:PADDING_BYTES])
        and any(answer[PADDING_BYTES : PADDING_BYTES + 4])
    )


def _believers(act: Act) -> dict[bytes, dict[bytes, int]]:
    """By contract: what it paid of tokens that an actor's answer told it to."""
    found: dict[bytes, dict[bytes, int]] = {}
    entries: list[Frame] = []
    told: set[tuple[int, bytes, bytes]] = set()
    for frame in act.tree:
        while entries and entries[-1].end <= frame.position:
            entries.pop()
        if entries and frame.kind in ("call", "staticcall"):
            entry = entries[-1]
            if frame.callee in act.members and frame.caller not in act.members and len(frame.output) == WORD_BYTES:
                told.add((entry.position, frame.caller, frame.output[PADDING_BYTES:]))
            elif (entry.position, frame.caller, frame.callee) in told and act.pays(frame, frame.caller):
                found[frame.caller] = found[frame.caller] if frame.caller in found else act.given(frame.caller)
        if is_entry(frame, act.members):
            entries.append(frame)
    return {victim: taken for victim, taken in found.items() if taken and victim not in act.created}


def _sighting(act: Act, prices: Prices, payer: bytes, taken: dict[bytes, int]) -> Sighting:
    chain_id, victim = act.place["chain_id"], shown(payer)
    worth = sum(prices.dollars(chain_id, token, amount) or 0.0 for token, amount in taken.items())
    tokens = list(taken)[:LISTED]
    much = about(worth) if worth >= 1 else ", ".join(f"{taken[token]} of {shown(token)}" for token in tokens[:3])
    return Sighting(
        place=Place.of(act.place),
        severity=Severity.CRITICAL if worth >= CRITICAL_DOLLARS else Severity.HIGH,
        confidence=CONFIDENCE,
        title="A contract paid for a claim that the claimant made up",
        summary=f"{victim} asked a contract of whoever acts for {shown(act.cluster.sender)} which token it stands for, "
        f"believed the answer, and paid {much} for nothing.",
        entities=(Entity("victim", victim), *act.actors, *(Entity("token", shown(token)) for token in tokens)),
        values={
            "taken_tokens": [shown(token) for token in tokens],
            "taken_amounts": [taken[token] for token in tokens],
            "taken_about_dollars": round(worth),
        },
        labels=(FAMILY,),
        key=victim,
    )


_RUN, _REDEEM = selector("run()"), selector("redeem(address,uint256)")
_ASKED, _PAY, _BURN = selector("underlying()"), selector("transfer(address,uint256)"), selector("burn(address,uint256)")
_COIN = literal.named("coin")


def _claim(asked: str = "thief", answer: bytes = _COIN) -> list[dict[str, object]]:
    return [
        call(0, 0, 5, "mallory", "thief", _RUN),
        call(1, 1, 5, "thief", "teller", _REDEEM),
        {**call(2, 2, 3, "teller", asked, _ASKED, kind="staticcall"), "output": literal.topic(answer)},
        call(2, 3, 4, "teller", asked, _BURN),
        call(2, 4, 5, "teller", "coin", _PAY + literal.words("thief", 10**20)),
    ]


detector = Detector(
    id="forged-claim",
    severity=Severity.CRITICAL,
    reads={**_acts.READS, "prices": PRICES_READ},
    run=run,
    examples=(
        Example(
            says="a teller redeems a bond of the thief's own making",
            tables={"calls": _claim(), **moved(("teller", "thief", "coin", 100))},
            finds=(
                {
                    "severity": "high",
                    "entities": {"victim": "teller", "attacker": "mallory", "token": "coin"},
                    "values": {"taken_amounts": [100 * 10**18]},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="the bond is somebody else's",
            tables={"calls": _claim(asked="bond"), **moved(("teller", "thief", "coin", 100))},
        ),
        Example(
            says="what is paid is not what was answered",
            tables={"calls": _claim(answer=literal.named("other")), **moved(("teller", "thief", "coin", 100))},
        ),
        Example(
            says="something was given for it",
            tables={"calls": _claim(), **moved(("thief", "teller", "art", 1), ("teller", "thief", "coin", 100))},
        ),
    ),
)
