"""
The Parquet lake: datasets in files named as cryo names them, written whole or not at all, read range by range.

Our own files hold a dataset's columns as they are. Foreign ones are brought into the same shape. A dataset is in a
batch only where its files cover all of the batch's blocks: what is absent is absent data, not empty data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from tocsin.chain.catalogue import datasets
from tocsin.chain.cryo import columns, names
from tocsin.chain.cryo.differences import KINDS, state_changes
from tocsin.chain.cryo.names import Name
from tocsin.chain.cryo.traces import calls
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import InconsistentInput, InputError, MalformedInput, SourceError
from tocsin.tables.dataset import Tables

BLOCKS_PER_FILE = 1_000
BLOCKS_PER_BATCH = 250
"""So many blocks of a busy chain, with their calls, are some hundred megabytes."""
ROWS_PER_GROUP = 1 << 16
"""Small enough that a batch skips most of a file's groups."""
_FOREIGN = {"traces": "calls", **dict.fromkeys(KINDS, "state_changes")}
"""cryo's datasets that become one of ours."""


@dataclass(frozen=True, slots=True, order=True)
class _File:
    name: Name
    path: Path

    @property
    def dataset(self) -> str:
        return _FOREIGN.get(self.name.dataset, self.name.dataset)


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks that the same datasets cover: one batch."""

    first: int
    last: int
    files: tuple[_File, ...]


def raw_datasets() -> frozenset[str]:
    """The datasets a lake holds: those that are not derived from others."""
    return frozenset(name for name, dataset in datasets().items() if dataset.derive is None)


def write(tables: Tables, directory: Path, chain_id: int, first: int, last: int) -> list[Path]:
    """
    Write the raw datasets of these blocks, some files each, and return where they are.

    Raises `InconsistentInput` for rows outside the range, `StoreFull` and `SourceError`.
    """
    raw = {name: tables[name] for name in sorted(raw_datasets()) if name in tables}
    for name, frame in raw.items():
        _refuse_outside(name, frame, first, last)
    return [
        _write(frame.filter(_within(start, end)), directory, Name(names.network(chain_id), name, start, end))
        for start, end in _cut(first, last, BLOCKS_PER_FILE)
        for name, frame in raw.items()
    ]


def _refuse_outside(name: str, frame: pl.DataFrame, first: int, last: int) -> None:
    if not frame["block_number"].is_between(first, last).fill_null(value=False).all():
        raise InconsistentInput(
            f"{name} has rows that are of none of the blocks {first} to {last}; a lake holds blocks"
        )


def _within(first: int, last: int, column: str = "block_number") -> pl.Expr:
    return pl.col(column).is_between(first, last)


def _cut(first: int, last: int, length: int) -> list[tuple[int, int]]:
    """The range in pieces that end before multiples of a length."""
    starts = [first, *range(first - first % length + length, last + 1, length)]
    return list(zip(starts, [*(start - 1 for start in starts[1:]), last], strict=True))


def _write(frame: pl.DataFrame, directory: Path, name: Name) -> Path:
    path = directory / name.text
    write_whole(path, lambda file: frame.write_parquet(file, compression="zstd", row_group_size=ROWS_PER_GROUP))
    return path


def spans(directory: Path, first: int | None = None, last: int | None = None) -> list[Span]:
    """
    The batches that a directory will be read in, lowest first, of the blocks from `first` to `last`.

    Raises `SourceError` when it holds no such file, `InconsistentInput` when two files hold the same blocks.
    """
    return [
        span
        for files in _networks(directory).values()
        for span in _merged(piece for stretch in _stretches(files) for piece in _pieces(stretch, first, last))
    ]


def _networks(directory: Path) -> dict[str, list[_File]]:
    found: dict[str, list[_File]] = {}
    for path in sorted(directory.rglob("*" + names.SUFFIX)) if directory.is_dir() else [directory]:
        name = names.parse(path.name)
        if name is not None and (file := _File(name, path)).dataset in datasets():
            found.setdefault(name.network, []).append(file)
    if not found:
        raise SourceError(f"{directory}: no file in it is called like ethereum__logs__18000000_to_18000999.parquet")
    for files in found.values():
        _refuse_overlaps(files)
    return found


def _refuse_overlaps(files: Sequence[_File]) -> None:
    for one, other in pairwise(sorted(files)):
        if one.name.dataset == other.name.dataset and other.name.first <= one.name.last:
            raise InconsistentInput(f"{one.path} and {other.path} hold the same blocks; remove one of them")


def _stretches(files: Sequence[_File]) -> Iterator[Span]:
    """Blocks between which no file begins or ends; holes between files are left out."""
    begins = sorted(files, key=lambda file: file.name.first, reverse=True)
    edges = sorted({edge for file in files for edge in (file.name.first, file.name.last + 1)})
    over: list[_File] = []
    for start, end in pairwise(edges):
        while begins and begins[-1].name.first <= start:
            over.append(begins.pop())
        over = [file for file in over if file.name.last >= start]
        if over:
            yield Span(start, end - 1, tuple(over))


def _pieces(stretch: Span, first: int | None, last: int | None) -> Iterator[Span]:
    """What of a stretch is wanted, in pieces no longer than a batch."""
    start = stretch.first if first is None else max(first, stretch.first)
    end = stretch.last if last is None else min(last, stretch.last)
    if start <= end:
        for cut in _cut(start, end, BLOCKS_PER_BATCH):
            yield Span(*cut, stretch.files)


def _merged(pieces: Iterator[Span]) -> Iterator[Span]:
    """Neighbouring pieces of the same datasets, as one batch."""
    current: Span | None = None
    for piece in pieces:
        if current is None or not _go_together(current, piece):
            if current is not None:
                yield current
            current = piece
        else:
            current = Span(current.first, piece.last, tuple(dict.fromkeys((*current.files, *piece.files))))
    if current is not None:
        yield current


def _go_together(one: Span, other: Span) -> bool:
    return (
        one.last + 1 == other.first
        and one.first // BLOCKS_PER_BATCH == other.first // BLOCKS_PER_BATCH
        and {file.name.dataset for file in one.files} == {file.name.dataset for file in other.files}
    )


def read(span: Span, chain_id: int | None = None) -> Tables:
    """
    The raw tables of one batch. `chain_id` serves files that do not name their chain.

    Raises `MalformedInput` that names the file, `SourceError` when one cannot be read.
    """
    parts: dict[str, list[pl.DataFrame]] = {}
    for file in _usable(span.files):
        parts.setdefault(file.dataset, []).append(_read(file, span, chain_id))
    return with_block_hashes({name: pl.concat(frames) for name, frames in parts.items()})


def _usable(files: Sequence[_File]) -> list[_File]:
    """Ours where there are two of a dataset; cryo's differences only where all four are there."""
    present = {file.name.dataset for file in files}
    left_out = {foreign for foreign, ours in _FOREIGN.items() if ours in present}
    if not present.issuperset(KINDS):
        left_out |= set(KINDS)
    return [file for file in files if file.name.dataset not in left_out]


