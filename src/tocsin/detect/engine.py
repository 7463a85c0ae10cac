"""
The engine: every detector over one batch of tables, in one pass, without IO.

`detect` runs what can be decided from the tables; `settle` decides what had to be looked up. Between the
two, whoever called asks the lookups. A detector whose datasets are missing is blind, not quiet: it is in the
outcome, by name, with what it lacked. A detector that fails is in the outcome too; the others go on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect.detector import CONFIDENCE_WITHOUT, MEMORY, Detector, Question, Read
from tocsin.intel.reference import is_reference
from tocsin.model.finding import Finding, Sighting
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.choice import rows_at, rows_where
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

_INDEXED = {"logs": "topic0", "calls": "selector"}


@dataclass(frozen=True, slots=True)
class Blind:
    """A detector that could not look, wholly or in part, and what it lacked."""

    detector: str
    missing: tuple[str, ...]
    wholly: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A detector that raised. Its blocks are not done for it."""

    detector: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Pending:
    """A question and the detector that asks it."""

    detector: str
    question: Question
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one batch."""

    findings: tuple[Finding, ...]
    pending: tuple[Pending, ...]
    blind: tuple[Blind, ...]
    failures: tuple[Failure, ...]
    remembered: Mapping[str, pl.DataFrame]
    """By stateful detector: the rows of this batch to keep."""

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Every question to ask, once."""
        return tuple(dict.fromkeys(lookup for asked in self.pending for lookup in asked.question.lookups))


def detect(tables: Tables, detectors: Iterable[Detector], memories: Mapping[str, pl.DataFrame]) -> Outcome:
    """
    Run the detectors over one batch.

    `memories` holds, by stateful detector, the rows remembered of earlier blocks (absent: none).
    """
    chosen = tuple(detectors)
    index = _Index(tables, chosen)
    parts = [_run(detector, tables, index, memories.get(detector.id)) for detector in chosen]
    return Outcome(
        findings=tuple(finding for part in parts for finding in part.findings),
        pending=tuple(asked for part in parts for asked in part.pending),
        blind=tuple(blind for part in parts for blind in part.blind),
        failures=tuple(failure for part in parts for failure in part.failures),
        remembered={name: rows for part in parts for name, rows in part.remembered.items()},
    )


def settle(outcome: Outcome, detectors: Mapping[str, Detector], answers: Answers) -> Outcome:
    """Decide the pending questions with these answers; the outcome has none left."""
    findings, failures = list(outcome.findings), list(outcome.failures)
    for asked in outcome.pending:
        detector = detectors[asked.detector]
        if detector.judge is None:
            raise TypeError(f"detector {detector.id} asks questions but has no `judge`")
        try:
            sighting = detector.judge(asked.question.candidate, answers)
        except Exception as error:  # noqa: BLE001 - one detector's defect must not stop the others: it is reported by name
            failures.append(Failure(detector.id, error))
        else:
            findings.extend(_findings(detector, [sighting] if sighting else [], asked.without))
    return replace(outcome, findings=tuple(findings), pending=(), failures=tuple(failures))


def _run(detector: Detector, tables: Tables, index: "_Index", memory: pl.DataFrame | None) -> Outcome:
    reads = detector.read(tables)
    missing = tuple(name for name in reads if name not in tables)
    lacking = [name for name in missing if not reads[name].optional]
    blind = (Blind(detector.id, missing, wholly=bool(lacking)),) if missing else ()
    if lacking:
        return Outcome((), (), blind, (), {})
    try:
        given = {name: index.rows(name, read) for name, read in reads.items() if name in tables}
        return _look(detector, given, memory, blind)
    except Exception as error:  # noqa: BLE001 - one detector's defect must not stop the others: it is reported by name
        return Outcome((), (), blind, (Failure(detector.id, error),), {})


