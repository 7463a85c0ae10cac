"""How bad a mint or burn that nobody paid for is, by its share of the supply and by what came before."""

from fractions import Fraction

from tocsin.detect.detectors.tokens._supply import Change
from tocsin.model.finding import Severity

LARGE_SHARE = Fraction(1, 100)
"""Of the supply (reference: detection, section 4.26)."""
DOUBLED_SHARE = Fraction(1, 2)
"""Of the supply after a mint: it was no more than this before."""
OUTLIER_Z = 6.0
"""Robust z of the amount (the same)."""
TIMES_LARGEST = 10.0
"""Without a supply: how many times the largest amount seen."""
OBSERVATIONS_FOR_MEDIUM = 200
"""How many amounts an outlier needs to be more than low (reference: detection, section 4.0, baselines)."""
MINTS_FOR_UNSEEN, MINTS_FOR_ESTABLISHED = 5, 3


def severity(change: Change, share: Fraction | None, *, is_old: bool) -> Severity | None:
    if share is None:
        is_known = len(change.past.amounts) >= MINTS_FOR_ESTABLISHED
        is_huge = is_known and change.amount >= TIMES_LARGEST * change.past.most
        return Severity.HIGH if is_huge and change.kind == "mint" else _by_history(change)
    if share < LARGE_SHARE or not (is_old or change.past.amounts):
        return _by_history(change)
    if change.kind == "mint" and share >= DOUBLED_SHARE:
        is_established = is_old or len(change.past.amounts) >= MINTS_FOR_ESTABLISHED
        return Severity.CRITICAL if is_established else Severity.HIGH
    if change.is_unseen:
        return Severity.CRITICAL if change.kind == "mint" else Severity.HIGH
    return Severity.MEDIUM if change.amount > change.past.most else _by_history(change)


def _by_history(change: Change) -> Severity | None:
    """What the size alone says, and who did it."""
    if change.z > OUTLIER_Z:
        return Severity.MEDIUM if len(change.past.amounts) >= OBSERVATIONS_FOR_MEDIUM else Severity.LOW
    is_unseen = change.is_unseen and change.kind == "mint" and len(change.past.amounts) >= MINTS_FOR_UNSEEN
    return Severity.LOW if is_unseen else None
