"""What goes into the store and comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.chain.header import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Every block from the start to this one is done."""

    number: int
    hash: bytes | None
    """None before the first block, and after a reorg in which nothing that is known was common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a chain is done, read at one moment."""

    start: int
    """The first block that was to be watched."""
    checkpoint: Checkpoint
    headers: tuple[Header, ...]
    """The newest done blocks, lowest first, without holes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell: a finding, or that one is taken back. Told at least once; `key` tells repeats apart."""

    sequence: int
    key: str
    kind: str
    attempts: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to tell a notice on one channel."""

    notice: int
    channel: str
    error: str | None
    """None: it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAlert:
    """Something that hinders the watching."""

    key: str
    kind: str
    chain_id: int | None
    detail: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Blocks that are not done, and why; `detector` is empty when no detector has seen them."""

    chain_id: int
    first: int
    last: int
    detector: str
    reason: str
    attempts: int
    next_try_at: float = 0.0
