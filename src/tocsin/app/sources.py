"""
SOURCE arguments: a recording file or directory, a Parquet lake, or a node's URL becomes a stream of decoded pieces.

A piece is either a batch of tables or something that could not be read; one bad recording never hides the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tocsin.app.pipeline import Ask
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs.batch import BATCH
from tocsin.chain.recording import Recording
from tocsin.edge import recordings
from tocsin.model.errors import InputError, SourceError
from tocsin.model.lookups import Answers
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


def units(request: Request) -> int | None:
    """How many units the pieces of a source add up to, if that is known. Raises `SourceError`."""
    return recordings.count(Path(request.source))


def pieces(request: Request) -> Iterator[Piece]:
    """The pieces of a source, in order. Raises `SourceError` when it names nothing."""
    return _recorded(request)


def _recorded(request: Request) -> Iterator[Piece]:
    bad: list[Unreadable] = []
    for run in codecs.batches(_readable(request, bad), request.together):
        yield from _taken(bad)
        yield from _decoded(run)
    yield from bad


def _readable(request: Request, bad: list[Unreadable]) -> Iterator[Recording]:
    """The recordings that can be read; the others are put into `bad`."""
    needle = request.mentioning.encode()
    for path in recordings.paths(Path(request.source)):
        try:
            recording = recordings.read_one(path, request.chain_id)
        except (InputError, SourceError) as error:
            bad.append(Unreadable(source=str(path), units=1, error=error))
        else:
            if _mentions(recording, needle):
                yield recording


def _mentions(recording: Recording, needle: bytes) -> bool:
    return recording.transaction_hash is not None or any(needle in answer for answer in recording.answers.values())


def _taken(bad: list[Unreadable]) -> list[Unreadable]:
    taken = list(bad)
    bad.clear()
    return taken


def _decoded(run: list[Recording]) -> Iterator[Piece]:
    """One batch; where a recording in it is wrong, each alone."""
    try:
        raw = codecs.tables(run)
    except InputError as error:
        if len(run) > 1:
            for recording in run:
                yield from _decoded([recording])
        else:
            yield Unreadable(source=run[0].name, units=1, error=error)
    else:
        yield Batch(source=_span(run), units=len(run), tables=derived(raw), ask=_recorded_answers(run))


def decoded(recording: Recording) -> Tables:
    """The tables of one recording, raw and derived. Raises `InputError`."""
    return derived(codecs.tables([recording]))


def _span(run: list[Recording]) -> str:
    first, last = run[0].name, run[-1].name
    return first if len(run) == 1 else f"{first} … {Path(last).name}"


def _recorded_answers(run: Iterable[Recording]) -> Ask:
    known: Answers = {asked: answer for recording in run for asked, answer in recording.lookups.items()}
    return lambda lookups: {asked: known[asked] for asked in lookups if asked in known}
