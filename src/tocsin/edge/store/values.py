"""What goes into the store and comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tocsin.chain.header import Header
from tocsin.detect.engine import Blind
from tocsin.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneBlock:
    """Everything that came of one block."""

    chain_id: int
    header: Header
    findings: tuple[Finding, ...] = ()
    remembered: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """By stateful detector, the rows of this block to keep."""
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Every block from the start to this one is done."""

    number: int
    hash: bytes | None
    """None after a reorg deeper than the blocks kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell: a finding, or that one is taken back. Told at least once; `key` tells repeats apart."""

    sequence: int
    key: str
    kind: str
    attempts: int
    body: Mapping[str, Any]


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
