"""Text of strangers before it takes any form: nothing that moves, hides or turns what is read."""

LONGEST = 20_000
"""Characters kept of one text; the rest is counted."""


def line(text: str) -> str:
    """The text on one line; characters that act are written as their code."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """The text with its line ends, other characters that act written as their code, cut where it is too long."""
    shown = "".join(each if each.isprintable() or each == "\n" else f"\\u{ord(each):04x}" for each in text[:LONGEST])
    more = len(text) - LONGEST
    return f"{shown}… ({more:,} characters more)" if more > 0 else shown
