"""How fast people must respond."""

from enum import StrEnum

MINUTE_SECONDS, HOUR_SECONDS = 60, 3_600


class Priority(StrEnum):
    """How fast people must respond (reference: incident response, section 4.1). P1 sorts first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def response_seconds(self) -> int:
        """A response must come before this many seconds have passed: at exactly so many it is late."""
        return _RESPONSE_SECONDS[self]

    @property
    def word(self) -> str:
        """What people call it."""
        return _WORDS[self]


_RESPONSE_SECONDS = {
    Priority.P1: 15 * MINUTE_SECONDS,
    Priority.P2: HOUR_SECONDS,
    Priority.P3: 4 * HOUR_SECONDS,
    Priority.P4: 24 * HOUR_SECONDS,
}
_WORDS = {Priority.P1: "critical", Priority.P2: "high", Priority.P3: "medium", Priority.P4: "low"}
