"""Text that people and programs send: bounded, never empty where it says something, and misspellings answered."""

import difflib
from collections.abc import Iterable

from tocsin.model.errors import Unacceptable

LONGEST_NAME, LONGEST_TEXT = 200, 20_000
"""Characters of a title or name, and of anything longer."""


def bounded(what: str, text: str, most: int, *, may_be_empty: bool = False) -> str:
    """
    The text without space around it.

    Raises `Unacceptable` where it is empty, longer than `most` characters, or holds what cannot be stored.
    """
    told = text.strip()
    if not told and not may_be_empty:
        raise Unacceptable(f"{what} is missing: say it in a few words")
    if not is_storable(told):
        raise Unacceptable(f"{what} holds a character that no database keeps; write it without")
    if len(told) > most:
        raise Unacceptable(f"{what} has {len(told):,} characters; at most {most:,}")
    return told


def is_storable(text: str) -> bool:
    """Whether every database keeps it: no NUL, which PostgreSQL refuses, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the nearest right spelling, and what else there is."""
    every = list(known)
    near = difflib.get_close_matches(name, every, n=1, cutoff=0)
    return f"; did you mean {near[0]!r}? Known: {', '.join(every[:30])}" if near else "; there is none"
