"""A line of a selection, taken apart: field, modifiers, values; and the test it becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.rules.document import Mark, Node, Text
from tocsin.detect.rules.fields import Field
from tocsin.detect.rules.logic import Test

_EVERYWHERE = frozenset({"chain_id"})
"""Fields that say where to look: alone they leave nothing out."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a selection, taken apart."""

    mark: Mark
    key: str
    """As it is written, for errors."""
    field: Field
    modifiers: tuple[str, ...]
    value: Node

    def refuse(self, says: str) -> Any:
        """Raise the error that names the line."""
        return self.mark.refuse(self.key, says)


def line_of(key: Text, value: Node, prefix: str, field_named: Callable[[str], Field]) -> Line:
    """Take a key apart: the field and its modifiers."""
    name, *modifiers = key.value.split("|")
    written = f"{prefix}.{key.value}"
    return Line(key.mark, written, field_named(name), tuple(modifiers), value)


def result(line: Line, expression: pl.Expr, *, selective: bool = True, selective_not: bool = False) -> Test:
    """The test of a line. A field that only says where to look leaves nothing out."""
    where = line.field.name.rpartition(".")[2] in _EVERYWHERE
    return Test(expression, frozenset({line.field.column}), selective and not where, selective_not and not where)
