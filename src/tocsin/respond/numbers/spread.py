"""Many durations in a few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import fmean, median

NINETY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How durations are spread, in seconds; None where there are none."""

    count: int
    median: float | None
    mean: float | None
    p90: float | None
    """Nine in ten took no longer: the nearest rank, which somebody really waited."""


def spread(seconds: Sequence[float]) -> Spread:
    """The spread of these durations."""
    if not seconds:
        return Spread(count=0, median=None, mean=None, p90=None)
    ordered = sorted(seconds)
    return Spread(
        count=len(ordered), median=median(ordered), mean=fmean(ordered), p90=ordered[ceil(NINETY * len(ordered)) - 1]
    )
