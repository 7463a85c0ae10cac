"""
Scanning: every piece of a source through the detectors, with what they remember carried from batch to batch.

Pure: pieces in, results out. What could not be read, looked at or decided is in the results too, never left out.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

from tocsin.app.pipeline import examine
from tocsin.app.sources import Batch, Piece, Unreadable
from tocsin.app.watching.memories import Memories, first_block
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Blind, Failure
from tocsin.detect.known import KNOWN
from tocsin.model.errors import UserError
from tocsin.model.finding import Finding
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of one batch."""

    source: str
    units: int
    transactions: int
    findings: tuple[Finding, ...]
    blind: tuple[Blind, ...]
    failures: tuple[Failure, ...]


Result: TypeAlias = Looked | Unreadable


def scan(pieces: Iterable[Piece], detectors: Mapping[str, Detector], known: Tables = KNOWN) -> Iterator[Result]:
    """What the detectors find in each piece, as the pieces come, with these reference tables beside them."""
    memories = Memories(detectors)
    for piece in pieces:
        yield _look(piece, detectors, memories, known) if isinstance(piece, Batch) else piece


def _look(batch: Batch, detectors: Mapping[str, Detector], memories: Memories, known: Tables) -> Looked:
    chain_id = _one_chain(batch.tables)
    before = memories.before(chain_id, first_block(batch.tables))
    outcome = examine(batch.tables, detectors, before, batch.ask, known)
    memories.add(chain_id, outcome)
    return Looked(
        source=batch.source,
        units=batch.units,
        transactions=_transactions(batch.tables),
        findings=outcome.findings,
        blind=outcome.blind,
        failures=outcome.failures,
    )


def _one_chain(tables: Tables) -> int | None:
    found = (tables[name]["chain_id"][0] for name in _RAW if name in tables and not tables[name].is_empty())
    return next(found, None)


_RAW = ("blocks", "transactions", "calls", "logs", "state_changes", "beacon_blocks", "finality", "node_status")


def _transactions(tables: Tables) -> int:
    if "transactions" in tables:
        return tables["transactions"].height
    if "calls" in tables:
        return tables["calls"].filter(pl.col("depth") == 0).height
    return tables["logs"]["transaction_hash"].n_unique() if "logs" in tables else 0


@dataclass(slots=True)
class Report:
    """What a whole scan did, added up."""

    noun: str = "recording"
    """What the units are."""
    units: int = 0
    transactions: int = 0
    findings: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    blind: dict[tuple[str, tuple[str, ...], bool], int] = field(default_factory=dict)
    """By detector, what it lacked and whether that left it unable to look at all: in how many units."""
    failures: list[tuple[str, Failure]] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one result."""
        self.units += result.units
        if isinstance(result, Unreadable):
            self.unreadable.append(result)
            return
        self.transactions += result.transactions
        self.findings += len(result.findings)
        self.failures.extend((result.source, failure) for failure in result.failures)
        for blind in result.blind:
            key = (blind.detector, blind.missing, blind.wholly)
            self.blind[key] = self.blind.get(key, 0) + result.units

    @property
    def unreadable_units(self) -> int:
        """How many recordings, blocks or partitions could not be read."""
        return sum(piece.units for piece in self.unreadable)

    @property
    def whole(self) -> bool:
        """Whether everything could be read and every detector did its work."""
        return not self.unreadable and not self.failures


def chosen(names: Sequence[str], known: Mapping[str, Detector]) -> Mapping[str, Detector]:
    """The detectors of these names; all for none. Raises `UserError` that names the nearest right spelling."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise UserError(
                f"no detector {name!r}{f'; did you mean {near[0]!r}?' if near else ''} List them: tocsin detectors list"
            )
    return {name: known[name] for name in names} if names else known
