"""
Recordings of several chains in the order of time, so that what was sent on one chain is seen before it arrives on
another.

Each chain's recordings are in the order of their names, as they always are. Chains stand in folders of their own, or in
one folder under names that begin differently, as `tocsin record` writes them; what is named in one sequence is left in
it. Only so many files are open as there are chains.
"""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods

T = TypeVar("T")
_NUMBERED = re.compile(r"(.*?)[0-9]+\.json(\.gz)?\Z")

MOST_SEQUENCES = 16
"""Files of a folder whose names begin in more ways than this are one sequence: their numbers are no heights."""


class _Timed(msgspec.Struct, gc=False):
    timestamp: str | None = None


def lanes(paths: Sequence[Path], chain_of: Callable[[Path], int | None]) -> list[list[Path]]:
    """The paths of each chain; all of them in one lane where they are of one. `chain_of` reads a recording's chain."""
    runs = [run for folder in _grouped(paths, lambda path: path.parent) for run in _runs(folder)]
    if len(runs) == 1:
        return runs
    chains = _grouped(runs, lambda run: chain_of(run[0]))
    return [list(paths)] if len(chains) == 1 else [[path for run in each for path in run] for each in chains]


def _runs(paths: list[Path]) -> list[list[Path]]:
    """The files of a folder by how their names begin; all of them where they begin in many ways."""
    found = _grouped(paths, lambda path: match[1] if (match := _NUMBERED.match(path.name)) else "")
    return [paths] if len(found) > MOST_SEQUENCES else found


def _grouped(things: Iterable[T], key: Callable[[T], object]) -> list[list[T]]:
    found: dict[object, list[T]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return list(found.values())


def merged(each: Sequence[Iterator[Recording]]) -> Iterator[Recording]:
    """What the lanes give, in the order of time; of several at one time the earlier lane's first."""
    if len(each) == 1:
        yield from each[0]
        return
    timed = (_timed(lane, number) for number, lane in enumerate(each))
    for _, _, recording in heapq.merge(*timed, key=lambda one: one[:2]):
        yield recording


def _timed(lane: Iterator[Recording], number: int) -> Iterator[tuple[int, int, Recording]]:
    """With its time; what has none stands behind the one before it."""
    last = 0
    for recording in lane:
        last = max(last, _time(recording))
        yield last, number, recording


def _time(recording: Recording) -> int:
    """When its block was made; 0 where nobody says."""
    try:
        said = msgspec.json.decode(recording.answers.get(methods.BLOCK, b"{}"), type=_Timed | None)
        return int(said.timestamp or "0", 16) if said else 0
    except (msgspec.DecodeError, ValueError):
        return 0
