"""
A transaction borrows without collateral and repays before it ends.

## What it finds
Every transaction with a flash loan, by a lender's event, by its callback in the call tree, or by a token that leaves
a lender and comes back around a call to the borrower: lenders, principals, fees, how many lenders, and how deep the
loans are nested.

## Why it matters
A flash loan gives anybody, for one transaction, the means of the richest. Most attacks on prices and on lending use
one; so do arbitrage, liquidation and refinancing every day. It is a fact for other detectors and for people who
investigate, no alarm.

## Blind spots
Those of `flash_loans`. Without the call tree, lenders that emit no event (Uniswap V4, Balancer V3, Uniswap V2 repaid
in the other token) are not seen. Anybody may emit such an event or call such a callback: a false one is only a false
note. The dollars are of well-known tokens at reference prices: for ranking only.

## Triage
Nothing to do for the loan alone. Read it beside the other findings of the transaction.

## References
- https://eips.ethereum.org/EIPS/eip-3156
- https://arxiv.org/abs/2010.12252
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import polars as pl

from tocsin.detect.actors import SAME, Transaction
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.profits import _loans
from tocsin.detect.detectors.profits._loans import Loans
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Severity, Sighting, Value
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.95
CONFIDENCE_BY_BALANCE = 0.7

Range: TypeAlias = tuple[int, int]


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per transaction that takes loans."""
    flash_loans = tables["flash_loans"]
    if flash_loans.is_empty():
        return
    frames = _frames(flash_loans, tables["calls"]) if "calls" in tables else {}
    yield from (
        _sighting(loans, _depth(loans, frames)) for loans in _loans.of_transactions(Prices.of(tables), flash_loans)
    )


def _frames(flash_loans: pl.DataFrame, calls: pl.DataFrame) -> Mapping[Transaction, list[Range]]:
    """By transaction: where the callbacks of its loans begin and end in the call tree."""
    keys = [*SAME, "call_index"]
    callbacks = calls.join(flash_loans, on=keys, how="semi", nulls_equal=True)
    found: dict[Transaction, list[Range]] = {}
    for *transaction, first, end in callbacks.select(*keys, "subtree_end").iter_rows():
        found.setdefault(tuple(transaction), []).append((first, end))
    return found


def _depth(loans: Loans, frames: Mapping[Transaction, list[Range]]) -> int | None:
    """How many callbacks stand inside one another; nothing where the call tree does not tell."""
    ranges = frames.get(loans.transaction, [])
    return max((sum(first <= start < end for first, end in ranges) for start, _ in ranges), default=None)


def _sighting(loans: Loans, depth: int | None) -> Sighting:
    nesting: dict[str, Value] = {} if depth is None else {"nesting_depth": depth}
    worth = loans.dollars()
    strong = any(loan.is_strong for loan in loans.loans)
    return Sighting(
        place=loans.place,
        severity=Severity.INFO,
        confidence=CONFIDENCE if strong else CONFIDENCE_BY_BALANCE,
        title=f"A flash loan of {about(worth)} was used" if worth else "A flash loan was used",
        summary=f"Borrowed and repaid within the transaction: {loans.words}.",
        entities=loans.entities,
        values={**loans.values(), **nesting},
    )


_LOAN = {
    "protocol": "aave_v3",
    "form": "event",
    "lender_address": "pool",
    "borrower_address": "bot",
    "token_address": "dollar",
    "value": 1_000_000,
    "fee": 500,
    "log_index": 7,
    "call_index": 3,
}
_CALLBACK = {"call_index": 3, "subtree_end": 20, "from_address": "pool", "to_address": "bot", "call_type": "call"}

detector = Detector(
    id="flash-loan-use",
    severity=Severity.INFO,
    reads={
        "flash_loans": _loans.READ,
        "calls": Read(columns=("call_index", "subtree_end"), optional=True),
        "prices": PRICES_READ,
    },
    run=run,
    examples=(
        Example(
            says="one loan is one note",
            tables={"flash_loans": [_LOAN], "calls": [_CALLBACK]},
            finds=(
                {
                    "severity": "info",
                    "confidence": 0.95,
                    "entities": {"lender": "pool", "borrower": "bot", "token": "dollar"},
                    "values": {"principals": [1_000_000], "fees": [500], "lender_count": 1, "nesting_depth": 1},
                },
            ),
        ),
        Example(
            says="loans inside one another are one note, with how deep they stand",
            tables={
                "flash_loans": [
                    _LOAN,
                    {**_LOAN, "lender_address": "vault", "form": "callback", "log_index": None, "call_index": 5},
                ],
                "calls": [_CALLBACK, {**_CALLBACK, "call_index": 5, "subtree_end": 9, "from_address": "vault"}],
            },
            finds=({"values": {"loan_count": 2, "lender_count": 2, "nesting_depth": 2}},),
        ),
        Example(
            says="a loan known by its balance alone is less sure; what it lent may be unknown",
            tables={
                "flash_loans": [
                    {**_LOAN, "form": "balance"},
                    {**_LOAN, "form": "callback", "value": None, "fee": None, "token_address": None, "block_number": 2},
                ]
            },
            finds=(
                {"confidence": 0.7},
                {"confidence": 0.95, "values": {"principals": ["unknown"], "tokens": ["unknown"]}},
            ),
        ),
        Example(says="calls without a loan are left alone", tables={"calls": [_CALLBACK]}),
    ),
)
