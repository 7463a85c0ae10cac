"""The clock and the dice: what the inner packages are given as arguments."""

import random
import secrets
import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def dice() -> random.Random:
    """A generator that nobody can foretell from outside."""
    return random.Random()  # noqa: S311 - varies what is tried; nothing secret


def jitter() -> float:
    """A number from 0 to 1, to spread what would happen at the same time."""
    return random.random()  # noqa: S311 - spreads retries; nothing secret


def entropy(size: int) -> bytes:
    """So many bytes that nobody can guess: for ids, tokens and keys."""
    return secrets.token_bytes(size)
