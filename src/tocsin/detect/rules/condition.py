"""The condition of a rule: names, `and`, `or`, `not`, brackets, `1 of name*`, `all of them`; `not` binds tightest."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NoReturn

from tocsin.detect.rules.document import Mark, nearest
from tocsin.detect.rules.logic import All, Is, Logic, Not, Some

MOST_WORDS = 500
DEEPEST = 30
"""Brackets and negations inside one another."""
_WORD = re.compile(r"\s*(?:([()])|([A-Za-z0-9_*?.-]+)|(\S))", re.ASCII)
_RESERVED = frozenset({"and", "or", "not", "of"})


def condition(text: str, names: Sequence[str], mark: Mark) -> Logic[str]:
    """Read a condition over these selections. Raises `RuleError`."""
    reader = _Reader(_words(text, mark), tuple(names), mark)
    found = reader.alternatives(0)
    if (left := reader.next) is not None:
        reader.refuse(f"{left!r} is one too many; join selections with `and` or `or`")
    return found


def _words(text: str, mark: Mark) -> list[str]:
    found = []
    for bracket, word, other in _WORD.findall(text):
        if other:
            mark.refuse("condition", _HINTS.get(other, f"{other!r} means nothing here"))
        found.append(bracket or word)
    if len(found) > MOST_WORDS:
        mark.refuse("condition", f"more than {MOST_WORDS} words")
    return found


_HINTS = {"|": "there is no `|` in a condition: to count or to put in order, write a correlation"}


class _Reader:
    """A recursive descent: alternatives of conjunctions of terms."""

    def __init__(self, words: list[str], names: tuple[str, ...], mark: Mark) -> None:
        self._words, self._names, self._mark, self._at = words, names, mark, 0

    @property
    def next(self) -> str | None:
        """The word that comes; None at the end."""
        return self._words[self._at] if self._at < len(self._words) else None

    def refuse(self, says: str) -> NoReturn:
        """Raise the error."""
        self._mark.refuse("condition", says)

    def alternatives(self, depth: int) -> Logic[str]:
        """Parts joined by `or`."""
        parts = [self._conjunction(depth)]
        while self._takes("or"):
            parts.append(self._conjunction(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _conjunction(self, depth: int) -> Logic[str]:
        parts = [self._term(depth)]
        while self._takes("and"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _term(self, depth: int) -> Logic[str]:
        if depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} brackets and negations inside one another")
        if self._takes("not"):
            return Not(self._term(depth + 1))
        if self._takes("("):
            inside = self.alternatives(depth + 1)
            if not self._takes(")"):
                self.refuse("a bracket is not closed")
            return inside
        return self._selections()

    def _selections(self) -> Logic[str]:
        word = self.next
        if word is None or word == ")" or word.lower() in _RESERVED:
            self.refuse(f"a selection is missing {f'before {word!r}' if word else 'at the end'}")
        self._at += 1
        if not self._takes("of"):
            return Is(self._known(word))
        parts = tuple(Is(name) for name in self._several())
        match word.lower():
            case "1" | "any":
                return Some(parts)
            case "all":
                return All(parts)
        return self.refuse(f"{word!r} of: only `1 of`, `any of` and `all of` are read")

    def _several(self) -> tuple[str, ...]:
        """The selections that a pattern names. `them` leaves out those that begin with an underscore."""
        pattern = self.next
        if pattern is None or pattern in {"(", ")"}:
            self.refuse("after `of` comes a pattern such as `transfer*`, or `them`")
        self._at += 1
        if pattern.lower() == "them":
            return self._them()
        if found := tuple(name for name in self._names if fnmatchcase(name, pattern)):
            return found
        return self.refuse(f"no selection is called {pattern!r}; {nearest(pattern, self._names)}")

    def _them(self) -> tuple[str, ...]:
        if found := tuple(name for name in self._names if not name.startswith("_")):
            return found
        return self.refuse("`them` are the selections that do not begin with `_`, and there is none")

    def _known(self, name: str) -> str:
        if name not in self._names:
            self.refuse(f"no selection is called {name!r}; {nearest(name, self._names)}")
        return name

    def _takes(self, word: str) -> bool:
        if self.next is not None and self.next.lower() == word:
            self._at += 1
            return True
        return False
