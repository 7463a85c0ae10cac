"""
Acknowledgement links: signed, good once, until a moment.

A token is the page, its end and a signature (HMAC-SHA-256, RFC 2104) over both, in letters that survive any URL. It is
the same at every attempt of a page, so that each of them can be answered. The store keeps its digest only, and whether
it was used: who reads the store cannot answer for somebody else.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from tocsin.model.errors import NotFound, WrongState

KEY_BYTES = 32
VALID_SECONDS = 24 * 3_600
"""As long as the longest time there is to respond (P4)."""
SIGNATURE_BYTES = 32
LONGEST_TOKEN = 256
PURPOSE = b"tocsin acknowledgement 1\x00"
"""Signed along, so that a signature for another purpose is none for this one."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token stands for."""

    page: str
    expires_at: int


def token(ticket: Ticket, key: bytes) -> str:
    """The token of a ticket: letters, digits, hyphens and underscores."""
    said = f"{ticket.page}.{ticket.expires_at}".encode()
    return base64.urlsafe_b64encode(_signature(said, key) + said).decode().rstrip("=")


def ticket(token: str, key: bytes, now: float) -> Ticket:
    """What a token stands for. Raises `NotFound` for one that was not signed here, `WrongState` for one too old."""
    raw = _bytes(token)
    signature, said = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(said, key)):
        raise NotFound("this link is none of ours, or was cut; open it from the message again")
    page, _, expires_at = said.decode().rpartition(".")
    found = Ticket(page=page, expires_at=int(expires_at))
    if now >= found.expires_at:
        raise WrongState("this link is no longer good; log in, or answer with `tocsin pages ack`")
    return found


def digest(token: str) -> str:
    """What the store keeps of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _signature(said: bytes, key: bytes) -> bytes:
    return hmac.new(key, PURPOSE + said, hashlib.sha256).digest()


def _bytes(token: str) -> bytes:
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return b""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
    return raw
