"""The section contract: one module in `sections/` is one section that a report may have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from tocsin.model.extension import Extension
from tocsin.respond.reports.document import Block
from tocsin.respond.reports.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Extension):
    """A part of a report. The module's docstring says what is in it."""

    HEADINGS: ClassVar = ()

    title: str
    place: int
    """Sections stand in the order of these numbers, whichever are chosen."""
    build: Callable[[Material], tuple[Block, ...]]
    """What is in it. What is not known is said; nothing is left out in silence."""
