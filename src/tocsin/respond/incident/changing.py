"""What the functions that change an incident's state have in common: each says what is new, by the names of fields."""

from collections.abc import Callable, Mapping
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


def with_one(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """With one more, or another one under its name."""
    return {**mapping, key: value}


def without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    """Without the one of this name."""
    return {name: value for name, value in mapping.items() if name != key}


def changed(mapping: Mapping[K, P], key: K, change: Changes) -> Mapping[K, P]:
    """With one part changed. A part that is not there stays away: its beginning was never written."""
    return with_one(mapping, key, msgspec.structs.replace(mapping[key], **change)) if key in mapping else mapping


def at(times: parts.Times, **new: float | None) -> parts.Times:
    """The times, with these new."""
    return msgspec.structs.replace(times, **new)
