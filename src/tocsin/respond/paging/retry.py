"""When a way to reach somebody is tried again, and when it is given up."""

MOST_ATTEMPTS = 4
"""Attempts of one way; then it has failed, and the next one is tried at once."""
FIRST_SECONDS, LONGEST_SECONDS = 5.0, 60.0
IMPATIENT_SECONDS = 30.0
"""Where a channel asks for more patience than this the person's next way is tried meanwhile."""
LONGEST_ASKED_SECONDS = 3_600.0
"""What a channel may ask for at most: it is somebody else's number."""


def delay(attempts: int, asked_seconds: float) -> float:
    """How long to wait after so many failed attempts: doubled each time, and no less than the channel asked for."""
    backoff = min(LONGEST_SECONDS, FIRST_SECONDS * float(2 ** (attempts - 1)))
    return max(backoff, min(asked_seconds, LONGEST_ASKED_SECONDS))


def is_given_up(attempts: int) -> bool:
    """Whether a way that was tried so often has failed."""
    return attempts >= MOST_ATTEMPTS
