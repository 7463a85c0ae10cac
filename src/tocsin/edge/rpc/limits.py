"""The bounds within which endpoints are asked."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast, how much, how long. Seconds and bytes."""

    requests_per_second: float = 50.0
    burst_requests: float = 100.0
    """How many may be asked at once after a pause."""
    concurrent_batches: int = 8
    batch_requests: int = 50
    """How many questions go out in one message."""
    answer_bytes: int = 256 * MEBIBYTE
    """The most that is taken in one answer, unpacked. The trace of a full block can have tens of mebibytes."""
    connect_seconds: float = 10.0
    answer_seconds: float = 60.0
    """The longest a whole answer may take."""
    first_backoff_seconds: float = 0.5
    rounds: int = 3
    """How often every endpoint is tried before a question is given up."""
    probe_again_seconds: float = 600.0
    """How long it is believed that a node lacks a method."""
