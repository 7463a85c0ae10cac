"""
Transfers by the pool they enter or leave, per transaction: what tells the tokens and the parties of a swap.

Each side of a pool is sorted once and looked up by amount or token, so that a transaction that somebody filled with
transfers and swaps of one pool costs n log n and no more.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import polars as pl

from tocsin.chain.datasets._moves import SAME_TRANSACTION

Transaction: TypeAlias = tuple[int, bytes | None, bytes | None]
"""What tells transactions apart: chain, block hash, transaction hash."""

Key: TypeAlias = tuple[Transaction, int]
"""A transaction and a position in it."""
NO_ENDS: Mapping[Key, int] = MappingProxyType({})

STANDARDS = ("erc20", "native")
NEAREST = 8
"""How many transfers of the right amount are looked at for one of another token."""
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
        near = _nearest(self._by_value.get(value, []), before)
        return next((move for move in near if move.token != unlike and token in (None, move.token)), None)

    def last(self, token: bytes, before: int) -> Move | None:
        """The transfer of this token that is last before a position, else first behind it."""
        return next(iter(_nearest(self._by_token.get(token, []), before)), None)

    def between(self, token: bytes, after: int, before: int) -> list[Move]:
        """The transfers of this token at positions above `after` and below `before`."""
        return _between(self._by_token.get(token, []), after, before)

    def within(self, after: int, before: int) -> list[Move]:
        """The transfers of any token at positions above `after` and below `before`."""
        return _between(self.ordered, after, before)

    def before(self, position: int, *, unlike: bytes) -> Move | None:
        """The last transfer before a position of another token than this one."""
        near = _nearest(self.ordered, position)
        return next((move for move in near if move.token != unlike and move.position < position), None)


NOTHING = Side()


class PoolMoves:
    """The transfers of some pools, by transaction, pool and direction."""

    def __init__(
        self, transfers: pl.DataFrame, pools: Collection[bytes], position: str, ends: Mapping[Key, int] = NO_ENDS
    ) -> None:
        """`ends` says at which position a transfer takes effect where that is not its own."""
        wanted = frozenset(pools)
        self._sides: dict[tuple[Transaction, bytes, bool], Side] = defaultdict(Side)
        for transaction, move, source, target in _rows(transfers, wanted, position, ends):
            if target in wanted:
                self._sides[transaction, target, True].moves.append(move._replace(other=source))
            if source in wanted:
                self._sides[transaction, source, False].moves.append(move)

    def into(self, transaction: Transaction, pool: bytes) -> Side:
        """What the pool received in the transaction."""
        return self._sides.get((transaction, pool, True), NOTHING)

    def out_of(self, transaction: Transaction, pool: bytes) -> Side:
        """What the pool sent in the transaction."""
        return self._sides.get((transaction, pool, False), NOTHING)


def transactions(frame: pl.DataFrame) -> list[Transaction]:
    """The transaction of each row."""
    return list(zip(*(frame[name].to_list() for name in SAME_TRANSACTION), strict=True))


def _rows(
    transfers: pl.DataFrame, pools: frozenset[bytes], position: str, ends: Mapping[Key, int]
) -> list[tuple[Transaction, Move, bytes, bytes]]:
    listed = list(pools)
    found = transfers.filter(
        (pl.col("from_address").is_in(listed) | pl.col("to_address").is_in(listed))
        & pl.col("standard").is_in(STANDARDS)
    )
    columns = (found[name].to_list() for name in ("token_address", "from_address", "to_address", "value_binary"))
    places = found[position].cast(pl.Int64).fill_null(UNORDERED).to_list()
    return [
        (
            transaction,
            Move(ends.get((transaction, place), place), token, target, int.from_bytes(value, "big")),
            source,
            target,
        )
        for transaction, place, token, source, target, value in zip(transactions(found), places, *columns, strict=True)
    ]


def _between(moves: list[Move], after: int, before: int) -> list[Move]:
    return moves[bisect_left(moves, (after + 1,)) : bisect_left(moves, (before,))]


def _nearest(moves: list[Move], before: int) -> list[Move]:
    at = bisect_left(moves, (before,))
    return moves[max(at - NEAREST, 0) : at][::-1] + moves[at : at + NEAREST]
