"""How good the alerts of each detector are, by what people said of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from tocsin.respond.triage.verdicts import FALSE, NOISE, TRUE, Verdict

Z_95 = 1.959964
"""How many standard deviations hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Alerts of one detector with one verdict and one reason, counted."""

    detector: str
    verdict: str | None
    reason: str
    alerts: int
    oldest: float
    """When the oldest of them was received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What people said of one detector's alerts."""

    detector: str
    alerts: int
    verdicts: Mapping[Verdict, int]
    precision: float | None
    """What was true of what was true or false; None where nothing was."""
    interval: tuple[float, float] | None
    """95 % of it, after Wilson."""
    noise: tuple[tuple[str, int], ...]
    """Why alerts were not needed, the most frequent first."""
    unjudged: int
    oldest_unjudged_seconds: float | None


MOST_REASONS = 5


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927). `of` is at least 1."""
    share, squared = hits / of, Z_95**2
    middle = share + squared / (2 * of)
    half = Z_95 * sqrt(share * (1 - share) / of + squared / (4 * of**2))
    # At none and at all the bounds are 0 and 1 exactly, whatever rounding makes of them.
    low = 0.0 if hits == 0 else max(0.0, (middle - half) / (1 + squared / of))
    high = 1.0 if hits == of else min(1.0, (middle + half) / (1 + squared / of))
    return low, high


def quality(rows: Iterable[Judged], *, now: float) -> list[Quality]:
    """One entry a detector, by name."""
    by_detector: dict[str, list[Judged]] = {}
    for row in rows:
        by_detector.setdefault(row.detector, []).append(row)
    return [_quality(detector, by_detector[detector], now) for detector in sorted(by_detector)]


def _quality(detector: str, rows: list[Judged], now: float) -> Quality:
    counts: dict[Verdict, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        if row.verdict is not None:
            verdict = Verdict(row.verdict)
            counts[verdict] = counts.get(verdict, 0) + row.alerts
            if verdict in NOISE:
                said = row.reason or verdict.value
                reasons[said] = reasons.get(said, 0) + row.alerts
    hits = sum(counts.get(each, 0) for each in TRUE)
    of = hits + sum(counts.get(each, 0) for each in FALSE)
    waiting = [row for row in rows if row.verdict is None]
    return Quality(
        detector=detector,
        alerts=sum(row.alerts for row in rows),
        verdicts=counts,
        precision=hits / of if of else None,
        interval=wilson(hits, of) if of else None,
        noise=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:MOST_REASONS]),
        unjudged=sum(row.alerts for row in waiting),
        oldest_unjudged_seconds=now - min(row.oldest for row in waiting) if waiting else None,
    )
