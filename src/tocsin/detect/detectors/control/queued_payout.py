"""
A payment to a stranger is queued in a timelock.

A timelock carries out what was queued in it after a delay, whoever asks. The delay is there so that somebody reads it.

## What it finds
Operations queued in an OpenZeppelin TimelockController that would pay an ERC-20 token or native coin out, or let
somebody take a token, where the payee is an account that has hardly ever sent a transaction, or is the very account
that queued it.

* high: the proposer queued it directly, with an account's key.
* medium: a contract queued it, such as a governor after a vote: grants go to new accounts too.

## Why it matters
It is the hour, or the days, between a theft that is decided and a theft that is done. Whoever may cancel can end it.

## Blind spots
Payments through functions other than `transfer`, `approve`, `transferFrom` and plain value: a treasury's own `pay`, an
upgrade to code that pays. Payees that are contracts, or accounts with a history of their own. Timelocks that queue with
other events (Compound's). Whether an account is fresh must be answered by a node.

## Triage
Ask the proposers whether it is theirs. If nobody knows it, cancel it before the delay is over, and take the role from
the key that queued it.

## References
- https://docs.openzeppelin.com/contracts/5.x/api/governance#TimelockController
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector, topic
from tocsin.detect.accounts import account, questions
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers
from tocsin.tables import literal
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

SCHEDULED = topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")
WORD = 32
_PAYEE_AND_AMOUNT: Mapping[bytes, tuple[int, int]] = {
    selector("transfer(address,uint256)"): (0, 1),
    selector("approve(address,uint256)"): (0, 1),
    selector("transferFrom(address,address,uint256)"): (1, 2),
}
"""By function: which of its words are the payee and the amount."""
CONFIDENCE = 0.7


@dataclass(frozen=True, slots=True)
class Payout:
    """One queued call that would pay somebody."""

    place: Place
    timelock: str
    proposer: str
    """Who sent the transaction."""
    is_direct: bool
    """The proposer called the timelock itself."""
    payee: str
    token: str
    amount: int
    delay_seconds: int
    index: int


def run(tables: Tables) -> Iterator[Question]:
    """A question about the payee of each queued payment."""
    logs = tables["logs"]
    if logs.is_empty():
        return
    senders = _senders(tables["transactions"])
    for row in logs.iter_rows(named=True):
        if (payout := _payout(row, senders)) is not None:
            yield Question(lookups=questions(payout.place, [payout.payee]), candidate=payout)


def _senders(transactions: pl.DataFrame) -> dict[bytes | None, tuple[bytes | None, bytes | None]]:
    rows = transactions.select("transaction_hash", "from_address", "to_address").iter_rows()
    return {hash_: (sender, called) for hash_, sender, called in rows}


def _payout(row: Mapping[str, Any], senders: Mapping[bytes | None, tuple[bytes | None, bytes | None]]) -> Payout | None:
    """What a queued call pays, if it is a payment that can be read. Attackers write the data: nothing is trusted."""
    data: bytes = row["data"] or b""
    sender, called = senders.get(row["transaction_hash"], (None, None))
    paid = _paid(data)
    if sender is None or paid is None:
        return None
    payee, token, amount = paid
    return Payout(
        place=Place.of(row),
        timelock=str(hexadecimal(row["address"])),
        proposer=str(hexadecimal(sender)),
        is_direct=called == row["address"],
        payee=payee,
        token=token,
        amount=amount,
        delay_seconds=_number(data, 4),
        index=row["log_index"] or 0,
    )


def _paid(data: bytes) -> tuple[str, str, int] | None:
    """Payee, token and amount of the call in the data of `CallScheduled`."""
    target, value = _address(data, 0), _number(data, 1)
    start = _number(data, 2) + WORD
    called = data[start : start + 4] if start < len(data) else b""
    if called not in _PAYEE_AND_AMOUNT:
        return (target, str(hexadecimal(NATIVE)), value) if value else None
    payee, amount = _PAYEE_AND_AMOUNT[called]
    arguments = data[start + 4 :]
    paid = _number(arguments, amount)
    return (_address(arguments, payee), target, paid) if paid else None


def _number(data: bytes, word: int) -> int:
    return int.from_bytes(data[word * WORD : (word + 1) * WORD].ljust(WORD, b"\0"), "big")


def _address(data: bytes, word: int) -> str:
    return str(hexadecimal(data[word * WORD : (word + 1) * WORD].ljust(WORD, b"\0")[-20:]))


def judge(payout: Payout, answers: Answers) -> Sighting | None:
    """A sighting where the payee is fresh, or queued it for itself."""
    payee = account(payout.place, payout.payee, answers)
    if not (payee.is_fresh or payout.payee == payout.proposer):
        return None
    who = "the account that queued it" if payout.payee == payout.proposer else payee.described
    return Sighting(
        place=payout.place,
        severity=Severity.HIGH if payout.is_direct else Severity.MEDIUM,
        confidence=CONFIDENCE,
        title="A payment to a stranger is queued in a timelock",
        summary=f"{payout.proposer} queued in the timelock {payout.timelock} that {payout.amount} of {payout.token} go "
        f"to {who}. It can be carried out in {payout.delay_seconds} seconds, and cancelled until then.",
        entities=(
            Entity("timelock", payout.timelock),
            Entity("proposer", payout.proposer),
            Entity("payee", payout.payee),
        ),
        values={
            "amount": payout.amount,
            "token": payout.token,
            "delay_seconds": payout.delay_seconds,
            "queued_directly": payout.is_direct,
        },
        key=f"{payout.timelock}-{payout.index}",
    )


def _call(*values: str | int, function: str = "transfer(address,uint256)") -> bytes:
    return selector(function) + literal.words(*values)


def _scheduled(target: str, data: bytes, value: int = 0) -> dict[str, Any]:
    head = literal.words(target, value, 5 * WORD, 0, 3_600, len(data))
    padded = data + bytes(-len(data) % WORD)
    return {"address": "timelock", "topic0": SCHEDULED, "data": head + padded}


def _sent(to: str = "timelock") -> dict[str, Any]:
    return {"from_address": "proposer", "to_address": to}


_FRESH: Answered = {("eth_getCode", "mallory"): "0x", ("eth_getTransactionCount", "mallory"): "0x0"}
_USED: Answered = {("eth_getCode", "bob"): "0x", ("eth_getTransactionCount", "bob"): "0x63"}

detector = Detector(
    id="queued-payout",
    severity=Severity.HIGH,
    reads={
        "logs": Read(columns=("address", "topic0", "data", "log_index"), topic0=(SCHEDULED,)),
        "transactions": Read(columns=("from_address", "to_address")),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a proposer's key queues a payment to a fresh account",
            tables={"logs": [_scheduled("coin", _call("mallory", 4_000_000))], "transactions": [_sent()]},
            answers=_FRESH,
            finds=(
                {
                    "severity": "high",
                    "entities": {"payee": "mallory", "proposer": "proposer"},
                    "values": {"amount": 4_000_000, "delay_seconds": 3_600},
                },
            ),
        ),
        Example(
            says="a governor queues one after a vote",
            tables={"logs": [_scheduled("coin", _call("mallory", 5))], "transactions": [_sent("governor")]},
            answers=_FRESH,
            finds=({"severity": "medium"},),
        ),
        Example(
            says="the proposer pays itself in native coin, or lets itself take a token",
            tables={
                "logs": [
                    _scheduled("proposer", b"", 7),
                    _scheduled("coin", _call("proposer", 9, function="approve(address,uint256)")) | {"log_index": 1},
                ],
                "transactions": [_sent()],
            },
            finds=({"values": {"amount": 7}}, {"values": {"amount": 9}}),
        ),
        Example(
            says="a payment to somebody with a history, and a call that pays nobody",
            tables={
                "logs": [
                    _scheduled("coin", _call("bob", 5)),
                    _scheduled("coin", selector("pause()")) | {"log_index": 1},
                    _scheduled("coin", b"\xa9\x05") | {"log_index": 2},
                ],
                "transactions": [_sent()],
            },
            answers=_USED,
        ),
    ),
)
