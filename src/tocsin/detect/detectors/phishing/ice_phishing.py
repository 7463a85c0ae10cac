"""
Owners approve a spender that takes their tokens for nothing.

A page or a message makes people approve an account they do not know. That account then moves their tokens to itself.
The trace is many owners approving one unknown spender, and tokens that leave their owners in other people's
transactions with nothing in return.

## What it finds
It remembers a day of approvals and asks the node what the spender is. Routers everybody approves are left out.

* critical: a taking of a hundred thousand dollars or more.
* high: a spender takes from somebody who approved it, in a transaction the owner did not send, for nothing in return:
  an externally owned account that two owners approved, or a new contract that five did. One owner is enough after an
  approval for all items of a collection.
* medium: so many owners approved such a spender and nothing is taken yet; or it took from five and nobody could say
  what the spender is.

A contract is new if it has been there for less than 30 days. One finding for each transaction and spender that takes,
and one when the approvals reach the number.

## Why it matters
The approvals are made one by one before the tokens go: whoever is told in time can still revoke.

## Blind spots
What is signed off the chain and handed in by others, permits included: see signature-drain. Takings through another
contract than the one approved. A worthless token sent to the victim looks like something in return. Approvals
more than a day before the taking.

## Triage
The owners are victims: never treat them as attackers. Tell them to revoke what they gave the spender. Look at where the
tokens went, and report the receiver to the exchanges and the token's issuer.

## References
EIP-20, EIP-721, EIP-1155, EIP-2612; the ice phishing bot of Forta; He et al., TxPhishScope; PTXPhish.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect.accounts import Account, account, blocks_in, questions
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.phishing._approvals import (
    APPROVALS,
    CALLS,
    REMEMBERED,
    TAKING,
    TRANSFERS,
    Memories,
    movers,
    of_batch,
    remember,
)
from tocsin.detect.detectors.phishing._candidates import Candidate, approving, taking
from tocsin.detect.detectors.phishing._takings import takings
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks (reference: detection, section 4.32)."""
YOUNG_SECONDS = 30 * 86_400
"""A contract that has been there for less is new (the same)."""
OWNERS_OF_ACCOUNT = 2
OWNERS_OF_CONTRACT = 5
"""How many owners must have approved an externally owned account, or a new contract (the same)."""
LARGE_DOLLARS = 100_000.0
SHOWN = 20
"""How many victims a finding names; it always says how many there are."""

CONFIDENCE_TAKEN = 0.9
CONFIDENCE_TAKEN_ALONE = 0.7
CONFIDENCE_APPROVED = 0.5


def run(tables: Tables) -> Iterator[Question]:
    """A question for each spender and transaction that takes, and for each that reaches a number of owners."""
    calls, given = movers(tables), of_batch(tables[MEMORY], tables)
    spenders = pl.concat([calls["from_address"], given["spender"]])
    if spenders.is_empty():
        return
    memories = Memories.of(tables[MEMORY], spenders, WINDOW_BLOCKS)
    found = [*taking(takings(memories.known(calls), tables), tables, memories)]
    if not given.is_empty():
        found.extend(approving(given, memories, (OWNERS_OF_ACCOUNT, OWNERS_OF_CONTRACT)))
    for candidate in found:
        asked = questions(candidate.place, [candidate.spender], YOUNG_SECONDS)
        yield Question(lookups=asked, candidate=candidate)


def judge(candidate: Candidate, answers: Answers) -> Sighting | None:
    """A sighting if the spender is the kind of account that nobody should approve."""
    spender = account(candidate.place, candidate.spender, answers, YOUNG_SECONDS)
    severity = _taken(candidate, spender) if candidate.is_taken else _approved(candidate, spender)
    if severity is None:
        return None
    named = (("victim", victim) for victim in candidate.victims[:SHOWN])
    return Sighting(
        place=candidate.place,
        severity=severity,
        confidence=_confidence(candidate, severity),
        title=_title(candidate),
        summary=_summary(candidate, spender),
        entities=(
            Entity("attacker", candidate.spender),
            *(Entity("receiver", receiver) for receiver in candidate.receivers[:SHOWN]),
            *(Entity(role, address) for role, address in named),
        ),
        values={"owners": candidate.owners, "victims": len(candidate.victims), "about_dollars": int(candidate.dollars)},
        key=f"{'taken' if candidate.is_taken else 'approved'}:{candidate.spender}:{candidate.owners}",
    )


