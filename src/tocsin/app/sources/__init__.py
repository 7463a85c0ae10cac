"""
SOURCE arguments: a recording file or directory, a Parquet lake, or a node's URL becomes a stream of decoded pieces.

A piece is either a batch of tables or something that could not be read; one bad recording never hides the others.
"""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tocsin.app.sources import lake, node, recorded
from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.edge.rpc.urls import shown

__all__ = ["Batch", "Piece", "Request", "Unreadable", "is_node", "noun", "pieces", "title", "units"]


def units(request: Request) -> int | None:
    """How many units the pieces of a source add up to, if that is known. Raises `SourceError`."""
    found: int | None = _kind(request).units(request)
    return found


def pieces(request: Request) -> Iterator[Piece]:
    """The pieces of a source, in order. Raises `SourceError` when it names nothing."""
    found: Iterator[Piece] = _kind(request).pieces(request)
    return found


def is_node(request: Request) -> bool:
    """Whether the source is a node's URL."""
    return request.source.startswith(node.SCHEMES)


def noun(request: Request) -> str:
    """What the units of a source are: recordings or blocks."""
    name: str = _kind(request).NOUN
    return name


def title(request: Request) -> str:
    """The source as it may be shown: without the keys a URL may hold."""
    return shown(request.source) if is_node(request) else request.source


def _kind(request: Request) -> ModuleType:
    if is_node(request):
        return node
    return lake if lake.is_lake(Path(request.source)) else recorded
