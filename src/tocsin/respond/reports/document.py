"""
A report before it has a form: sections of blocks of plain text.

No text here is markup, whoever wrote it; each form escapes all of it in one place. Only `Prose` may hold Markdown,
which people of the organisation write; even then nothing in it acts, and nothing is fetched.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or two."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """What somebody wrote, with paragraphs and perhaps Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names, each with a value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()
    """How wide each column is to the others where pages have an end; empty: as wide as it needs."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing, with what it shows in words."""

    svg: str
    says: str


Block: TypeAlias = Line | Prose | Bullets | Pairs | Table | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section with its heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    title: str
    number: str
    tlp: str
    """As it is written on every page, such as TLP:AMBER."""
    is_exercise: bool
    made: str
    """When and by whom, in words."""
    made_at: float
    parts: tuple[Part, ...]