def _look(
    detector: Detector, given: dict[str, pl.DataFrame], memory: pl.DataFrame | None, blind: tuple[Blind, ...]
) -> Outcome:
    without = tuple(name for each in blind for name in each.missing)
    remembered: dict[str, pl.DataFrame] = {}
    if detector.memory is not None:
        given |= detector.memory.prepare(given) if detector.memory.prepare else {}
        remembered[detector.id] = rows = detector.memory.remember(given)
        given[MEMORY] = rows if memory is None else pl.concat([memory, rows])
    seen = list(detector.run(given)) if _something(given) else []
    return Outcome(
        findings=tuple(_findings(detector, (s for s in seen if isinstance(s, Sighting)), without)),
        pending=tuple(Pending(detector.id, q, without) for q in seen if isinstance(q, Question)),
        blind=blind,
        failures=(),
        remembered=remembered,
    )


def _something(given: Tables) -> bool:
    """Whether there is a row to detect on."""
    return any(not frame.is_empty() for name, frame in given.items() if not is_reference(name))


def _findings(detector: Detector, seen: Iterable[Sighting], without: Sequence[str]) -> Iterator[Finding]:
    for sighting in seen:
        yield Finding(
            place=sighting.place,
            severity=sighting.severity,
            confidence=min(sighting.confidence, CONFIDENCE_WITHOUT) if without else sighting.confidence,
            title=sighting.title,
            summary=sighting.summary,
            entities=sighting.entities,
            values=sighting.values,
            labels=(*sighting.labels, *(f"without:{name}" for name in without)),
            key=sighting.key,
            detector=detector.id,
            references=detector.references,
        )


class _Index:
    """The rows that detectors ask for by event hash or selector, found for all of them in one pass per dataset."""

    def __init__(self, tables: Tables, detectors: Sequence[Detector]) -> None:
        self._tables = tables
        self._wanted = {
            name: _numbered(key for d in detectors if name in d.reads for key in _keys(d.reads[name]))
            for name in _INDEXED
        }
        self._matched: dict[str, _Matched] = {}

    def rows(self, name: str, read: Read) -> pl.DataFrame:
        """The rows of a dataset that `read` asks for."""
        keys = _keys(read)
        if not keys:
            return self._tables[name]
        matched, wanted = self._matches(name), self._wanted[name]
        asked = matched.seen.intersection(wanted[key] for key in keys)
        if not asked:
            return matched.nothing
        is_asked = np.zeros(len(wanted), dtype=np.bool_)
        is_asked[[*asked]] = True
        return rows_where(matched.frame, is_asked[matched.numbers])

    def _matches(self, name: str) -> "_Matched":
        """The rows that anybody asks for, and the number of each one's key."""
        if name not in self._matched:
            frame = self._tables[name]
            numbers = abi.which(frame[_INDEXED[name]], abi.keys(self._wanted[name]))
            rows = np.flatnonzero(numbers >= 0)
            seen = frozenset(numbers[rows].tolist())
            self._matched[name] = _Matched(rows_at(frame, rows), numbers[rows], seen, frame.clear())
        return self._matched[name]


@dataclass(frozen=True, slots=True)
class _Matched:
    """The rows of a dataset that some detector asks for."""

    frame: pl.DataFrame
    numbers: npt.NDArray[np.intp]
    """The number of each row's key."""
    seen: frozenset[int]
    """Those that occur: nearly every detector asks for what does not."""
    nothing: pl.DataFrame


def _numbered(keys: Iterable[bytes]) -> dict[bytes, int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _keys(read: Read) -> tuple[bytes, ...]:
    return read.topic0 or read.selector


MOST_REMEMBERED = 4_000_000
"""Rows a detector remembers of one chain, the newest: whoever fills blocks with such rows must not fill the machine."""


def within_window(memory: pl.DataFrame, detector: Detector, first_block: int) -> pl.DataFrame:
    """The remembered rows that a stateful detector may still see when its next batch begins at `first_block`."""
    if detector.memory is None:
        raise TypeError(f"detector {detector.id} has no memory")
    first = first_block - detector.memory.window_blocks
    oldest = memory["block_number"].min()
    # Most blocks push nothing out of the window: then no row has to be moved.
    is_whole = isinstance(oldest, int) and oldest >= first
    return (memory if is_whole else memory.filter(pl.col("block_number") >= first)).tail(MOST_REMEMBERED)


def exactly(read: Read, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns `read` declares and the place columns the frame has: what the inherited suite hands over."""
    return frame.select(*(name for name in PLACE if name in frame.columns and name not in read.columns), *read.columns)
