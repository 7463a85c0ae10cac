"""How much anybody may ask, and how long a request may take."""

import threading
from dataclasses import dataclass, field

from tocsin.respond.access.attempts import Buckets

LARGEST_BODY_BYTES = 1_000_000
"""Of a request whose route does not say otherwise."""
BODY_SECONDS = 30.0
"""How long the next part of a body may take: who sends a byte a minute holds a connection for ever."""


def _callers() -> Buckets:
    return Buckets(per_second=20.0, burst=200.0)


def _addresses() -> Buckets:
    return Buckets(per_second=5.0, burst=100.0)


def _denials() -> Buckets:
    return Buckets(per_second=0.2, burst=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A bucket for each caller, for each address that nobody is known at, and for what each address is denied."""

    callers: Buckets = field(default_factory=_callers)
    addresses: Buckets = field(default_factory=_addresses)
    denials: Buckets = field(default_factory=_denials)
    """Each denial is an entry of the audit, which only grows: who is denied more often is only told to wait."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, buckets: Buckets, name: str, now: float) -> float:
        """Take one; the seconds to wait where there is none."""
        with self.lock:
            return buckets.take(name, now)
