"""
Somebody called a contract, and it paid out all it held of a token that hardly anybody else holds.

## What it finds
A contract that its caller calls directly looks up what it holds of a token and transfers all of it away, while nothing
of it came in. The node is asked how much there is of the token, and whether the contract existed a day earlier.

* high: it was 30 % or more of the supply before, and the contract is older than a day.
* medium: 5 % or more.
* low: nobody could say how much there is.

Less is somebody's own business: owners empty their own contracts every day.

## Why it matters
A vault, a farm or a sale that pays its whole stock to one caller does so once: by its owner, who is leaving, or by a
thief who has the owner's key or needed none.

## Blind spots
Native coin; contracts that pay out a part at a time, or an amount that the caller names; calls through another
contract, a multisig among them. Tokens with a rebasing balance. Whose right it was cannot be told from the chain. Where
no node can be asked the finding is low, and at most medium where it keeps no state of a day ago.

## Triage
Is the contract yours, and was this planned? If not: have exchanges and issuers stop the receiver, and look who can call
the function.

## References
Forta-Agents large-profit-bot (5 % and 30 % of a token's supply).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import SELECTOR_BYTES
from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.detect.accounts import account, questions
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Answered, Detector, Example, Question
from tocsin.detect.detectors import _acts, _held
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import argument
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_at
from tocsin.tables.dataset import Tables

BALANCE, TRANSFER = selector("balanceOf(address)"), selector("transfer(address,uint256)")
HIGH_PERCENT, MEDIUM_PERCENT = 30, 5
CONFIDENCE = {Severity.HIGH: 0.5, Severity.MEDIUM: 0.4, Severity.LOW: 0.2}
FAMILY = "family:rug-pull"
_BALANCE, _TRANSFER = abi.keys((BALANCE,)), abi.keys((TRANSFER,))
_STATIC, _CALL = abi.texts(("staticcall",)), abi.texts(("call",))
_AMOUNT = slice(SELECTOR_BYTES + WORD_BYTES, SELECTOR_BYTES + 2 * WORD_BYTES)


@dataclass(frozen=True, slots=True)
class Emptied:
    """A contract that paid out all it held of some tokens."""

    place: Place
    contract: str
    caller: str
    taken: dict[str, tuple[int, str]]
    """By token: how much, and who got it."""

    def supply(self, token: str) -> Lookup | None:
        """How much there was before."""
        return _held.supply(self.place, token, 1)


def run(tables: Tables) -> Iterator[Question]:
    """A question for each contract that was emptied of a token."""
    chosen = _candidates(tables["calls"])
    if chosen.is_empty():
        return
    for act in _acts.acts(tables, chosen):
        if emptied := _emptied(act):
            asked = [emptied.supply(token) for token in emptied.taken]
            about = questions(emptied.place, (emptied.contract,))
            yield Question(lookups=(*about, *(each for each in asked if each)), candidate=emptied)


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """Called contracts that look at what they hold of a token and transfer exactly that away."""
    first = (calls["depth"].to_numpy() == 1) & ~calls["reverted"].to_numpy()
    sends = first & abi.among(calls["selector"], _TRANSFER) & abi.among(calls["call_type"], _CALL)
    gone = {(*keys, data[_AMOUNT]) for *keys, data in _ends(calls, np.flatnonzero(sends), "input")}
    if not gone:
        return calls.clear()
    asks = first & abi.among(calls["selector"], _BALANCE) & abi.among(calls["call_type"], _STATIC)
    rows = np.flatnonzero(asks)
    held = [(*keys, data and data[:WORD_BYTES]) in gone for *keys, data in _ends(calls, rows, "output")]
    return rows_at(calls[[*SAME]], rows[np.array(held, dtype=np.bool_)])


def _ends(calls: pl.DataFrame, rows: npt.NDArray[np.intp], data: str) -> Iterator[tuple[Any, ...]]:
    """Of these frames: transaction, caller, token, and what was said or answered."""
    names = ("transaction_hash", "from_address", "to_address", data)
    return iter(rows_at(calls[[*names]], rows).rows())


def _emptied(act: Act) -> Emptied | None:
    root = act.tree[0]
    chain_id, contract = act.place["chain_id"], root.callee
    if root.kind != "call" or (chain_id, contract) in ROUTERS:
        return None
    came_in = {move.token for move in act.moves if move.taker == contract and move.amount}
    held: dict[bytes, int] = {}
    taken: dict[str, tuple[int, str]] = {}
    for frame in act.tree:
        if frame.caller != contract or frame.callee in came_in:
            continue
        if frame.selector == BALANCE and argument(frame, 0) == contract:
            held[frame.callee] = int.from_bytes(frame.output[:WORD_BYTES], "big")
        elif frame.selector == TRANSFER and frame.kind == "call" and held.get(frame.callee):
            amount = int.from_bytes(frame.data[SELECTOR_BYTES + WORD_BYTES :], "big")
            if amount == held[frame.callee] and len(taken) < LISTED:
                taken[shown(frame.callee)] = amount, shown(argument(frame, 0))
    return Emptied(Place.of(act.place), shown(contract), shown(root.caller), taken) if taken else None


def judge(emptied: Emptied, answers: Answers) -> Sighting | None:
    """How bad it is by how much of each token it was."""
    shares = {token: _percent(emptied, token, answers) for token in emptied.taken}
    known = {token: share for token, share in shares.items() if share is not None}
    most = max(known.values(), default=None)
    is_old = account(emptied.place, emptied.contract, answers).is_young is False
    severity = _severity(most, is_old=is_old)
    return None if severity is None else _sighting(emptied, known, severity)


def _percent(emptied: Emptied, token: str, answers: Answers) -> int | None:
    supply = number(emptied.supply(token), answers)
    return 100 * emptied.taken[token][0] // supply if supply else None


def _severity(most: int | None, *, is_old: bool) -> Severity | None:
    if most is None:
        return Severity.LOW
    if most >= HIGH_PERCENT and is_old:
        return Severity.HIGH
    return Severity.MEDIUM if most >= MEDIUM_PERCENT else None


def _sighting(emptied: Emptied, known: dict[str, int], severity: Severity) -> Sighting:
    told = ", ".join(
        f"{amount} of {token}" + (f" ({known[token]} % of all there is)" if token in known else "")
        for token, (amount, _) in list(emptied.taken.items())[:3]
    )
    receivers = dict.fromkeys(receiver for _, receiver in emptied.taken.values())
    return Sighting(
        place=emptied.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A contract paid out all it held of a token",
        summary=f"Called by {emptied.caller}, {emptied.contract} transferred away all it held: {told}.",
        entities=(
            Entity("contract", emptied.contract),
            Entity("caller", emptied.caller),
            *(Entity("receiver", receiver) for receiver in receivers),
            *(Entity("token", token) for token in emptied.taken),
        ),
        values={
            "tokens": list(emptied.taken),
            "amounts": [amount for amount, _ in emptied.taken.values()],
            "supply_percents": [known.get(token, "unknown") for token in emptied.taken],
        },
        labels=(FAMILY,),
    )


_TAKE = selector("withdrawAll()")
_HEIGHT = 20_000_000
_ALL = 50 * 10**18


def _withdrawal(paid: int = _ALL) -> list[dict[str, object]]:
    rows = [
        call(0, 0, 3, "mallory", "farm", _TAKE),
        {**call(1, 1, 2, "farm", "coin", BALANCE + literal.words("farm"), kind="staticcall"),
         "output": literal.words(_ALL)},
        call(1, 2, 3, "farm", "coin", TRANSFER + literal.words("mallory", paid)),
    ]  # fmt: skip
    return [{**row, "block_number": _HEIGHT} for row in rows]


def _known(supply: int, before: str = "0x6000") -> Answered:
    return {
        ("eth_call", "coin"): hex(supply * 10**18),
        ("eth_getCode", "farm", _HEIGHT): "0x6000",
        ("eth_getCode", "farm", _HEIGHT - 7_200): before,
    }


detector = Detector(
    id="emptied-contract",
    severity=Severity.HIGH,
    reads=_acts.READS,
    run=run,
    judge=judge,
    examples=(
        Example(
            says="half of all coins leave a farm that has been there for long",
            tables={"calls": _withdrawal()},
            answers=_known(100),
            finds=(
                {
                    "severity": "high",
                    "entities": {"contract": "farm", "caller": "mallory", "receiver": "mallory", "token": "coin"},
                    "values": {"amounts": [_ALL], "supply_percents": [50]},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="half of all coins leave a contract that was made today: perhaps they are being handed out",
            tables={"calls": _withdrawal()},
            answers=_known(100, before="0x"),
            finds=({"severity": "medium"},),
        ),
        Example(
            says="nobody can say how many coins there are",
            tables={"calls": _withdrawal()},
            finds=({"severity": "low", "values": {"supply_percents": ["unknown"]}},),
        ),
        Example(says="one coin in a hundred", tables={"calls": _withdrawal()}, answers=_known(5_000)),
        Example(says="a part", tables={"calls": _withdrawal(paid=5)}, answers=_known(100)),
        Example(
            says="what came in a moment ago",
            tables={
                "calls": _withdrawal(),
                "transfers": [
                    {**row, "block_number": _HEIGHT} for row in moved(("pool", "farm", "coin", 50))["transfers"]
                ],
            },
            answers=_known(100),
        ),
    ),
)
