"""
What the functions that change an incident's state have in common: each says what is new, by the names of fields.

A state is a value: what a change returns shares nothing that is changed later. While a whole journal is folded, nobody
sees the states between. There mappings and lists are `opened` once, grow in place, and are `closed` at the end, so that
a long incident takes time in proportion to its length.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tocsin.respond.incident import parts
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry

Changes = dict[str, Any]
"""What of the state is new, by the names of its fields."""
Change = Callable[[Incident, Any, Entry], Changes]
"""What an event changes, of the state before and its entry."""
K = TypeVar("K")
V = TypeVar("V")
P = TypeVar("P", bound=parts.Part)


class _Open(dict[K, V]):
    """A mapping of a fold that goes on: changed in place."""


class _OpenList(list[V]):
    """The same for what is in an order."""


def opened(incident: Incident) -> Incident:
    """The same state with mappings and lists of its own, to be changed in place until it is `closed`."""
    return _each(incident, {dict: _Open, tuple: _OpenList})


def closed(incident: Incident) -> Incident:
    """A value again: nothing of it changes any more."""
    return _each(incident, {_Open: dict, _OpenList: tuple})


def _each(incident: Incident, kinds: Mapping[type, Callable[[Any], Any]]) -> Incident:
    values = ((name, getattr(incident, name)) for name in incident.__struct_fields__)
    new: Changes = {name: kinds[type(value)](value) for name, value in values if type(value) in kinds}
    return msgspec.structs.replace(incident, **new)


def with_one(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """With one more, or another one under its name."""
    if not isinstance(mapping, _Open):
        return {**mapping, key: value}
    mapping[key] = value
    return mapping


def without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    """Without the one of this name."""
    if not isinstance(mapping, _Open):
        return {name: value for name, value in mapping.items() if name != key}
    mapping.pop(key, None)
    return mapping


def with_last(several: Sequence[V], one: V) -> Sequence[V]:
    """With one more behind them."""
    if not isinstance(several, _OpenList):
        return (*several, one)
    several.append(one)
    return several


def changed(mapping: Mapping[K, P], key: K, change: Changes) -> Mapping[K, P]:
    """With one part changed. A part that is not there stays away: its beginning was never written."""
    return with_one(mapping, key, msgspec.structs.replace(mapping[key], **change)) if key in mapping else mapping


def at(times: parts.Times, **new: float | None) -> parts.Times:
    """The times, with these new."""
    return msgspec.structs.replace(times, **new)
