"""The reference tables: what tocsin knows by itself, with what is loaded on top of it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from tocsin.app.estate.labels import is_estate, labels_in
from tocsin.app.settings import Settings
from tocsin.detect.known import KNOWN
from tocsin.edge import known_files
from tocsin.intel.catalogue import read
from tocsin.tables.dataset import Tables


def load(paths: Sequence[str | Path]) -> Tables:
    """
    The reference tables with these files and directories on top; later rows of one token's price hold.

    An estate's file gives the labels of what it protects. Raises `SourceError`, `MalformedInput` and `EstateError`.
    """
    return joined(_read(content, name) for path in paths for name, content in known_files.contents(Path(path)))


def of_settings(settings: Settings) -> Tables:
    """What the settings say is known, and the estate's labels. Raises what `load` raises."""
    return load((*settings.known.files, *((settings.estate.file,) if settings.estate.file else ())))


def from_files(files: Mapping[str, bytes]) -> Tables:
    """The reference tables with these files, by name, on top. Raises `MalformedInput`."""
    return joined(read(content, name) for name, content in files.items())


def joined(more: Iterable[Tables]) -> Tables:
    """The reference tables with these rows on top."""
    parts = [KNOWN, *more]
    return {name: pl.concat([part[name] for part in parts if name in part]) for name in KNOWN}


def _read(content: bytes, name: str) -> Tables:
    return labels_in(content, name) if is_estate(content, name) else read(content, name)
