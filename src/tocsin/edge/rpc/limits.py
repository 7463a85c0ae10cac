"""The bounds within which endpoints are asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.chain.rpc.json_rpc import Request

MEBIBYTE = 1 << 20
_TRACING = ("trace_", "debug_")


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
    answer_seconds: float = 10.0
    """The longest a whole answer may take."""
    trace_seconds: float = 60.0
    """The longest it may take when blocks are traced for it."""
    first_backoff_seconds: float = 0.5
    rounds: int = 3
    """How often every endpoint is tried before a question is given up."""
    probe_again_seconds: float = 600.0
    """How long it is believed that a node lacks a method."""

    def patience_seconds(self, requests: Sequence[Request]) -> float:
        """How long to wait for the answer to these."""
        is_traced = any(request.method.startswith(_TRACING) for request in requests)
        return max(self.trace_seconds, self.answer_seconds) if is_traced else self.answer_seconds
