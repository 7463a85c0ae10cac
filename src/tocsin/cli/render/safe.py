"""
Text that others wrote, made fit to show.

Token symbols, labels, revert reasons and node answers are written by anybody, attackers included. Shown as they
come they could move the cursor, forge lines, or turn the reading order around.
"""

import unicodedata

LONGEST = 2_000
"""Characters shown of one text; the rest is counted."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that act instead of showing: controls, bidirectional marks, surrogates, separators."""


def safe(text: str) -> str:
    """The text with every character that would act written as its code, such as \\u202e, and cut where too long."""
    shown = text if text.isascii() and text.isprintable() else "".join(map(_visible, text[: LONGEST + 1]))
    if len(text) <= LONGEST:
        return shown
    return f"{shown[:LONGEST]}… ({len(text) - LONGEST:,} characters more)"


def _visible(character: str) -> str:
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in _UNSEEN else character
