"""
SOURCE arguments: a recording file or directory, a Parquet lake, or a node's URL becomes a stream of decoded pieces.

A piece is either a batch of tables or something that could not be read; one bad recording never hides the others.
"""

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import ModuleType

from tocsin.app.sources import beacon, lake, node, recorded
from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.chain.catalogue import sources
from tocsin.edge.rpc.urls import shown

READERS: Mapping[str, ModuleType] = {
    "beacon_api": beacon,
    "ethereum_json_rpc": node,
    "parquet_lake": lake,
    "recordings": recorded,
}
"""Who reads each kind of source."""
DEFAULT = "recordings"
"""What is read where no kind recognises an argument: it says best what is wrong with it."""
FILES_LOOKED_AT = 10_000
"""How many names in a directory are looked at to tell what it holds."""

__all__ = ["Batch", "Piece", "Request", "Unreadable", "needs_range", "noun", "pieces", "title", "units"]


def units(request: Request) -> int | None:
    """How many units the pieces of a source add up to, if that is known. Raises `SourceError`."""
    found: int | None = _reader(request).units(request)
    return found


def pieces(request: Request) -> Iterator[Piece]:
    """The pieces of a source, in order. Raises `SourceError` when it names nothing."""
    found: Iterator[Piece] = _reader(request).pieces(request)
    return found


def needs_range(request: Request) -> bool:
    """Whether the source has no end of its own, as a node: blocks or a transaction must be named."""
    return sources()[_kind(request)].needs_range


def noun(request: Request) -> str:
    """What the units of a source are: recordings or blocks."""
    name: str = _reader(request).NOUN
    return name


def title(request: Request) -> str:
    """The source as it may be shown: without the keys a URL may hold."""
    if _reader(request) is beacon:
        return beacon.title(request)
    return shown(request.source) if needs_range(request) else request.source


def _reader(request: Request) -> ModuleType:
    return READERS[_kind(request)]


def _kind(request: Request) -> str:
    held = _held(Path(request.source))
    return next((source.id for source in sources().values() if source.recognises(request.source, held)), DEFAULT)


def _held(path: Path) -> tuple[str, ...]:
    """The names of the files below a directory."""
    names = (name for _, _, files in os.walk(path) for name in files)
    return tuple(islice(names, FILES_LOOKED_AT))
