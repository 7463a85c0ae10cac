"""
Suppressions: what is hidden from the queue, why, by whom, and until when. Nothing is hidden from the store.

An expression is a few terms joined by `and`; each is a field, an operator and one or more values of which one must
hold: `detector = large-profit and chain = 1, 10 and severity <= low`. Fields and operators are a table, nothing is
evaluated. A rule that may hide something high or worse waits until a second person approves it. All rules end.
"""

import difflib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.model.errors import NotAllowed, Unacceptable
from tocsin.model.finding import Severity

DAY_SECONDS = 86_400
LONGEST_DAYS = 90
"""A suppression nobody has looked at for a quarter hides what nobody remembers."""
LONGEST_CHARACTERS, MOST_TERMS, MOST_VALUES = 2_000, 20, 100
NEEDS_APPROVER = Severity.HIGH
"""Hiding this or worse takes two (reference: incident response, 3.2)."""


class Action(StrEnum):
    """What becomes of what matches."""

    SNOOZE = "snooze"
    """Its alert is suppressed until the rule ends, then it is new."""
    DEDUPE = "dedupe"
    """All of it goes to one open alert, which is shown."""


class Mode(StrEnum):
    """Whether a rule acts."""

    ACTIVE = "active"
    MONITOR = "monitor"
    """It only records what it would have done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What an expression can ask of a finding, or of an alert from elsewhere."""

    source: str
    severity: Severity
    detector: str = ""
    chain: int | None = None
    addresses: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: holds when one of the values does; with `!=`, when none is equal."""

    field: str
    operator: str
    values: tuple[object, ...]

    def holds(self, facets: Facets) -> bool:
        """Whether it does."""
        told = _FIELDS[self.field].told(facets)
        if self.operator in _COMPARE:
            compare = _COMPARE[self.operator]
            return any(compare(one, value) for one in told for value in self.values)
        return bool(frozenset(told) & frozenset(self.values)) is (self.operator == "=")


@dataclass(frozen=True, slots=True)
class _Field:
    told: Callable[[Facets], Sequence[object]]
    read: Callable[[str], object]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A rule of what is hidden."""

    id: str
    expression: str
    action: Action
    mode: Mode
    reason: str
    author: str
    approver: str | None
    made_at: float
    expires_at: float
    matched: int = 0
    last_matched_at: float | None = None

    @property
    def link(self) -> tuple[object, ...]:
        """What joins everything that a rule with `dedupe` matches."""
        return ("suppression", self.id)


def _severity(word: str) -> Severity:
    if word.upper() not in Severity.__members__:
        near = difflib.get_close_matches(word, [each.word for each in Severity], n=1, cutoff=0)[0]
        raise Unacceptable(f"{word[:50]!r} is no severity; did you mean {near!r}?")
    return Severity[word.upper()]


def _chain(word: str) -> int:
    if not word.isdecimal() or len(word) > 19:
        raise Unacceptable(f"{word[:50]!r} is no chain id: write a whole number, such as 1 for Ethereum")
    return int(word)


def _address(word: str) -> str:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", word):
        raise Unacceptable(f"{word[:50]!r} is no address: write 0x and 40 hexadecimal digits")
    return word.lower()


_FIELDS: Mapping[str, _Field] = {
    "detector": _Field(lambda facets: (facets.detector,), str),
    "source": _Field(lambda facets: (facets.source,), str),
    "chain": _Field(lambda facets: () if facets.chain is None else (facets.chain,), _chain),
    "address": _Field(lambda facets: tuple(facets.addresses), _address),
    "label": _Field(lambda facets: tuple(facets.labels), str),
    "severity": _Field(lambda facets: (facets.severity,), _severity, is_ordered=True),
}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_TERM = re.compile(r"\s*([A-Za-z_]+)\s*(!=|<=|>=|=|<|>)\s*(.+?)\s*", re.DOTALL)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def parse(expression: str) -> tuple[Term, ...]:
    """The terms of an expression, all of which must hold. Raises `Unacceptable`."""
    if len(expression) > LONGEST_CHARACTERS:
        raise Unacceptable(f"the expression has {len(expression)} characters; at most {LONGEST_CHARACTERS}")
    written = _AND.split(expression.strip())
    if len(written) > MOST_TERMS:
        raise Unacceptable(f"the expression has {len(written)} terms; at most {MOST_TERMS}")
    return tuple(map(_term, written))


def _term(text: str) -> Term:
    if (found := _TERM.fullmatch(text)) is None:
        raise Unacceptable(f"{text[:80]!r} is no term: write a field, an operator and a value, such as chain = 1")
    name, sign, values = found.group(1).lower(), found.group(2), found.group(3)
    if name not in _FIELDS:
        near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0)[0]
        raise Unacceptable(f"{name[:50]!r} is no field; did you mean {near!r}? Known: {', '.join(_FIELDS)}")
    field, given = _FIELDS[name], [value.strip() for value in values.split(",")]
    if sign in _COMPARE and not (field.is_ordered and len(given) == 1):
        raise Unacceptable(f"{text[:80]!r}: {sign} compares one severity; write = or != with {name}")
    if len(given) > MOST_VALUES or not all(given):
        raise Unacceptable(f"{text[:80]!r}: write 1 to {MOST_VALUES} values, with commas between them")
    return Term(name, sign, tuple(map(field.read, given)))


def matches(terms: Sequence[Term], facets: Facets) -> bool:
    """Whether all terms hold."""
    return all(term.holds(facets) for term in terms)


def worst(terms: Sequence[Term]) -> Severity:
    """The worst severity that it can hide."""
    asked = [term for term in terms if term.field == "severity"]
    can = [each for each in Severity if matches(asked, Facets(source="", severity=each))]
    return max(can, default=Severity.INFO)


def check(rule: Suppression) -> tuple[Term, ...]:
    """The terms of a rule that may be made, though it may have to wait for approval. Raises `Unacceptable`."""
    terms = parse(rule.expression)
    if not rule.reason.strip():
        raise Unacceptable("a suppression needs a reason: whoever finds it in a month must know why")
    if not rule.made_at < rule.expires_at <= rule.made_at + LONGEST_DAYS * DAY_SECONDS:
        raise Unacceptable(f"a suppression ends: within {LONGEST_DAYS} days, and after now")
    return terms


def waits(rule: Suppression, terms: Sequence[Term]) -> bool:
    """Whether somebody else must approve it first; until then it only records what it would have done."""
    return rule.mode is Mode.ACTIVE and rule.approver is None and worst(terms) >= NEEDS_APPROVER


def acts(rule: Suppression, terms: Sequence[Term]) -> bool:
    """Whether it does what it says, while it lasts."""
    return rule.mode is Mode.ACTIVE and not waits(rule, terms)


def check_approver(rule: Suppression, person: str) -> None:
    """Raises `NotAllowed` where this person may not approve it."""
    if person == rule.author:
        raise NotAllowed(f"{person} made the suppression: somebody else must approve it")
