"""The feed contract: one format in which others, or the organisation itself, say what they know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from tocsin.model.extension import Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The content of a file, and the rows it gives; or none, and what the error says where it is refused."""

    says: str
    name: str
    """The file's name."""
    content: bytes
    gives: Mapping[str, tuple[Mapping[str, Any], ...]]
    """By reference table: what must be in its rows, in their order, hexadecimal for bytes."""
    refuses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Extension):
    """Bytes of a file to rows of reference tables. What cannot be read is refused by line, never left out unsaid."""

    HEADINGS: ClassVar = ("What it holds", "Format", "Blind spots")
    SEPARATOR: ClassVar = "_"

    recognises: Callable[[str, bytes], bool]
    """Whether a file is one: its name, in lower case and without a compression's ending, and its first kilobyte."""
    read: Callable[[bytes, str], Mapping[str, pl.DataFrame]]
    """The rows by reference table. Raises `MalformedInput` that names the file and the line."""
    examples: tuple[Example, ...]
