"""How long to wait before trying again: longer each time, never the same for two that failed together."""

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_EXPONENT = 32
"""Past this no power of two matters: the longest delay is reached."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling delays between bounds."""

    first_seconds: float
    longest_seconds: float
    jitter: Callable[[], float]
    """Numbers from 0 to 1: each delay is between half and the whole of its turn."""

    def delay(self, attempt: int) -> float:
        """Seconds to wait after this many failures, counted from one."""
        doubled = self.first_seconds * 2.0 ** min(attempt - 1, LONGEST_EXPONENT)
        return min(doubled, self.longest_seconds) * (0.5 + self.jitter() / 2)
