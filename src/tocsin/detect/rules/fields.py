"""What a rule can compare: the columns of a dataset under plain names, and what kind of value each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from tocsin.chain.catalogue import datasets
from tocsin.detect.rules.document import Mark, nearest
from tocsin.tables.columns import Column
from tocsin.tables.dataset import Dataset

PRODUCT = "evm"
TRANSACTION = "transaction."
"""What the fields of the transaction around a row begin with."""
ARGUMENT = "args."
"""What decoded arguments begin with."""


WIDTHS: Mapping[str, int] = {"address, 20 bytes": 20, "32 bytes": 32}
"""By the unit of a column: how many bytes it has, where that is always the same."""


class Sort(StrEnum):
    """The kinds of values, in the words of an error."""

    ADDRESS = "an address"
    WORD = "32 bytes"
    BYTES = "bytes"
    AMOUNT = "a 256-bit amount"
    SIGNED = "a signed 256-bit number"
    COUNT = "a whole number"
    FLAG = "true or false"
    TEXT = "text"
    LIST = "a list"
    DOLLARS = "a rounded sum of dollars"


BINARY = frozenset({Sort.ADDRESS, Sort.WORD, Sort.BYTES})
UNSTATED = frozenset({Sort.LIST, Sort.DOLLARS})
"""What is not shown, grouped by or counted."""
NUMBERS = frozenset({Sort.AMOUNT, Sort.SIGNED, Sort.COUNT})


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a rule can compare."""

    name: str
    """As rules write it."""
    column: str
    """As the frame has it."""
    sort: Sort
    required: bool = True
    """False where it may be empty."""
    choices: tuple[str, ...] = ()
    """The only texts there are, where that is known."""
    width: int = 0
    """How many bytes it has, where that is always the same."""


def dataset_of(category: str, mark: Mark) -> Dataset:
    """The dataset of a log source's category: its id, or its id in the singular."""
    by_name = {name: each for each in datasets().values() for name in (each.id, each.id.removesuffix("s"))}
    if category not in by_name:
        known = [each.id.removesuffix("s") for each in datasets().values()]
        mark.refuse("logsource.category", f"no dataset is called {category!r}; {nearest(category, known)}")
    return by_name[category]


def fields_of(dataset: Dataset) -> Mapping[str, Field]:
    """The fields of a dataset by name. Amounts stand under their plain name; their rounded twin is no field."""
    exact = {name.removesuffix("_binary") for name in dataset.columns if name.endswith("_binary")}
    found = (
        _field(dataset.id, name, column)
        for name, column in dataset.columns.items()
        if not (name.endswith("_f64") and name.removesuffix("_f64") in exact)
    )
    return {field.name: field for field in found}


def _field(dataset: str, name: str, column: Column) -> Field:
    if name.endswith("_binary"):
        return Field(name.removesuffix("_binary"), name, Sort.AMOUNT, column.required, width=32)
    sort, width = _sort(column)
    if (dataset, name) == ("calls", "selector"):
        width = 4
    return Field(name, name, sort, column.required, _choices(column), width)


def _sort(column: Column) -> tuple[Sort, int]:
    if column.type == pl.Binary():
        width = WIDTHS.get(column.unit, 0)
        return {20: Sort.ADDRESS, 32: Sort.WORD}.get(width, Sort.BYTES), width
    if column.type == pl.Boolean():
        return Sort.FLAG, 0
    if column.type == pl.String():
        return Sort.TEXT, 0
    return (Sort.COUNT, 0) if column.type.is_integer() else (Sort.LIST, 0)


def _choices(column: Column) -> tuple[str, ...]:
    """The words of a column that holds one of a fixed set, as its unit lists them."""
    listed = column.type == pl.String() and ", " in column.unit and "..." not in column.unit
    return tuple(column.unit.split(", ")) if listed else ()
