"""
Amounts in a call add up past 256 bits, to almost nothing.

A contract that adds or multiplies what it is told to move, and does not notice that the sum no longer fits, sees a
sum next to zero where fortunes are moved. Then nearly nothing is asked of the sender.

## What it finds
Calls that succeeded and whose call data holds a list of receivers and either as many amounts that together, or one
amount that as many times, exceed 2^256 by less than 2^128: the sum, as a careless contract sees it, is an ordinary
balance. The chance that honest numbers do so is less than one in 2^100.

* high: always. Whoever sent it meant it.

## Why it matters
Tokens out of nothing: their price goes to zero within minutes, on every exchange that lists them.

## Blind spots
Overflow of anything but amounts beside a list of receivers: two amounts that are
added, balances, products inside the contract. A list that stands inside
another structure; one amount for each of a list in a contract that calls others. Whether the contract was
really taken in cannot be told: it succeeded, which a contract that checks does not, but one that takes any call does.

## Triage
Pause the token, or have the exchanges stop it. What was minted is at the receivers named in the call.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2018-10299 (batchOverflow)
- https://swcregistry.io/docs/SWC-101
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors._example_rows import call
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_at
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

WRAPS = 1 << 256
SMALL = 1 << 128
"""More than any token's supply: a sum below this is one that somebody may hold."""
LEAST_WORDS = 5
"""An offset, something else, a length and two elements."""
MOST_ELEMENTS = 255
"""Of so many one at least must be 2^248 or more for their sum to overflow: its first byte is not zero."""
HEADS = 8
"""How many arguments are looked at."""
LEADING = 4
"""Among how many arguments the first list must stand."""
CONFIDENCE = 0.95
FAMILY = "family:arithmetic"

_COLUMNS = (*PLACE, "call_index", "subtree_end", "from_address", "to_address", "selector", "input")
_CALL = abi.texts(("call",))


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each call whose amounts overflow."""
    for row in _candidates(tables["calls"]).iter_rows(named=True):
        is_leaf = row["subtree_end"] == row["call_index"] + 1
        total = _overflowing(row["input"][SELECTOR_BYTES:], is_leaf=is_leaf)
        if total is not None:
            yield _sighting(row, total)


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """
    Calls of whole words, one of which is too great for an amount: without it no sum overflows.

    Those that only pass the data on to other code are left out.
    """
    sizes = abi.sizes(calls["input"]) - SELECTOR_BYTES
    fits = (sizes >= LEAST_WORDS * WORD_BYTES) & (sizes % WORD_BYTES == 0) & abi.present(calls["to_address"])
    fits &= abi.among(calls["call_type"], _CALL) & ~calls["reverted"].to_numpy()
    rows = np.flatnonzero(fits)
    great = [any(data[SELECTOR_BYTES::WORD_BYTES]) for (data,) in rows_at(calls[["input"]], rows).rows()]
    return rows_at(calls[[*_COLUMNS]], rows[np.array(great, dtype=np.bool_)])


def _overflowing(data: bytes, *, is_leaf: bool) -> int | None:
    """
    The sum, if amounts in the arguments overflow.

    One amount for each receiver counts only in a contract that calls nobody, as one does that keeps the balances: a
    path of tokens stands beside a limit or a deadline.
    """
    lists = _lists(data)
    receivers = {head: len(elements) for head, elements in lists.items() if _are_addresses(elements)}
    for head, count in receivers.items():
        for other in range(_heads(data)):
            if len(lists.get(other, ())) == count and other != head and _wraps(total := sum(lists[other])):
                return total
            if is_leaf and other not in lists and _wraps(total := count * _number(data, other)):
                return total
    return None


def _are_addresses(elements: list[int]) -> bool:
    return all(1 << (4 * ADDRESS_BYTES) < element < 1 << (8 * ADDRESS_BYTES) for element in elements)


def _wraps(total: int) -> bool:
    return total >= WRAPS and total % WRAPS < SMALL


def _heads(data: bytes) -> int:
    """How many arguments there are: the first list begins behind the last of them."""
    offsets = [number for head in range(LEADING) if _is_offset(number := _number(data, head), len(data))]
    return min((min(offsets) // WORD_BYTES, HEADS)) if offsets else 0


def _is_offset(number: int, size: int) -> bool:
    return WORD_BYTES <= number < size and number % WORD_BYTES == 0


def _lists(data: bytes) -> dict[int, list[int]]:
    """By argument: the words of what may be a list of two or more."""
    heads = [head for head in range(_heads(data)) if _is_offset(_number(data, head), len(data))]
    found = {head: abi.array(data, head) or [] for head in heads}
    return {
        head: [int.from_bytes(word, "big") for word in words]
        for head, words in found.items()
        if 1 < len(words) <= MOST_ELEMENTS
    }


def _number(data: bytes, head: int) -> int:
    return int.from_bytes(data[head * WORD_BYTES : (head + 1) * WORD_BYTES], "big")


def _sighting(row: Mapping[str, Any], total: int) -> Sighting:
    contract, caller = hexadecimal(row["to_address"]) or "", hexadecimal(row["from_address"]) or ""
    return Sighting(
        place=Place.of(row),
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title="Amounts in a call overflow to almost nothing",
        summary=f"{caller} called {contract} with amounts that add up to {total}. That does not fit in 256 bits: a "
        f"contract that does not check sees {total % WRAPS} instead. The call succeeded.",
        entities=(Entity("attacker", caller), Entity("victim", contract)),
        values={
            "selector": hexadecimal(row["selector"]) or "",
            "total": str(total),
            "seen_total": total % WRAPS,
            "call_index": row["call_index"],
        },
        labels=(FAMILY,),
        key=str(row["call_index"]),
    )


_BATCH = selector("batchTransfer(address[],uint256)")
_SUMS = selector("multiTransfer(address[],uint256[])")


def _receivers(each: int) -> bytes:
    return _BATCH + literal.words(64, each, 2, "mallory", "accomplice")


def _amounts(*amounts: int) -> bytes:
    return _SUMS + literal.words(64, 160, 2, "mallory", "accomplice", len(amounts), *amounts)


detector = Detector(
    id="overflowing-amounts",
    severity=Severity.HIGH,
    reads={
        "calls": Read(columns=(*_COLUMNS[len(PLACE) :], "call_type", "reverted")),
    },
    run=run,
    examples=(
        Example(
            says="half of all there is to each of two, which is nothing in all",
            tables={"calls": [call(0, 0, 1, "mallory", "coin", _receivers(1 << 255))]},
            finds=(
                {
                    "severity": "high",
                    "entities": {"attacker": "mallory", "victim": "coin"},
                    "values": {"seen_total": 0},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="amounts that are one in all",
            tables={"calls": [call(1, 1, 2, "thief", "pools", _amounts((1 << 256) - 10**20, 10**20 + 1))]},
            finds=({"severity": "high", "values": {"seen_total": 1}},),
        ),
        Example(
            says="the same call, refused",
            tables={"calls": [{**call(0, 0, 1, "mallory", "coin", _receivers(1 << 255)), "reverted": True}]},
        ),
        Example(
            says="payments to two; a path of two tokens with a limit without end; more than there is",
            tables={
                "calls": [
                    call(0, 0, 1, "alice", "coin", _receivers(10**20)),
                    call(0, 1, 3, "alice", "router", _receivers(1 << 255)),
                    call(1, 2, 3, "router", "coin", b""),
                    call(0, 3, 4, "alice", "coin", _amounts(10**20, 10**21)),
                    call(0, 4, 5, "alice", "coin", _receivers((1 << 256) - 1)),
                ]
            },
        ),
    ),
)
