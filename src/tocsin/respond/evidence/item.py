"""A piece of evidence: what the store knows of the bytes that are kept. Its history is in the journal."""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What it is (reference: incident response, 3.8)."""

    FILE = "file"
    CHAIN_SNAPSHOT = "chain_snapshot"
    LOG = "log"
    SCREENSHOT = "screenshot"
    MESSAGE = "message"
    MEMORY = "memory"


class Copy(StrEnum):
    """What it is to what was found: these are never mixed up."""

    ORIGINAL = "original"
    """As it was found; nobody works on it."""
    WORKING_COPY = "working_copy"
    """The same bytes as the original, to work on."""
    DERIVED = "derived"
    """Made from another piece, such as an excerpt."""


class State(StrEnum):
    """Whether the bytes are here."""

    KEPT = "kept"
    RELEASED = "released"
    """Handed on to somebody who keeps it now; the bytes stay here too."""
    DESTROYED = "destroyed"
    """The bytes are gone; what was known of them stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of evidence."""

    id: str
    sha256: str
    """64 hexadecimal digits, worked out by tocsin when the bytes came."""
    size: int
    """Bytes."""
    type: Type
    name: str
    """As whoever gave it called it: untrusted."""
    media: str
    """Media type as given: untrusted."""
    source: str
    method: str
    tool: str
    copy: Copy = Copy.ORIGINAL
    parent: str | None = None
    incident: str | None = None
    """The id of an incident."""
    state: State = State.KEPT
    legal_hold: bool = False
    retain_until: float | None = None
    """Seconds since 1970; not destroyed before."""
    added_at: float = 0.0
    added_by: str = ""
    """The text of an actor."""
