"""Recordings on disk: one file, or every recording below a directory, read one at a time."""

import gzip
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from tocsin.chain.codecs.recording import parse, parse_all, render
from tocsin.chain.recording import Recording
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import MalformedInput, SourceError

SUFFIXES = (".json", ".json.gz")
GROUND_TRUTH = "truth.json"
"""What really happened in the recordings of a directory; itself no recording."""
COMPRESSION = 6


def paths(path: Path) -> list[Path]:
    """
    The recording files that a path names, in the order of their names.

    Raises `SourceError` when there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceError(f"{path}: no such file or directory{nearest(path)}")
    found = sorted(each for each in path.rglob("*.json*") if _is_recording(each))
    if not found:
        raise SourceError(f"{path}: no recording in it; they end in .json or .json.gz")
    return found


def _is_recording(path: Path) -> bool:
    return path.name.endswith(SUFFIXES) and path.name != GROUND_TRUTH and path.is_file()


def nearest(path: Path) -> str:
    """Words that name what is there and most like it; empty where nothing is."""
    siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    close = get_close_matches(path.name, siblings, n=1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""


def read_one(path: Path, chain_id: int | None = None) -> Recording:
    """
    Read one recording. `chain_id` serves one that does not name its chain.

    Raises `MalformedInput` for what is no recording and `SourceError` when the file cannot be read.
    """
    return parse(_bytes(path), str(path), chain_id)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def read_all(path: Path, chain_id: int | None = None) -> list[Recording | MalformedInput]:
    """What one file holds: a recording, or the answers of a pasted batch and what is wrong with some. As `read_one`."""
    return parse_all(_bytes(path), str(path), chain_id)


def read(path: Path, chain_id: int | None = None) -> Iterator[Recording]:
    """Every recording that a path names, one after the other; raises as `paths` and `read_one`."""
    for each in paths(path):
        yield read_one(each, chain_id)


def count(path: Path) -> int:
    """How many recordings a path names."""
    return len(paths(path))


def write(recording: Recording, path: Path) -> None:
    """
    Write a recording so that it is there whole or not at all; compressed when the name ends in .gz.

    Raises `StoreFull` when there is no room and `SourceError` when the place cannot be written.
    """
    data = render(recording)
    packed = gzip.compress(data, COMPRESSION, mtime=0) if path.name.endswith(".gz") else data
    write_whole(path, lambda file: file.write(packed))
