"""A page: one person told about one incident, on the ways he can be reached. Values, and their states by name."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.model.priority import Priority

REMINDER, CLOCK, WARNING, ROLE = "reminder", "clock", "warning", "role"
"""In place of a policy: why somebody is told outside one."""
_SHOWN = 3


class PageState(StrEnum):
    """How it stands with a page (reference: incident response, 3.12.6)."""

    PENDING = "pending"
    SENT = "sent"
    """A channel took it."""
    DELIVERED = "delivered"
    """There is a receipt."""
    ANSWERED = "answered"
    FAILED = "failed"
    """No way took it."""
    SUPERSEDED = "superseded"
    """The incident was acknowledged or closed, or told anew."""

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self in (PageState.PENDING, PageState.SENT, PageState.DELIVERED)


class WayState(StrEnum):
    """How it stands with one way of a page."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Outcome(StrEnum):
    """What became of an attempt."""

    SENDING = "sending"
    """Written before it is sent."""
    SENT = "sent"
    DELIVERED = "delivered"
    BUSY = "busy"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """tocsin was stopped meanwhile: it may have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One person told about one incident."""

    id: str
    incident: str
    person: str
    policy: str
    step: int
    round: int
    priority: Priority
    reason: str
    state: PageState
    created_at: float
    sent_at: float | None = None
    ended_at: float | None = None

    @property
    def key(self) -> str:
        """There is one page of a key, ever."""
        return f"{self.incident}:{self.policy}:{self.step}:{self.round}:{self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to send a page."""

    sequence: int
    page: str
    position: int
    channel: str
    address: str
    """Redacted."""
    tried_at: float
    ended_at: float | None
    outcome: Outcome
    detail: str
    provider_id: str
    may_be_repeat: bool


def redacted(address: str) -> str:
    """An address as it is kept in records: enough to recognise it, not to use it."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return "…" + address[-_SHOWN:] if len(address) > 2 * _SHOWN else "…"
