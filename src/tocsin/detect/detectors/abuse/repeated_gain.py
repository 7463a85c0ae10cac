"""
The same call, or the same round, gained something again and again in one transaction.

## What it finds
Two shapes, both against one contract, in one transaction, by the actors or by contracts that they call.

The same claim: the very same call, down to the last byte, paid an actor the very same amount three times or more,
without naming it, and the actors gave that contract nothing.

The same round: a token was given to the contract and more of it came back, five times or more, and in no token did the
contract end with more than it began. That an account gives and another takes is no round.

* high: always.

## Why it matters
An honest contract marks a claim as paid and returns what a share is worth. One that pays twice pays until it is empty.

## Blind spots
Rounds and claims spread over several transactions, or by contracts that the actors do not call directly. Claims whose
call data or amounts differ each time. Rounds that pay in another token than was given. A token that pays a reward for
every transfer.

## Triage
Pause the contract: what was done a hundred times in this transaction can be done a hundred times in the next.

## References
- LeiShen: repeated rounds of buying and selling (MBS, three rounds or more)
- https://arxiv.org/abs/2208.13035
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from tocsin.chain.abi import SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors import _acts, _matching
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import Frame, is_entry
from tocsin.detect.losses import NOBODY
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

CLAIMS = 3
"""Who is paid twice for one call may have been owed it twice."""
ABOUT = 2
"""How many times more or less than was paid a number in the call may be to stand for it."""
ROUNDS = 5
LEAST_GROWN = 1.000_001
"""Less than a millionth more is rounding."""
LOST_SHARE = 0.5
"""How much of what was gained the contract must have lost in all: who only passes it on did not, and the last round may
be left open."""
CONFIDENCE = 0.8
FAMILY, FAMILY_OF_TRADES = "family:logic", "family:price-manipulation"
"""Where tokens were exchanged round after round, prices were wrong; where one went to and fro, sums were."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What was gained of one contract, how often, and of which token."""

    victim: bytes
    token: bytes
    amount: int
    times: int
    shape: str
    traded: bool = False
    """Other tokens went to and fro as well."""


@dataclass(slots=True)
class _Rounds:
    """What went to and fro between a contract and one account, of one token."""

    given: int = 0
    """Since the last time something came back."""
    times: int = 0
    gained: int = 0


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract from which something was gained again and again."""
    chosen = _candidates(tables["transfers"])
    if chosen.is_empty():
        return
    prices = Prices.of(tables)
    for act in _acts.acts(tables, chosen):
        found = {gain.victim: gain for gain in (*_rounds(act), *_claims(act))}
        yield from (_sighting(act, prices, gain) for gain in found.values())


def _candidates(transfers: pl.DataFrame) -> pl.DataFrame:
    """Payments that are repeated to the last unit, and those of a token that somebody gives and takes many times."""
    if len(transfers) < CLAIMS:
        return transfers.clear()
    same, *ends = (
        _matching.numbers(transfers, (*SAME, *columns))
        for columns in (
            ("from_address", "to_address", "token_address", "value_binary"),
            ("from_address", "token_address"),
            ("to_address", "token_address"),
        )
    )
    claims = np.isin(same, _matching.frequent(same, CLAIMS))
    rounds = np.logical_and.reduce([np.isin(ends[0], _matching.frequent(end, ROUNDS)) for end in ends])
    return rows_where(transfers, claims | rounds)


def _claims(act: Act) -> Iterator[Gain]:
    """The contracts that paid the same for the same call."""
    paid: Counter[tuple[bytes, bytes, bytes, int]] = Counter()
    entries: list[Frame] = []
    for frame in act.tree:
        while entries and entries[-1].end <= frame.position:
            entries.pop()
        if entries and act.pays(frame, entries[-1].callee):
            token, amount = _payment(act, frame)
            if amount:
                paid[entries[-1].callee, act.inputs[entries[-1].position], token, amount] += 1
        if is_entry(frame, act.members):
            entries.append(frame)
    for (victim, data, token, amount), times in paid.most_common(LISTED):
        is_claim = times >= CLAIMS and bool(data) and not _names(data, amount)
        gained = act.given(victim).get(token, 0) if is_claim and victim not in act.created else 0
        if gained and act.lost(victim, token) >= LOST_SHARE * gained:
            yield Gain(victim, token, gained, times, "claim")


def _names(data: bytes, amount: int) -> bool:
    """Whether a call says about how much it wants: a part of what is one's own may be drawn again and again."""
    words = (data[at : at + WORD_BYTES] for at in range(SELECTOR_BYTES, len(data), WORD_BYTES))
    return any(amount <= ABOUT * int.from_bytes(word, "big") <= ABOUT * ABOUT * amount for word in words)


def _payment(act: Act, frame: Frame) -> tuple[bytes, int]:
    """The token that a frame pays, and how much: the last word of a transfer, or native coin."""
    if frame.value or not frame.selector:
        return NATIVE, int(frame.value)
    return frame.callee, int.from_bytes(act.inputs[frame.position][-32:], "big")


