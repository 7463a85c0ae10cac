"""
When a correlation is reached: events in order, and how much of what happened in the span before each.

It is reached at an event where it holds and did not hold just before, so that what goes on is told once; it can be
reached again after a span without it. This is decided from twice the span before the event and nothing earlier.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Event:
    """A row that a rule matched."""

    seconds: int
    rule: int
    """The number of the rule in the correlation."""
    value: str
    """What is counted once, for a count of values."""


Events: TypeAlias = Sequence[Event]


def counts(events: Events, span: int) -> list[int]:
    """At each event: how many there were in the span up to it, itself included."""
    return [len(range(first, at + 1)) for at, first in enumerate(_firsts(events, span))]


def distinct(events: Events, span: int, *, by_rule: bool) -> list[int]:
    """At each event: how many different values, or rules, there were in the span up to it."""
    inside: Counter[object] = Counter()
    found, start = [], 0
    for at, first in enumerate(_firsts(events, span)):
        inside[_item(events[at], by_rule=by_rule)] += 1
        for gone in range(start, first):
            item = _item(events[gone], by_rule=by_rule)
            inside[item] -= 1
            if not inside[item]:
                del inside[item]
        start = first
        found.append(len(inside))
    return found


def _item(event: Event, *, by_rule: bool) -> object:
    return event.rule if by_rule else event.value


def ordered(events: Events, span: int, rules: int) -> list[bool]:
    """At each event: whether the rules happened one after the other in the span up to it."""
    began: list[int | None] = [None] * rules
    """By rule: when the latest row of rules that ends with it began."""
    found = []
    for event in events:
        start = event.seconds if event.rule == 0 else began[event.rule - 1]
        before = began[event.rule]
        if start is not None:
            began[event.rule] = start if before is None else max(before, start)
        whole = began[-1]
        found.append(whole is not None and event.seconds - whole <= span)
    return found


def reached(events: Events, holds: Sequence[bool], span: int) -> list[bool]:
    """At which events it begins to hold."""
    return [
        now and not (at and holds[at - 1] and events[at].seconds - events[at - 1].seconds <= span)
        for at, now in enumerate(holds)
    ]


def _firsts(events: Events, span: int) -> list[int]:
    """For each event the first one that is in the span up to it."""
    found, first = [], 0
    for event in events:
        while event.seconds - events[first].seconds > span:
            first += 1
        found.append(first)
    return found
