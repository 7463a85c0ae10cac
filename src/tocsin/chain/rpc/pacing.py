"""
When to ask: how fast, and how long to leave an endpoint alone that fails.

Arithmetic on values; `now` is passed in, in seconds of any clock that does not go back.
"""

from dataclasses import dataclass, replace

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
"""No endpoint is left alone for longer, whatever it asks for."""
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` at once. A level below zero is a queue."""

    rate: float
    burst: float
    level: float
    at: float


def full(rate: float, burst: float, now: float) -> Bucket:
    """A bucket nobody has taken from."""
    return Bucket(rate, burst, burst, now)


def take(bucket: Bucket, count: int, now: float) -> tuple[Bucket, float]:
    """The bucket without `count` tokens, and how many seconds to wait before using them."""
    elapsed = max(0.0, now - bucket.at)
    level = min(bucket.burst, bucket.level + elapsed * bucket.rate) - count
    return replace(bucket, level=level, at=max(now, bucket.at)), max(0.0, -level / bucket.rate)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often in a row an endpoint has failed, and until when it is left alone."""

    failures: int = 0
    until: float = 0.0


def after_failure(
    backoff: Backoff, now: float, jitter: float, *, first: float = FIRST_BACKOFF_SECONDS, retry_after: float = 0.0
) -> Backoff:
    """Leave it alone for twice as long as last time, between half and all of it by `jitter` (0 to 1)."""
    doubled = min(LONGEST_BACKOFF_SECONDS, first * 2.0 ** min(backoff.failures, _MOST_DOUBLINGS))
    delay = max(doubled * (0.5 + jitter / 2), min(max(retry_after, 0.0), LONGEST_RETRY_AFTER_SECONDS))
    return Backoff(backoff.failures + 1, now + delay)


def wait(backoff: Backoff, now: float) -> float:
    """How many seconds to leave it alone still."""
    return max(0.0, backoff.until - now)
