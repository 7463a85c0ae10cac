"""
What a channel wants sent, and what came back: plain values. `tocsin.edge.sending.sender` does the sending.

URLs, headers and passwords hold keys, so no value shows them when it is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request. It is never redirected, and its answer is read up to a bound."""

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail to one mailbox, by SMTP."""

    host: str
    port: int
    security: str
    """`tls` from the first byte, `starttls` before anything is said, or `plain` on one's own network."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sender: str
    recipient: str
    content: bytes
    """The whole message, lines ended as SMTP wants them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One UDP datagram."""

    host: str
    port: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Bytes over one TCP connection that is opened for them."""

    host: str
    port: int
    data: bytes
    is_tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fanout:
    """What apprise is to tell: its network calls are its own."""

    url: str = field(repr=False)
    title: str
    text: str
    urgency: str
    """As apprise calls it: info, success, warning, failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Text for the standard error of the process."""

    text: str


Sending = HttpRequest | Mail | Datagram | Stream | Fanout | Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What an HTTP server answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""
    body: bytes = b""
    """Up to the bound; what follows was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReply:
    """The last thing a mail server said (RFC 5321, section 4.2)."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """It left this machine, and nobody says more."""


Answer = HttpAnswer | MailReply | Handed