def _taken(candidate: Candidate, spender: Account) -> Severity | None:
    needed = _needed(candidate, spender)
    if needed is None:
        return Severity.MEDIUM if spender.is_young is None and candidate.owners >= OWNERS_OF_CONTRACT else None
    if candidate.owners < needed and not candidate.is_sufficient:
        return None
    return Severity.CRITICAL if candidate.dollars >= LARGE_DOLLARS else Severity.HIGH


def _approved(candidate: Candidate, spender: Account) -> Severity | None:
    """Medium at the number that fits the spender, so that each spender is told of once."""
    is_alone = candidate.owners == 1 and spender.is_contract is False
    return Severity.MEDIUM if is_alone or candidate.owners == _needed(candidate, spender) else None


def _needed(candidate: Candidate, spender: Account) -> int | None:
    """How many owners make such a spender suspicious; None where no number does."""
    if spender.is_contract is False:
        return OWNERS_OF_ACCOUNT
    return OWNERS_OF_CONTRACT if spender.is_contract and _is_new(candidate.place, spender) else None


def _is_new(place: Place, spender: Account) -> bool:
    """On a chain that is younger than the period every contract is new."""
    is_short = place.block_number is not None and place.block_number < blocks_in(place.chain_id, YOUNG_SECONDS)
    return bool(spender.is_young) or is_short


def _confidence(candidate: Candidate, severity: Severity) -> float:
    if severity < Severity.HIGH:
        return CONFIDENCE_APPROVED
    return CONFIDENCE_TAKEN if candidate.owners >= OWNERS_OF_ACCOUNT else CONFIDENCE_TAKEN_ALONE


def _title(candidate: Candidate) -> str:
    if not candidate.is_taken:
        return f"{'Many owners' if candidate.owners > 1 else 'An owner'} approved an unknown spender"
    worth = f", worth {about(candidate.dollars)}," if candidate.dollars >= 1 else ""
    owners = len(candidate.victims)
    return f"Approved tokens of {owners} owner{'s' if owners > 1 else ''}{worth} were taken"


def _summary(candidate: Candidate, spender: Account) -> str:
    who = f"{spender.described}, approved by {candidate.owners} owners within a day"
    if not candidate.is_taken:
        return f"{who}, has taken nothing yet. The latest owner is {candidate.victims[0]}."
    worth = f", worth {about(candidate.dollars)}" if candidate.dollars >= 1 else ""
    return (
        f"{who}, moved the tokens of {len(candidate.victims)} of them{worth}, to {candidate.receivers[0]}"
        f"{' and others' if len(candidate.receivers) > 1 else ''}, for nothing in return."
    )


_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_TAKE = selector("transferFrom(address,address,uint256)")
_OLD, _BEFORE = 300_000, 84_000
"""A block height at which the chain of the examples is older than 30 days, and 30 days of blocks earlier."""


def _approval(block: int, owner: str, **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": _DOLLARS, "owner_address": owner, "spender_address": "drainer",
        "kind": "erc20", "value": 10**12, **other,
    }  # fmt: skip


def _taking_call(block: int, owner: str, spender: str = "drainer") -> dict[str, Any]:
    return {
        "block_number": block, "call_type": "call", "from_address": spender, "to_address": _DOLLARS,
        "selector": _TAKE, "input": _TAKE + literal.words(owner, "receiver", 10**9),
    }  # fmt: skip


def _transfer(block: int, owner: str, value: int = 10**9) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": _DOLLARS, "standard": "erc20", "from_address": owner,
        "to_address": "receiver", "value": value,
    }  # fmt: skip


def _sent(block: int, sender: str) -> dict[str, Any]:
    return {"block_number": block, "from_address": sender, "to_address": _DOLLARS}


_OWNERS = ("alice", "bob", "carol", "dave", "erin")
_FIVE = [_approval(_OLD, owner, log_index=number) for number, owner in enumerate(_OWNERS)]
_ACCOUNT: Answered = {("eth_getCode", "drainer"): "0x", ("eth_getTransactionCount", "drainer"): "0x3"}

