"""
Recordings on disk, or pasted, as pieces: decoded together where they can be, each alone where one of them is wrong.

`-` is what is pasted or piped in. What does not name its chain is of the one that is asked for or, where none is, of
the only chain in the settings that are there.
"""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from tocsin.app.pipeline import Ask
from tocsin.app.sources import in_time
from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs.faults import fault
from tocsin.chain.codecs.recording import parse_all
from tocsin.chain.recording import Recording
from tocsin.edge import recordings, standard_input
from tocsin.model.errors import InputError, MalformedInput, SourceError
from tocsin.model.lookups import Answers
from tocsin.tables.dataset import Tables

NOUN = "recording"
PASTED = "-"
SETTINGS = Path("tocsin.toml")


def units(request: Request) -> int:
    """How many recordings there are. Raises `SourceError`."""
    return 1 if request.source == PASTED else recordings.count(Path(request.source))


def pieces(request: Request) -> Iterator[Piece]:
    """The recordings, in the order of their names; of several chains, of time. Raises `SourceError` for none."""
    bad: list[Unreadable] = []
    for run in codecs.batches(_readable(request, bad), request.together):
        yield from _taken(bad)
        yield from _decoded(run, request)
    yield from bad


def _readable(request: Request, bad: list[Unreadable]) -> Iterator[Recording]:
    """The recordings that can be read; the others are put into `bad`."""
    chain_id = request.chain_id or configured_chain(SETTINGS)

    def chain_of(path: Path) -> int | None:
        try:
            found = _read(path, chain_id)
        except (InputError, SourceError):
            return None
        return next((one.chain_id for one in found if isinstance(one, Recording)), None)

    lanes = in_time.lanes(_paths(request), chain_of)
    return in_time.merged([_of_lane(lane, chain_id, request, bad) for lane in lanes])


def _of_lane(paths: list[Path], chain_id: int | None, request: Request, bad: list[Unreadable]) -> Iterator[Recording]:
    for path in paths:
        try:
            found = _read(path, chain_id)
        except (InputError, SourceError) as error:
            bad.append(Unreadable(source=str(path), units=1, error=error))
            continue
        for one in found:
            if isinstance(one, MalformedInput):
                bad.append(Unreadable(source=str(path), units=1, error=one))
            elif _mentions(one, request.mentioning):
                yield one


def _paths(request: Request) -> list[Path]:
    return [Path(PASTED)] if request.source == PASTED else recordings.paths(Path(request.source))


def _read(path: Path, chain_id: int | None) -> list[Recording | MalformedInput]:
    """What one file holds, or what was pasted; several where that is a JSON-RPC batch."""
    if str(path) == PASTED:
        return parse_all(standard_input.read(), standard_input.NAME, chain_id)
    return recordings.read_all(path, chain_id)


def configured_chain(path: Path) -> int | None:
    """The chain of the settings at this path, where there are some and they name one chain only."""
    try:
        chains = tomllib.loads(path.read_text(encoding="utf-8")).get("chain")
    except (OSError, ValueError):
        return None
    found = [chain.get("chain_id") for chain in chains if isinstance(chain, dict)] if isinstance(chains, list) else []
    return found[0] if len(found) == 1 and type(found[0]) is int and found[0] > 0 else None


def _mentions(recording: Recording, text: str) -> bool:
    if recording.transaction_hash is not None:
        return f"0x{recording.transaction_hash.hex()}".startswith(text)
    return any(text.encode() in answer for answer in recording.answers.values())


def _taken(bad: list[Unreadable]) -> list[Unreadable]:
    taken = list(bad)
    bad.clear()
    return taken


def _decoded(run: list[Recording], request: Request) -> Iterator[Piece]:
    """One batch; where a recording in it is wrong, each alone."""
    try:
        raw = codecs.tables(run)
    except InputError as error:
        if len(run) > 1:
            for recording in run:
                yield from _decoded([recording], request)
        else:
            yield Unreadable(source=run[0].name, units=1, error=_located(run[0], error))
    else:
        yield Batch(
            source=_span(run), units=len(run), tables=derived(_within(raw, request)), ask=_recorded_answers(run)
        )


def _located(recording: Recording, error: InputError) -> InputError:
    """The error, with the place in what was pasted where that can be told."""
    where = fault(recording)
    return error if where is None else MalformedInput(f"{recording.name}: {where}")


def _within(raw: Tables, request: Request) -> Tables:
    """The rows of the blocks that are wanted; all of them where no range is given."""
    first, last = request.first_block, request.last_block
    if first is None and last is None:
        return raw
    number = pl.col("block_number")
    wanted = (number >= (first or 0)) & (number <= (2**64 - 1 if last is None else last))
    return {name: frame.filter(wanted) for name, frame in raw.items()}


def decoded(recording: Recording) -> Tables:
    """The tables of one recording, raw and derived. Raises `InputError`."""
    return derived(codecs.tables([recording]))


def _span(run: list[Recording]) -> str:
    first, last = run[0].name, run[-1].name
    return first if len(run) == 1 else f"{first} … {Path(last).name}"


def _recorded_answers(run: Iterable[Recording]) -> Ask:
    known: Answers = {asked: answer for recording in run for asked, answer in recording.lookups.items()}
    return lambda lookups: {asked: known[asked] for asked in lookups if asked in known}
