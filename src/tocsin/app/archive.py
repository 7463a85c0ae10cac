"""A source into a Parquet lake, one run of consecutive blocks after another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import polars as pl

from tocsin.app.sources import Batch, Request, Unreadable, pieces
from tocsin.edge import lake
from tocsin.model.errors import InconsistentInput, InputError
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Archived:
    """A batch that is in the lake now."""

    units: int
    blocks: int
    files: tuple[Path, ...]


def archive(request: Request, directory: Path) -> Iterator[Archived | Unreadable]:
    """
    Write what a source holds into a lake; what cannot be read or has no place among blocks comes back as it is.

    Raises `SourceError`, `StoreFull`.
    """
    for piece in pieces(request):
        yield piece if isinstance(piece, Unreadable) else _written(piece, directory)


def _written(batch: Batch, directory: Path) -> Archived | Unreadable:
    try:
        numbers = heights(batch.tables)
        files = [file for run in runs(numbers) for file in _write(batch.tables, run, directory)]
    except InputError as error:
        return Unreadable(source=batch.source, units=batch.units, error=error)
    return Archived(units=batch.units, blocks=len(numbers), files=tuple(files))


def _write(tables: Tables, run: range, directory: Path) -> list[Path]:
    """A file's name says which blocks it covers, so each run of blocks without a hole has files of its own."""
    inside = {name: frame.filter(pl.col("block_number").is_in(run)) for name, frame in _raw(tables).items()}
    return lake.write(inside, directory, _chain(tables), run[0], run[-1])


def _raw(tables: Tables) -> dict[str, pl.DataFrame]:
    return {name: tables[name] for name in tables if name in lake.raw_datasets()}


def _chain(tables: Tables) -> int:
    return int(next(frame["chain_id"][0] for frame in _raw(tables).values() if not frame.is_empty()))


def heights(tables: Tables) -> list[int]:
    """The blocks that tables are of, lowest first. Raises `InconsistentInput` when rows belong to no block."""
    raw = _raw(tables)
    named = [raw["blocks"]] if "blocks" in raw else list(raw.values())
    found = pl.concat([frame["block_number"] for frame in named]).unique()
    if found.null_count() or found.is_empty():
        raise InconsistentInput("it is of a transaction without a block, or of nothing; a lake holds blocks")
    return sorted(found.to_list())


def runs(numbers: Iterable[int]) -> list[range]:
    """Ascending numbers as ranges without holes."""
    grouped = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    members = [[number for _, number in group] for _, group in grouped]
    return [range(run[0], run[-1] + 1) for run in members]
