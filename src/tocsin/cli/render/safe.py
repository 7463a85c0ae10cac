"""
Text that others wrote, made fit to show.

Token symbols, labels, revert reasons and node answers are written by anybody, attackers included. Shown as they
come they could move the cursor, forge lines, or turn the reading order around.
"""

LONGEST = 2_000
"""Characters shown of one text; the rest is counted."""


def safe(text: str) -> str:
    """
    The text with every character that would act written as its code, such as \\u202e, and cut where too long.

    Those are controls, line ends, bidirectional marks, surrogates, and spaces that are not the space.
    """
    shown = "".join(map(_visible, text[:LONGEST]))
    more = len(text) - LONGEST
    return f"{shown}… ({more:,} characters more)" if more > 0 else shown


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"
