"""
The detector contract: tables in, sightings out, nothing else.

A detector is one of three kinds, by which of its functions it gives:

* stateless: `run(tables)` yields sightings;
* stateful: it also has a `memory`. Each batch first adds the rows it wants remembered; `run` then sees them,
  together with those of earlier blocks, as the table "memory". State is only ever rows tied to blocks, so a
  reorg rolls it back by dropping the rows of orphaned blocks;
* looked-up: `run` yields `Question`s instead of sightings; the engine has them answered, and `judge` decides.

A detector is given the datasets and columns it reads and no others, and never does IO.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, TypeAlias

import polars as pl

from tocsin.model.extension import Extension, items
from tocsin.model.finding import Severity, Sighting
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.columns import Column
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import Rows

MEMORY = "memory"
"""The table name under which a stateful detector sees what it remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a detector reads of one dataset: columns (place columns come by themselves) and, if few, which rows."""

    columns: tuple[str, ...]
    topic0: tuple[bytes, ...] = ()
    """Of `logs`: only rows with one of these event hashes. The engine finds them for all detectors in one pass."""
    selector: tuple[bytes, ...] = ()
    """Of `calls`: only rows with one of these function selectors, found likewise."""
    optional: bool = False
    """True when it can do without; then it says so, and its confidence is capped (`CONFIDENCE_WITHOUT`)."""
    instead_of: str = ""
    """The dataset it stands in for: read, and missed, only where that one is missing."""

    @property
    def condition(self) -> str:
        """When it can do without, in words; empty where it never can."""
        return (
            f"only where {self.instead_of} is missing" if self.instead_of else "can do without" if self.optional else ""
        )


CONFIDENCE_WITHOUT = 0.5
"""Ceiling of a finding's confidence when an optional dataset was missing (reference: detection, section 4.0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a stateful detector carries from block to block."""

    columns: Mapping[str, Column]
    """Columns beside the place columns."""
    window_blocks: int
    """Rows older than this many blocks before the first block of a batch are forgotten."""
    remember: Callable[[Tables], pl.DataFrame]
    """The rows to remember of a batch: a function of that batch alone."""
    prepare: Callable[[Tables], Tables] | None = None
    """More tables of a batch, for `remember` and `run` alike: what both would else work out."""
    across_chains: bool = False
    """Whether it sees the remembered rows of every chain, not only those of the chain it looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A candidate that cannot be judged from the tables alone."""

    lookups: tuple[Lookup, ...]
    candidate: Any
    """Whatever the detector's own `judge` needs."""


Asked: TypeAlias = "tuple[str, str] | tuple[str, str, int]"
"""How an example names a question: method, address name and, where it matters, the block height it is about."""
Answered: TypeAlias = Mapping[Asked, str]
"""The node's result by what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small input and the findings it must produce; no findings means quiet."""

    says: str
    tables: Mapping[str, Rows]
    """Raw and derived tables by dataset id. Datasets not named are empty."""
    finds: tuple[Mapping[str, Any], ...] = ()
    """Per finding, what must hold: any of its JSON fields; `entities` as {role: name}; `values` as a subset."""
    answers: Answered = field(default_factory=dict)
    """For looked-up detectors: what was asked to the node's result. Absent is unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector(Extension):
    """A pure function over named tables, with what is needed to trust it."""

    HEADINGS: ClassVar = ("What it finds", "Why it matters", "Blind spots", "Triage", "References")

    severity: Severity
    """The highest it can give."""
    reads: Mapping[str, Read]
    run: Callable[[Tables], Iterable[Sighting | Question]]
    memory: Memory | None = None
    judge: Callable[[Any, Answers], Sighting | None] | None = None
    examples: tuple[Example, ...]
    references: tuple[str, ...] = ()
    """Where to read on: what stands under References on its page, filled in when it is loaded."""
    concerns: tuple[str, ...] = ()
    """
    Roles of what is administered, in its findings. What an administrator does is news to whoever depends on it: where
    none of these is the organisation's (labels `watched` and `own`), fusion takes such a finding one level down.
    """
    label: str = ""
    """For detectors that explain rather than alarm: the label their finding puts on the transaction (`mev:...`)."""

    def read(self, there: Container[str]) -> Mapping[str, Read]:
        """What it reads where these datasets are there: stand-ins only for what is missing."""
        return {name: read for name, read in self.reads.items() if not read.instead_of or read.instead_of not in there}

    def missing(self, there: Container[str]) -> tuple[str, ...]:
        """The datasets that it would read and that are not there."""
        return tuple(name for name in self.read(there) if name not in there)

    def lacking(self, there: Container[str]) -> tuple[str, ...]:
        """Those of them that it cannot do without."""
        return tuple(name for name in self.missing(there) if not self.reads[name].optional)

    def with_page(self, page: str) -> Self:
        """The detector with the references its page gives, for every finding to carry."""
        return replace(self, references=items(page, "References"))