def with_block_hashes(tables: Tables) -> Tables:
    """Block hashes that a table leaves out, from the blocks at the same heights: cryo's files have them only there."""
    if "blocks" not in tables:
        return tables
    known = tables["blocks"].select("block_number", pl.col("block_hash").alias("known"))
    return {name: frame if name == "blocks" else _hashed(frame, known) for name, frame in tables.items()}


def _hashed(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    if not frame["block_hash"].null_count():
        return frame
    joined = frame.join(known, on="block_number", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("block_hash", "known").alias("block_hash")).drop("known")


def _read(file: _File, span: Span, chain_id: int | None) -> pl.DataFrame:
    dataset = datasets()[file.dataset]
    try:
        scanned = pl.scan_parquet(file.path)
        number = columns.block_column(scanned.collect_schema().names())
        frame = scanned.filter(_within(span.first, span.last, number)).collect()
        return columns.conform(dataset, _ours(file, frame), file.name.chain_id if chain_id is None else chain_id)
    except InputError as error:
        raise type(error)(f"{file.path}: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise MalformedInput(f"{file.path}: cannot be read ({type(error).__name__})") from error
    except OSError as error:
        raise SourceError(f"{file.path}: cannot be read: {error.strerror}") from error


def _ours(file: _File, frame: pl.DataFrame) -> pl.DataFrame:
    if file.name.dataset == "traces":
        return calls(frame)
    return state_changes(file.name.dataset, frame) if file.name.dataset in KINDS else frame
