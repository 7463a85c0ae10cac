"""Frames of the call tree as values, and what pools asked tokens and others asked pools in static calls."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import NamedTuple

import polars as pl

from tocsin.chain.abi import SELECTOR_BYTES
from tocsin.chain.datasets._pool_moves import Transaction, transactions
from tocsin.chain.datasets._trades import number
from tocsin.chain.signatures import selector
from tocsin.tables.amounts import WORD_BYTES

BALANCE_OF = selector("balanceOf(address)")
GET_RESERVES = selector("getReserves()")
VIEWS = (BALANCE_OF, GET_RESERVES)
TRANSFERS = (selector("transfer(address,uint256)"), selector("transferFrom(address,address,uint256)"))
SWAP_FRAMES = 4
"""A swap below a transfer is at least this many frames: the pool, what it sends, two balances it asks for."""


class Frame(NamedTuple):
    """One frame that took effect."""

    row: int
    """Its row in the frame it was read from."""
    transaction: Transaction
    position: int
    end: int
    """Position behind its last descendant."""
    selector: bytes
    caller: bytes
    callee: bytes
    arguments: bytes
    """Its input behind the selector."""
    output: bytes


class Asked(NamedTuple):
    """An answer about numbers a pool keeps."""

    position: int
    token: bytes
    numbers: tuple[int, ...]


def taken(calls: pl.DataFrame, selectors: Collection[bytes]) -> pl.DataFrame:
    """
    The calls and views with these selectors that took effect, and token transfers that may hold swaps.

    Balances are those that contracts ask about themselves. A delegatecall repeats the call of its proxy, unless a
    contract delegates to itself.
    """
    kind, name = pl.col("call_type"), pl.col("selector")
    own = pl.col("from_address") == pl.col("to_address")
    itself = pl.col("input").bin.slice(SELECTOR_BYTES + 12, 20) == pl.col("from_address")
    large = pl.col("subtree_end") > pl.col("call_index") + SWAP_FRAMES
    return calls.filter(
        (name.is_in(list(selectors)) | (name.is_in(TRANSFERS) & large))
        & ((name != BALANCE_OF) | itself)
        & ~pl.col("reverted")
        & pl.col("to_address").is_not_null()
        & ((kind == "call") | ((kind == "delegatecall") & own) | ((kind == "staticcall") & name.is_in(VIEWS)))
    )


def frames(found: pl.DataFrame) -> list[Frame]:
    """These rows of `calls` as values, in the order of execution within each transaction."""
    names = ("call_index", "subtree_end", "selector", "from_address", "to_address", "input", "output")
    columns = (found[name].to_list() for name in names)
    values = [
        Frame(row, transaction, position, end, kind, caller, callee, data[SELECTOR_BYTES:], output or b"")
        for row, (transaction, position, end, kind, caller, callee, data, output) in enumerate(
            zip(transactions(found), *columns, strict=True)
        )
    ]
    return sorted(values, key=attrgetter("position"))


def ends(frames: Iterable[Frame]) -> dict[tuple[Transaction, int], int]:
    """Where token transfers that may hold swaps take effect: at their end, behind the swaps within them."""
    return {(frame.transaction, frame.position): frame.end for frame in frames if frame.selector in TRANSFERS}


class Views:
    """Balances that contracts asked about themselves, and reserves that anybody asked of pools."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._balances: dict[tuple[Transaction, bytes], list[Asked]] = defaultdict(list)
        self._reserves: dict[tuple[Transaction, bytes], list[Asked]] = defaultdict(list)
        for frame in frames:
            if frame.selector == BALANCE_OF:
                self._balance(frame)
            elif frame.selector == GET_RESERVES:
                self._reserve(frame)

    def balances(self, frame: Frame) -> dict[bytes, int]:
        """The callee's last balances by token, as it asked for them within the frame."""
        asked = self._balances.get((frame.transaction, frame.callee), [])
        return {answer.token: answer.numbers[0] for answer in _between(asked, frame.position, frame.end)}

    def reserves(self, frame: Frame, after: int) -> tuple[int, ...] | None:
        """The reserves the callee last answered with before the frame and not before the position `after`."""
        asked = self._reserves.get((frame.transaction, frame.callee), [])
        answers = _between(asked, after, frame.position)
        return answers[-1].numbers if answers else None

    def _balance(self, frame: Frame) -> None:
        if len(frame.output) >= WORD_BYTES:
            answer = Asked(frame.position, frame.callee, (number(frame.output, 0),))
            self._balances[frame.transaction, frame.caller].append(answer)

    def _reserve(self, frame: Frame) -> None:
        if len(frame.output) >= 2 * WORD_BYTES:
            answer = Asked(frame.position, frame.callee, (number(frame.output, 0), number(frame.output, 1)))
            self._reserves[frame.transaction, frame.callee].append(answer)


def _between(asked: list[Asked], first: int, end: int) -> list[Asked]:
    return asked[bisect_left(asked, (first,)) : bisect_left(asked, (end,))]
