"""The clock and the dice: what the inner packages are given as arguments."""

import random
import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def jitter() -> float:
    """A number from 0 to 1, to spread what would happen at the same time."""
    return random.random()  # noqa: S311 - spreads retries; nothing secret