detector = Detector(
    id="ice-phishing",
    severity=Severity.CRITICAL,
    reads={
        "approvals": Read(columns=APPROVALS),
        "calls": Read(columns=CALLS, selector=TAKING),
        "transfers": Read(columns=TRANSFERS),
        "transactions": Read(columns=("from_address",), optional=True),
        "prices": PRICES_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="an account that two owners approved takes from one of them",
            tables={
                "approvals": [_approval(1, "alice"), _approval(2, "bob")],
                "calls": [_taking_call(3, "alice")],
                "transfers": [_transfer(3, "alice")],
                "transactions": [_sent(1, "alice"), _sent(2, "bob"), _sent(3, "drainer")],
            },
            answers=_ACCOUNT,
            finds=(
                {"block_number": 2, "severity": "medium", "entities": {"attacker": "drainer", "victim": "bob"}},
                {
                    "block_number": 3,
                    "severity": "high",
                    "confidence": 0.9,
                    "entities": {"attacker": "drainer", "victim": "alice", "receiver": "receiver"},
                    "values": {"owners": 2, "about_dollars": 1_000},
                },
            ),
        ),
        Example(
            says="an approval for every item to an account counts alone",
            tables={
                "approvals": [_approval(1, "alice", kind="operator")],
                "calls": [_taking_call(3, "alice")],
                "transactions": [_sent(1, "alice"), _sent(3, "drainer")],
            },
            answers=_ACCOUNT,
            finds=({"severity": "medium"}, {"severity": "high", "confidence": 0.7}),
        ),
        Example(
            says="all items of a collection given to a new contract are enough for one victim; a large one is critical",
            tables={
                "approvals": [_approval(_OLD, "alice", kind="operator")],
                "calls": [_taking_call(_OLD, "alice")],
                "transfers": [_transfer(_OLD, "alice", 2 * 10**11)],
                "transactions": [_sent(_OLD, "operator")],
            },
            answers={("eth_getCode", "drainer"): "0x6001", ("eth_getCode", "drainer", _BEFORE): "0x"},
            finds=({"severity": "critical", "values": {"about_dollars": 200_000}},),
        ),
        Example(
            says="what owners sign and others hand in is told by signature-drain",
            tables={
                "approvals": [_approval(1, "alice", kind="permit"), _approval(2, "bob", kind="permit2")],
                "calls": [_taking_call(3, "alice"), _taking_call(4, "bob")],
                "transactions": [_sent(block, "drainer") for block in (1, 2, 3, 4)],
            },
            answers=_ACCOUNT,
        ),
        Example(
            says="a contract younger than 30 days needs five owners",
            tables={"approvals": _FIVE, "calls": [_taking_call(_OLD + 1, "erin")]},
            answers={
                ("eth_getCode", "drainer"): "0x6001",
                ("eth_getCode", "drainer", _BEFORE): "0x",
                ("eth_getCode", "drainer", _BEFORE + 1): "0x",
            },
            finds=({"severity": "medium", "values": {"owners": 5}}, {"severity": "high", "values": {"owners": 5}}),
        ),
        Example(
            says="five owners and a spender nobody could look up are medium",
            tables={"approvals": _FIVE, "calls": [_taking_call(_OLD + 1, "erin")]},
            finds=({"severity": "medium", "confidence": 0.5},),
        ),
        Example(
            says="the owner's own transaction, a sale, one plain approval, and an established contract are ordinary",
            tables={
                "approvals": [
                    _approval(1, "alice", kind="operator"),
                    _approval(2, "bob", spender_address="other"),
                    *_FIVE,
                ],
                "calls": [_taking_call(3, "alice"), _taking_call(4, "alice"), _taking_call(_OLD + 1, "erin")],
                "transfers": [{**_transfer(4, "buyer"), "to_address": "alice"}, _transfer(4, "alice")],
                "transactions": [_sent(3, "alice"), _sent(4, "buyer")],
            },
            answers={("eth_getCode", "drainer"): "0x6001", ("eth_getCode", "other"): "0x"},
        ),
    ),
)
