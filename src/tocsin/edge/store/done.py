"""A block that is done, as it goes into the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    forget_before: Mapping[str, int] = field(default_factory=dict)
    """By stateful detector, the first block whose rows may still matter."""
    blind: tuple[Blind, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why, by detector that failed: its gap is written with the block."""
