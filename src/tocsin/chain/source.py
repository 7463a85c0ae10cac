"""The source contract: one kind of thing a SOURCE argument may name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tocsin.model.extension import Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What may stand on a command line, and whether it names a source of this kind."""

    says: str
    argument: str
    holds: tuple[str, ...] = ()
    """The names of the files in it, where it is a directory."""
    is_one: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Extension):
    """Where blocks come from."""

    HEADINGS: ClassVar = ("What it reads", "How it is read", "Blind spots")
    SEPARATOR: ClassVar = "_"

    gives: frozenset[str]
    """The raw datasets it may yield; which of them are there depends on the source at hand."""
    needs_range: bool
    """Whether it has no end of its own, so that first and last block must be said."""
    recognises: Callable[[str, Sequence[str]], bool]
    """Whether an argument names one: its text, and the names of the files in it where it is a directory."""
    examples: tuple[Example, ...]