def _rounds(act: Act) -> Iterator[Gain]:
    """The contracts that gave back more than they were given, round after round."""
    parties = act.members | {frame.callee for frame in act.tree if frame.caller in act.members and frame.kind == "call"}
    between: dict[tuple[bytes, bytes], dict[bytes, _Rounds]] = defaultdict(lambda: defaultdict(_Rounds))
    balance: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    for move in act.moves:
        balance[move.taker][move.token] += move.amount
        balance[move.giver][move.token] -= move.amount
        if move.giver in parties:
            between[move.taker, move.token][move.giver].given += move.amount
        if move.taker in parties:
            _returned(between[move.giver, move.token][move.taker], move.amount)
    for (victim, token), accounts in between.items():
        times, gained = (sum(getattr(each, name) for each in accounts.values()) for name in ("times", "gained"))
        outside = victim not in act.members and victim not in act.created and victim not in NOBODY
        only_lost = all(amount <= 0 for amount in balance[victim].values())
        if times >= ROUNDS and outside and only_lost and -balance[victim][token] >= LOST_SHARE * gained:
            yield Gain(victim, token, gained, times, "round", traded=len(balance[victim]) > 1)


def _returned(rounds: _Rounds, amount: int) -> None:
    if rounds.given and amount > rounds.given * LEAST_GROWN:
        rounds.times += 1
        rounds.gained += amount - rounds.given
    rounds.given = 0


def _sighting(act: Act, prices: Prices, gain: Gain) -> Sighting:
    victim, token = shown(gain.victim), shown(gain.token)
    worth = prices.dollars(act.place["chain_id"], gain.token, gain.amount) or 0.0
    much = about(worth) if worth >= 1 else f"{gain.amount} of {token}"
    what = "paid the same claim" if gain.shape == "claim" else "gave back more than it was given"
    return Sighting(
        place=Place.of(act.place),
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title=f"A contract {what} {gain.times} times in one transaction",
        summary=f"{victim} {what} {gain.times} times to whoever acts for {shown(act.cluster.sender)}: {much} in all.",
        entities=(Entity("victim", victim), *act.actors, Entity("token", token)),
        values={
            "shape": gain.shape,
            "times": gain.times,
            "token": token,
            "gained_amount": gain.amount,
            "gained_about_dollars": round(worth),
        },
        labels=(FAMILY_OF_TRADES if gain.traded else FAMILY,),
        key=victim,
    )


_RUN, _CLAIM, _PAY = selector("run()"), selector("claim(uint256)"), selector("transfer(address,uint256)")
_DEPOSIT = selector("deposit(uint256)")


def _paid(times: int, *, distinct: bool = False) -> list[dict[str, object]]:
    rows = [call(0, 0, 1 + 2 * times, "mallory", "thief", _RUN)]
    for number in range(times):
        at = 1 + 2 * number
        rows.append(call(1, at, at + 2, "thief", "office", _CLAIM + literal.words(number if distinct else 7)))
        rows.append(call(2, at + 1, at + 2, "office", "coin", _PAY + literal.words("thief", 5 * 10**18)))
    return rows


def _rounds_of(count: int, back: int) -> dict[str, list[dict[str, object]]]:
    rounds = [("thief", "bank", "coin", 100), ("bank", "thief", "coin", back)] * count
    return {"calls": [call(0, 0, 2, "mallory", "thief", _RUN), call(1, 1, 2, "thief", "bank", _DEPOSIT)],
            **moved(*rounds)}  # fmt: skip


detector = Detector(
    id="repeated-gain",
    severity=Severity.HIGH,
    reads={**_acts.READS, "prices": PRICES_READ},
    run=run,
    examples=(
        Example(
            says="an option is exercised four times",
            tables={"calls": _paid(4), **moved(*[("office", "thief", "coin", 5)] * 4)},
            finds=(
                {
                    "severity": "high",
                    "entities": {"victim": "office", "attacker": "mallory"},
                    "values": {"shape": "claim", "times": 4, "gained_amount": 20 * 10**18},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="a bank returns a little more than was paid in, six times",
            tables=_rounds_of(6, back=101),
            finds=({"severity": "high", "values": {"shape": "round", "times": 6, "gained_amount": 6 * 10**18}},),
        ),
        Example(
            says="claims of different things, for the same amount",
            tables={"calls": _paid(4, distinct=True), **moved(*[("office", "thief", "coin", 5)] * 4)},
        ),
        Example(
            says="a part of a deposit is drawn four times",
            tables={
                "calls": [
                    {**row, "input": _CLAIM + literal.words(5 * 10**18)} if row["selector"] == _CLAIM else row
                    for row in _paid(4)
                ],
                **moved(*[("office", "thief", "coin", 5)] * 4),
            },
        ),
        Example(
            says="the same thing is bought four times",
            tables={
                "calls": _paid(4),
                **moved(*[("thief", "office", "gold", 1), ("office", "thief", "coin", 5)] * 4),
            },
        ),
        Example(says="a bank that returns a little less", tables=_rounds_of(6, back=99)),
        Example(says="a bank that returned a little more, twice", tables=_rounds_of(2, back=101)),
    ),
)
