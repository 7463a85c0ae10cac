"""
Transfers by the pool they enter or leave, per transaction: what tells the tokens and the parties of a swap.

Each side of a pool is sorted once and looked up by amount or token, so that a transaction that somebody filled with
transfers and swaps of one pool costs n log n and no more.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets._moves import SAME_TRANSACTION
from tocsin.tables.columns import NATIVE

Transaction: TypeAlias = tuple[int, bytes | None, bytes | None]
"""What tells transactions apart: chain, block hash, transaction hash."""

Key: TypeAlias = tuple[Transaction, int]
"""A transaction and a position in it."""
NO_ENDS: Mapping[Key, int] = MappingProxyType({})

_STANDARDS = abi.texts(("erc20", "native"))
_READ = ("token_address", "from_address", "to_address", "value_binary")
NEAREST = 8
"""How many transfers of the right amount are looked at for one of another token."""
FEW = 8
"""Up to so many transfers are looked through one by one; more are indexed first."""
UNORDERED = -1
"""Position of a transfer whose place among the others is not known: native coin beside logs."""


class Move(NamedTuple):
    """One transfer as its pool sees it."""

    position: int
    token: bytes
    other: bytes
    """Who sent it to the pool, or got it from the pool."""
    value: int


class Side:
    """The transfers into a pool, or out of it, in one transaction."""

    def __init__(self) -> None:
        self.moves: list[Move] = []

    @cached_property
    def tokens(self) -> frozenset[bytes]:
        """The tokens that moved."""
        return frozenset(move.token for move in self.moves)

    @cached_property
    def ordered(self) -> list[Move]:
        """The transfers by position."""
        return sorted(self.moves)

    @cached_property
    def _by_value(self) -> dict[int, list[Move]]:
        groups = defaultdict(list)
        for move in self.ordered:
            groups[move.value].append(move)
        return groups

    @cached_property
    def _by_token(self) -> dict[bytes, list[Move]]:
        groups = defaultdict(list)
        for move in self.ordered:
            groups[move.token].append(move)
        return groups

    def exactly(
        self, value: int, before: int, *, token: bytes | None = None, unlike: bytes | None = None
    ) -> Move | None:
        """The transfer of this amount that is last before a position, else first behind it."""
        near = self.moves if len(self.moves) <= FEW else _nearest(self._by_value.get(value, []), before)
        return _best(
            [move for move in near if move.value == value and move.token != unlike and token in (None, move.token)],
            before,
        )

    def last(self, token: bytes, before: int) -> Move | None:
        """The transfer of this token that is last before a position, else first behind it."""
        near = self.moves if len(self.moves) <= FEW else _nearest(self._by_token.get(token, []), before)
        return _best([move for move in near if move.token == token], before)

    def between(self, token: bytes, after: int, before: int) -> list[Move]:
        """The transfers of this token at positions above `after` and below `before`."""
        return _between(self._by_token.get(token, []), after, before)

    def within(self, after: int, before: int) -> list[Move]:
        """The transfers of any token at positions above `after` and below `before`."""
        return _between(self.ordered, after, before)

    def before(self, position: int, *, unlike: bytes) -> Move | None:
        """The last transfer before a position of another token than this one."""
        near = self.moves if len(self.moves) <= FEW else _nearest(self.ordered, position)
        return max((move for move in near if move.token != unlike and move.position < position), default=None)


NOTHING = Side()


def only(side: Side, *others: bytes | None) -> bytes | None:
    """The one token that moved on a side besides these others; None when more or none did."""
    left = side.tokens.difference(others) if len(side.tokens) <= FEW else ()
    return next(iter(left)) if len(left) == 1 else None


class PoolMoves:
    """The transfers of some pools, by transaction, pool and direction."""

    def __init__(
        self, transfers: pl.DataFrame, pools: Collection[bytes], position: str, ends: Mapping[Key, int] = NO_ENDS
    ) -> None:
        """`ends` says at which position a transfer takes effect where that is not its own."""
        wanted = frozenset(pools)
        self._sides: dict[tuple[Transaction, bytes, bool], Side] = defaultdict(Side)
        for transaction, place, token, source, target, value in _rows(transfers, wanted, position):
            at = ends.get((transaction, place), place) if ends else place
            if target in wanted:
                self._sides[transaction, target, True].moves.append(Move(at, token, source, value))
            if source in wanted:
                self._sides[transaction, source, False].moves.append(Move(at, token, target, value))

    def into(self, transaction: Transaction, pool: bytes) -> Side:
        """What the pool received in the transaction."""
        return self._sides.get((transaction, pool, True), NOTHING)

    def out_of(self, transaction: Transaction, pool: bytes) -> Side:
        """What the pool sent in the transaction."""
        return self._sides.get((transaction, pool, False), NOTHING)

    def pair(self, transaction: Transaction, pool: bytes) -> tuple[bytes, bytes] | None:
        """The two tokens that a pool moved, sorted, if besides native coin and its own shares it moved just two."""
        into, out = self.into(transaction, pool).tokens, self.out_of(transaction, pool).tokens
        if len(into) > FEW or len(out) > FEW:
            return None
        moved = sorted((into | out) - {NATIVE, pool})
        return (moved[0], moved[1]) if len(moved) == 2 else None


def transactions(frame: pl.DataFrame) -> list[Transaction]:
    """The transaction of each row."""
    return list(zip(*(frame[name].to_list() for name in SAME_TRANSACTION), strict=True))


def _rows(
    transfers: pl.DataFrame, pools: frozenset[bytes], position: str
) -> Iterator[tuple[Transaction, int, bytes, bytes, bytes, int]]:
    """Transaction, position, token, sender, receiver and amount of each transfer into or out of these pools."""
    listed = abi.keys(pools)
    is_near = np.logical_or(*(abi.which(transfers[name], listed) >= 0 for name in ("from_address", "to_address")))
    named = transfers[[*SAME_TRANSACTION, *_READ, position]]
    found = named[np.flatnonzero(is_near & (abi.which(transfers["standard"], _STANDARDS) >= 0))]
    places = [UNORDERED if place is None else place for place in found[position].to_list()]
    columns = (found[name].to_list() for name in ("token_address", "from_address", "to_address"))
    values = [int.from_bytes(value, "big") for value in found["value_binary"].to_list()]
    return zip(transactions(found), places, *columns, values, strict=True)


def _between(moves: list[Move], after: int, before: int) -> list[Move]:
    return moves[bisect_left(moves, (after + 1,)) : bisect_left(moves, (before,))]


def _nearest(moves: list[Move], before: int) -> list[Move]:
    at = bisect_left(moves, (before,))
    return moves[max(at - NEAREST, 0) : at + NEAREST]


def _best(moves: list[Move], before: int) -> Move | None:
    """The last before a position, else the first behind it."""
    if len(moves) <= 1:
        return moves[0] if moves else None
    return max((move for move in moves if move.position < before), default=None) or min(moves)
