"""
And, or, not over tests of a row; and what can be said of the whole without running it.

A test of a field that is empty (null) is false, so `not` of it is true: there are two truths, not three.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import and_, or_
from typing import Generic, TypeAlias, TypeVar

import polars as pl

T = TypeVar("T")
"""What stands at the leaves: names while a condition is read, tests when it is compiled."""


@dataclass(frozen=True, slots=True)
class All(Generic[T]):
    """Every part holds."""

    parts: "tuple[Logic[T], ...]"


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """At least one part holds."""

    parts: "tuple[Logic[T], ...]"


@dataclass(frozen=True, slots=True)
class Not(Generic[T]):
    """The part does not hold."""

    part: "Logic[T]"


@dataclass(frozen=True, slots=True)
class Is(Generic[T]):
    """A leaf."""

    leaf: T


Logic: TypeAlias = All[T] | Some[T] | Not[T] | Is[T]


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """One test of a row."""

    expression: pl.Expr
    fields: frozenset[str]
    """The columns it needs."""
    selective: bool = True
    """Whether it leaves most rows out."""
    selective_not: bool = False
    """Whether its opposite does."""
    keys: frozenset[bytes] | None = None
    """Event hashes or selectors, where it holds for no row with another one."""


def fold(logic: Logic[T], leaf: Callable[[T], Logic[Test]]) -> Logic[Test]:
    """The same logic with every leaf replaced."""
    match logic:
        case Is():
            return leaf(logic.leaf)
        case Not():
            return Not(fold(logic.part, leaf))
        case All():
            return All(tuple(fold(part, leaf) for part in logic.parts))
        case Some():
            return Some(tuple(fold(part, leaf) for part in logic.parts))


def leaves(logic: Logic[T]) -> Iterator[T]:
    """Every leaf."""
    match logic:
        case Is():
            yield logic.leaf
        case Not():
            yield from leaves(logic.part)
        case All() | Some():
            for part in logic.parts:
                yield from leaves(part)


def expression(logic: Logic[Test]) -> pl.Expr:
    """What Polars is to filter by."""
    match logic:
        case Is():
            return logic.leaf.expression.fill_null(value=False)
        case Not():
            return ~expression(logic.part)
        case All():
            return together([expression(part) for part in logic.parts], and_)
        case Some():
            return together([expression(part) for part in logic.parts], or_)


def together(parts: Sequence[pl.Expr], join: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> pl.Expr:
    """Parts, of which there is one at least, as a tree: what a chain costs grows with the square of its length."""
    half = len(parts) // 2
    return join(together(parts[:half], join), together(parts[half:], join)) if half else parts[0]


def among(column: pl.Expr, values: Sequence[bytes]) -> pl.Expr:
    """Whether bytes are one of these, however many they are."""
    return (
        column.is_in(pl.Series(values, dtype=pl.Binary()).implode()) if len(values) > 1 else column == pl.lit(values[0])
    )


def is_selective(logic: Logic[Test], *, negated: bool = False) -> bool:
    """Whether it leaves rows out: each alternative asks for something that most rows are not."""
    match logic:
        case Is():
            return logic.leaf.selective_not if negated else logic.leaf.selective
        case Not():
            return is_selective(logic.part, negated=not negated)
        case All() | Some():
            parts = [is_selective(part, negated=negated) for part in logic.parts]
            return any(parts) if isinstance(logic, All) is not negated else all(parts)


def keys(logic: Logic[Test]) -> frozenset[bytes] | None:
    """The event hashes or selectors one of which every matching row has; None where that cannot be said."""
    match logic:
        case Is():
            return logic.leaf.keys
        case Not():
            return None
        case All():
            known = [found for part in logic.parts if (found := keys(part)) is not None]
            return frozenset.intersection(*known) if known else None
        case Some():
            each = [keys(part) for part in logic.parts]
            return None if None in each else frozenset().union(*(found for found in each if found is not None))


def fields(logic: Logic[Test]) -> frozenset[str]:
    """Every column that is needed to decide it."""
    match logic:
        case Is():
            return logic.leaf.fields
        case Not():
            return fields(logic.part)
        case All() | Some():
            return frozenset().union(*map(fields, logic.parts))


def required(logic: Logic[Test]) -> tuple[Logic[Test], ...]:
    """Parts that must all hold, one by one, so that the cheap ones can go first."""
    if isinstance(logic, All):
        return tuple(part for each in logic.parts for part in required(each))
    return (logic,)
