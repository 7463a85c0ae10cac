"""What can be wrong with the legs of one swap."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.detect.detectors.htlc._locks import Leg, Row
from tocsin.model.finding import Severity

MARGIN_SECONDS = 3_600
"""By which the first lock must outlast the second (reference: detection, section 4.30)."""
NEAR_SHARE = 0.25
"""Of a lock's time: with less left, it is nearly over (the same)."""
SECRET_BITS = 64
"""A secret below this many bits can be found by trying."""

MOST_LEGS = 100
"""Under one hash: anybody can write events, and every two legs are compared."""

IsNew = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong, at the event with which it became so."""

    kind: str
    at: Row
    leg: Leg
    """The leg whose owner is worse off."""
    other: Leg
    severity: Severity
    confidence: float
    seconds: int
    """What there is left, or missing: which, is told by the kind."""


def faults(legs: Sequence[Leg], is_new: IsNew) -> Iterator[Fault]:
    """All that is wrong with the legs under one hash, so far as these new rows made it so."""
    if len(legs) > MOST_LEGS:
        legs = (*legs[: MOST_LEGS // 2], *legs[-MOST_LEGS // 2 :])
    for first, second in _pairs(legs):
        yield from _order(first, second, is_new)
        yield from (fault for pair in ((first, second), (second, first)) for fault in _shown(*pair, is_new))
    for leg in legs:
        yield from _known_secret(leg, legs, is_new)
        yield from _weak_secret(leg, is_new)


def _pairs(legs: Sequence[Leg]) -> Iterator[tuple[Leg, Leg]]:
    """The legs of one swap: what one gives the other, and gets for it, in the order of time."""
    for number, second in enumerate(legs):
        for first in legs[:number]:
            if _are_opposite(first.lock, second.lock):
                yield first, second


def _are_opposite(one: Row, other: Row) -> bool:
    """On one chain the receiver of one is the sender of the other; on two they may have other addresses."""
    if one["sender"] == other["sender"]:
        return False
    return bool(one["chain_id"] != other["chain_id"] or one["receiver"] == other["sender"])


def _order(first: Leg, second: Leg, is_new: IsNew) -> Iterator[Fault]:
    """Who locks first knows the secret, and must lock for longer: else he takes his own back and claims the other."""
    one, other = first.lock, second.lock
    if one["until"] is None or other["until"] is None or not (is_new(one) or is_new(other)):
        return
    left = one["until"] - other["until"]
    if left >= MARGIN_SECONDS or not first.is_open(other["timestamp"]):
        return
    severity, confidence = (Severity.HIGH, 0.85) if left <= 0 else (Severity.MEDIUM, 0.6)
    yield Fault("order", other, second, first, severity, confidence, left)


def _shown(claimed: Leg, still: Leg, is_new: IsNew) -> Iterator[Fault]:
    """The secret is shown on one leg, and whose leg it was cannot use it on the other, or hardly."""
    for claim in claimed.claims[:1]:
        refund = still.refund(claim["timestamp"])
        if refund is not None and (is_new(claim) or is_new(refund)):
            yield Fault("both", claim, claimed, still, Severity.CRITICAL, 0.9, 0)
        elif refund is None and still.is_open(claim["timestamp"]) and (is_new(claim) or is_new(still.lock)):
            yield from _nearly_over(claim, claimed, still)
        for late in still.refunds[:1]:
            if late["timestamp"] > claim["timestamp"] and (is_new(claim) or is_new(late)):
                yield Fault("late", late, claimed, still, Severity.HIGH, 0.8, late["timestamp"] - claim["timestamp"])


def _nearly_over(claim: Row, claimed: Leg, still: Leg) -> Iterator[Fault]:
    lock, now = still.lock, claim["timestamp"]
    if lock["until"] is None or lock["timestamp"] > now:
        return
    left = lock["until"] - now
    if left < max(MARGIN_SECONDS, NEAR_SHARE * (lock["until"] - lock["timestamp"])):
        yield Fault("near", claim, claimed, still, Severity.CRITICAL, 0.9, max(left, 0))


def _known_secret(leg: Leg, legs: Sequence[Leg], is_new: IsNew) -> Iterator[Fault]:
    """Locked under a hash whose secret had been shown before: it can be claimed with nothing given for it."""
    for other in legs:
        for claim in other.claims[:1]:
            seconds = leg.lock["timestamp"] - claim["timestamp"]
            if seconds > 0 and (is_new(leg.lock) or is_new(claim)):
                yield Fault("known", leg.lock, leg, other, Severity.HIGH, 0.8, seconds)
                return


def _weak_secret(leg: Leg, is_new: IsNew) -> Iterator[Fault]:
    for claim in leg.claims[:1]:
        secret = claim["preimage"]
        if secret is not None and int.from_bytes(secret, "big") < 1 << SECRET_BITS and is_new(claim):
            yield Fault("weak", claim, leg, leg, Severity.MEDIUM, 0.7, 0)
