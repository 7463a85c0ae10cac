"""The activity contract: one module in `activities/` is one thing ordinary people do on the scene."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from tocsin.chain.contract import Receipt, Transaction
from tocsin.exercise.play import Play
from tocsin.model.extension import Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """A transaction for the chain at the other end of the bridges."""

    transaction: Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to send yet: go on when so many blocks have passed."""

    blocks: int


Doing: TypeAlias = Generator[Transaction | Far | Wait, Receipt, None]
"""
Yields one transaction after the other; each is answered with its receipt once it is in a block, among others'.

The receipt that answers a `Wait` is that of the transaction before it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Extension):
    """Something ordinary, and what it could be mistaken for."""

    HEADINGS: ClassVar = ("What it does", "What it looks like")

    run: Callable[[Play], Doing]
    """Begins it once. Who does it, and how much, is drawn from the play's generator."""
    rate: float
    """How often it begins in the everyday profile, relative to the others."""
    alone: str = ""
    """What only one activity may use at a time: those that name the same wait for one another."""
    is_long: bool = False
    """It takes hours: not begun in the minutes around an attack."""
