"""
The journal: the one append-only record of what happened to incidents, alerts and evidence, and of what people did.

An entry is one line of canonical JSON (RFC 8785) that stands in the store byte for byte as it was digested. It names
its stream (`incident:ID`, `alert:ID`, `evidence:ID`, `audit`), its number in it, and the digest of the entry before
it, so that a changed, lost or moved entry shows. Over all streams the entries are the leaves of a Merkle tree
(RFC 6962), in the order of their `position`. Timeline, audit and numbers are views of it; nothing edits it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from tocsin.model.actor import Actor, parse
from tocsin.model.errors import MalformedInput

LEAF_PREFIX = b"\x00"
"""What is hashed before the bytes of a leaf (RFC 6962, section 2.1)."""
AUDIT = "audit"
"""The stream of what people and programs did that belongs to no incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Something to be entered."""

    stream: str
    kind: str
    """What happened, in snake_case; `respond/incident/events.py` has those of incidents."""
    actor: Actor
    occurred_at: float
    """When it happened, seconds since 1970: a block's time, for what a chain says."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Plain values fit for JSON; amounts of money as decimal strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """A draft with its place in the journal."""

    position: int
    """Over all streams, from 0, without holes."""
    sequence: int
    """In its stream, from 1, without holes."""
    recorded_at: float
    previous: str
    """The digest of the entry before it in its stream, 64 hexadecimal digits; empty for the first."""

    @property
    def line(self) -> bytes:
        """The canonical JSON of the entry: what is stored and digested. The position is not part of it."""
        return canonical(
            {
                "stream": self.stream,
                "sequence": self.sequence,
                "kind": self.kind,
                "actor": str(self.actor),
                "occurred_at": self.occurred_at,
                "recorded_at": self.recorded_at,
                "data": self.data,
                "previous": self.previous,
            }
        )

    @property
    def digest(self) -> str:
        """The hash of the entry as a leaf, 64 hexadecimal digits."""
        return leaf(self.line)


def leaf(line: bytes) -> str:
    """The hash of the bytes of an entry as a leaf of the tree, 64 hexadecimal digits."""
    return hashlib.sha256(LEAF_PREFIX + line).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON in the one form that has one digest. Raises `MalformedInput` for what JSON cannot say the same way twice."""
    try:
        return rfc8785.dumps(_plain(value))
    except rfc8785.CanonicalizationError as error:
        raise MalformedInput(f"not fit for canonical JSON: {error}; write large integers as strings") from None


def _plain(value: Any) -> Any:
    """The same of lists and dictionaries, which the canonical form knows."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def read(line: bytes, position: int) -> Entry:
    """The entry in its stored line. Raises `MalformedInput`."""
    try:
        told = json.loads(line)
        return Entry(
            position=position,
            stream=told["stream"],
            sequence=told["sequence"],
            kind=told["kind"],
            actor=parse(told["actor"]),
            occurred_at=told["occurred_at"],
            recorded_at=told["recorded_at"],
            data=told["data"],
            previous=told["previous"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedInput(f"journal, position {position}: not an entry: {type(error).__name__}") from None
