"""Text that people and programs send: bounded, never empty where it says something, and misspellings answered."""

import difflib
from collections.abc import Iterable

from tocsin.model.errors import Unacceptable

LONGEST_NAME, LONGEST_TEXT = 200, 20_000
"""Characters of a title or name, and of anything longer."""


def bounded(what: str, text: str, most: int, *, may_be_empty: bool = False) -> str:
    """The text without space around it. Raises `Unacceptable` where it is empty or longer than `most` characters."""
    told = text.strip()
    if not told and not may_be_empty:
        raise Unacceptable(f"{what} is missing: say it in a few words")
    if len(told) > most:
        raise Unacceptable(f"{what} has {len(told):,} characters; at most {most:,}")
    return told


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the nearest right spelling, and what else there is."""
    every = list(known)
    near = difflib.get_close_matches(name, every, n=1, cutoff=0)
    return f"; did you mean {near[0]!r}? Known: {', '.join(every[:30])}" if near else "; there is none"
