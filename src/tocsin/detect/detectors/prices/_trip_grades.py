"""Which round trips tell of a wrong price, and how bad that is."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.chain.tokens import TOKENS
from tocsin.detect.detectors.prices import _round_trips
from tocsin.detect.detectors.prices._price_cases import Case
from tocsin.detect.detectors.prices._price_reads import DISTORTION
from tocsin.detect.detectors.prices._round_trips import Trip
from tocsin.model.finding import Severity

HIGH_DOLLARS = 10_000
"""A gain that makes it bad by itself."""
GROWN = 1.3
"""How many times what was given must come back where no known price says what it is worth."""
LEAST_GROWN = 1.001
"""Less than this is rounding, interest or rebasing."""
SEVERAL_TOKENS = 2
OWN_SHARE = 0.5
"""How much of the gain a contract that is no pool must have lost itself."""

CONFIDENCE_HIGH = 0.85
CONFIDENCE_UNPRICED = 0.6
CONFIDENCE_MEDIUM = 0.4


@dataclass(frozen=True, slots=True)
class Grade:
    """The trips with one counterpart, and what to make of them."""

    trips: list[Trip]
    severity: Severity
    confidence: float
    dollars: float
    """About how much more came back than was given, of tokens with a known price."""


def graded(case: Case) -> Iterator[Grade]:
    """The trips that tell of a wrong price, by counterpart."""
    by_counterpart: dict[bytes, list[Trip]] = {}
    for trip in _round_trips.round_trips(case.moves, case.walk(), case.members):
        if trip.rate >= LEAST_GROWN and _is_its_own(case, trip):
            by_counterpart.setdefault(trip.counterpart, []).append(trip)
    for counterpart, trips in by_counterpart.items():
        worth = sum(case.prices.dollars(case.root["chain_id"], trip.token, trip.gain) or 0.0 for trip in trips)
        moved = case.seen.moved(counterpart) >= DISTORTION
        severity, confidence = _grade(trips, worth, is_pool=counterpart in case.pools, moved=moved)
        if severity > Severity.INFO:
            yield Grade(trips, severity, confidence, worth)


def _is_its_own(case: Case, trip: Trip) -> bool:
    """
    Whether what came back was the counterpart's to lose.

    A router passes on what others pay, and so does a manager of several pools: to trade between them is arbitrage. A
    pool may have been paid by somebody else in between.
    """
    pools = case.pools.get(trip.counterpart, 0)
    if pools:
        return pools == 1 and not trip.brought_more
    known = (case.root["chain_id"], trip.counterpart) in TOKENS
    return not known and -case.net.get((trip.counterpart, trip.token), 0.0) >= OWN_SHARE * trip.gain


def _grade(trips: list[Trip], worth: float, *, is_pool: bool, moved: bool) -> tuple[Severity, float]:
    if worth >= HIGH_DOLLARS:
        return Severity.HIGH, CONFIDENCE_HIGH
    grown = sum(trip.rate >= GROWN for trip in trips)
    if grown >= SEVERAL_TOKENS or (is_pool and (moved or grown)):
        return Severity.HIGH, CONFIDENCE_UNPRICED
    return (Severity.MEDIUM if grown or is_pool else Severity.INFO), CONFIDENCE_MEDIUM
