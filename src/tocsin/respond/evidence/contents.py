"""What goes into a sealed bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.respond.evidence.item import Item
from tocsin.respond.evidence.merkle import Tree


@dataclass(frozen=True, slots=True)
class Record:
    """An entry of the journal as it stands there."""

    position: int
    stream: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A signed checkpoint, and when it was signed (seconds since 1970)."""

    size: int
    root: str
    note: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a bundle, but for the bytes of the evidence."""

    incident: Mapping[str, Any]
    """id, number, title."""
    exported: Mapping[str, Any]
    """at, by, why."""
    items: Sequence[Item]
    journal: Sequence[Record]
    """Of the incident, in the order of their positions."""
    custody: Sequence[Record]
    """Of its evidence, in the order of their positions."""
    tree: Tree
    """Over the journal as far as the checkpoint is of it."""
    checkpoint: Sealed
    earlier: Sequence[Sealed] = ()
    stamps: Sequence[tuple[int, str, bytes]] = ()
    """Size of the checkpoint, authority, response."""
    roots: bytes = b""
    anchors: Sequence[Mapping[str, Any]] = ()
    verifier: bytes
    """The source of verify.py."""
