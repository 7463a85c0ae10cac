"""What a source is asked for, and the pieces it gives."""

from dataclasses import dataclass
from typing import TypeAlias

from tocsin.app.pipeline import Ask
from tocsin.chain.codecs.batch import BATCH
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Tables that can be looked at together."""

    source: str
    """Where it came from, for people: a file, or a node and heights."""
    units: int
    """How many recordings, blocks or partitions it holds: what progress counts."""
    tables: Tables
    """Raw and derived."""
    ask: Ask
    """Who answers questions about the state of these blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something that was named but could not be read."""

    source: str
    units: int
    error: Exception


Piece: TypeAlias = Batch | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What of a source is wanted."""

    source: str
    chain_id: int | None = None
    first_block: int | None = None
    last_block: int | None = None
    together: int = BATCH
    """Recordings a batch may hold at most."""
    mentioning: str = ""
    """Only recordings that mention this text, such as a transaction's hash; empty for all."""
    extra: frozenset[str] = frozenset()
    """Datasets to ask a node for beside the ordinary ones, where it has them; files hold what they hold."""
