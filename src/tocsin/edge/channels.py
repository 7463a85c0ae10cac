"""
Where notices go until there is anybody to page: JSON lines on standard output and in a file.

A notice is told at least once. Its `key` is the same however often it is told, so that a reader can drop repeats.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TextIO

from tocsin.edge.store.values import Notice
from tocsin.model.errors import SettingError


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
    """
    JSON lines at the end of a file, each on the disk before it counts as told.

    Raises `SettingError` when there is no folder for it.
    """
    if not path.parent.is_dir():
        raise SettingError(f"[outbox] file: there is no folder {path.parent}; make it, or name another")

    def tell(notice: Notice) -> None:
        with path.open("ab+", buffering=0) as file:
            size = file.tell()
            try:
                _append(file, _ended(size, path) + line(notice).encode())
            except OSError:
                file.truncate(size)  # half a line would stand before the whole one that follows
                raise

    return Channel("file", tell)


def _append(file: FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]
    os.fsync(file.fileno())


def _ended(size: int, path: Path) -> bytes:
    """A line end when a writer was killed in the middle of its line, so that the next begins on its own."""
    if size == 0:
        return b""
    with path.open("rb") as file:
        file.seek(size - 1)
        return b"" if file.read(1) == b"\n" else b"\n"
