"""Validators in a sentence: the first of them, and how many more there are."""

from collections.abc import Sequence

SHOWN_VALIDATORS = 20


def listed(validators: Sequence[int]) -> tuple[str, str]:
    """Those that are shown, and what is said of the others: empty where there are none."""
    more = len(validators) - SHOWN_VALIDATORS
    return ", ".join(map(str, validators[:SHOWN_VALIDATORS])), f" and {more} more" if more > 0 else ""
