"""
The expression language of OpenZeppelin Monitor: comparisons joined by AND and OR, AND first, with brackets.

The left side is an argument or a field of the transaction, such as `value` or `order.items[0].price`; the right side a
number, a hexadecimal number, a text in single quotes, true or false.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from tocsin.detect.rules.logic import All, Is, Logic, Some
from tocsin.model.errors import RuleError

LONGEST = 10_000
DEEPEST = 30
OPERATORS = frozenset({"==", "!=", ">", ">=", "<", "<=", "starts_with", "ends_with", "contains"})
_WORD = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<sign>==|!=|>=|<=|>|<|\(|\))|(?P<word>[A-Za-z0-9_.\[\]+-]+)|(?P<other>\S))", re.ASCII
)
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[\d+\])*|\d+(?:\.\w+|\[\d+\])*", re.ASCII)
_LITERAL = re.compile(r"0x[0-9a-fA-F]+|[+-]?\d+(?:\.\d+)?|true|false", re.ASCII)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison."""

    path: str
    operator: str
    value: str
    is_text: bool
    """Whether it stood in quotes."""

    def __str__(self) -> str:
        shown = f"'{self.value}'" if self.is_text else self.value
        return f"{self.path} {self.operator} {shown}"


def expression(text: str) -> Logic[Comparison]:
    """Read an expression. Raises `RuleError`."""
    if len(text) > LONGEST:
        raise RuleError(f"the expression has more than {LONGEST} characters")
    reader = _Reader([_word(match) for match in _WORD.finditer(text)])
    found = reader.alternatives(0)
    if reader.next:
        reader.refuse(f"{reader.next!r} is one too many")
    return found


def _word(match: re.Match[str]) -> str:
    if match["other"]:
        raise RuleError(f"{match['other']!r} means nothing in an expression")
    return match[0].strip()


class _Reader:
    """A recursive descent."""

    def __init__(self, words: list[str]) -> None:
        self._words, self._at = words, 0

    @property
    def next(self) -> str:
        """The word that comes; empty at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def refuse(self, says: str) -> NoReturn:
        """Raise the error."""
        raise RuleError(f"the expression {' '.join(self._words)!r}: {says}")

    def alternatives(self, depth: int) -> Logic[Comparison]:
        """Parts joined by OR."""
        parts = [self._conjunction(depth)]
        while self._takes("OR"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _conjunction(self, depth: int) -> Logic[Comparison]:
        parts = [self._term(depth)]
        while self._takes("AND"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _term(self, depth: int) -> Logic[Comparison]:
        if depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} brackets inside one another")
        if not self._takes("("):
            return Is(self._comparison())
        inside = self.alternatives(depth + 1)
        if not self._takes(")"):
            self.refuse("a bracket is not closed")
        return inside

    def _comparison(self) -> Comparison:
        path, operator, value = self._any(), self._any(), self._any()
        if not _PATH.fullmatch(path):
            self.refuse(f"{path!r} is no argument or field")
        if operator not in OPERATORS:
            self.refuse(f"{operator!r} is no operator")
        if not value.startswith("'") and not _LITERAL.fullmatch(value):
            self.refuse(f"{value!r} is no value; texts stand in single quotes")
        return Comparison(path, operator, value.strip("'"), is_text=value.startswith("'"))

    def _any(self) -> str:
        if not self.next:
            self.refuse("it ends too early")
        self._at += 1
        return self._words[self._at - 1]

    def _takes(self, word: str) -> bool:
        if self.next == word:
            self._at += 1
            return True
        return False
