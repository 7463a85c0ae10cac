"""
Where notices go until there is anybody to page: JSON lines on standard output and in a file.

A notice is told at least once. Its `key` is the same however often it is told, so that a reader can drop repeats.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tocsin.edge.store.values import Notice


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell a notice."""

    name: str
    tell: Callable[[Notice], None]
    """Returns when the notice is told. Raises `OSError` when it could not be."""


def line(notice: Notice) -> str:
    """A notice as one line of JSON."""
    told = {"key": notice.key, "kind": notice.kind, "attempt": notice.attempts + 1, "finding": notice.body}
    return json.dumps(told, separators=(",", ":")) + "\n"


def to_stream(stream: TextIO, name: str) -> Channel:
    """JSON lines on a stream, each pushed out at once."""

    def tell(notice: Notice) -> None:
        stream.write(line(notice))
        stream.flush()

    return Channel(name, tell)


def to_file(path: Path) -> Channel:
    """JSON lines at the end of a file, each on the disk before it counts as told."""

    def tell(notice: Notice) -> None:
        with path.open("ab+") as file:
            file.write(_ended(file.tell(), path) + line(notice).encode())
            file.flush()
            os.fsync(file.fileno())

    return Channel("file", tell)


def _ended(size: int, path: Path) -> bytes:
    """A line end when a writer was killed in the middle of its line, so that the next begins on its own."""
    if size == 0:
        return b""
    with path.open("rb") as file:
        file.seek(size - 1)
        return b"" if file.read(1) == b"\n" else b"\n"
