"""
Hash time locks that are known, as data: which events say that something was locked, claimed or taken back.

A contract with other events is new rows here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.chain.signatures import topic
from tocsin.detect.detectors._event_bytes import ADDRESS, U64, Bytes, indexed, word


class Role(StrEnum):
    """What an event says."""

    LOCK = "lock"
    CLAIM = "claim"
    REFUND = "refund"


_FIRST = indexed(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one kind of contract."""

    role: Role
    signature: str
    id: Bytes = _FIRST
    """The lock, at its contract."""
    hash: Bytes | None = None
    """What the secret must hash to."""
    sender: Bytes | None = None
    receiver: Bytes | None = None
    token: Bytes | None = None
    """None: the native coin."""
    amount: Bytes | None = None
    until: Bytes | None = None
    """The time, in seconds since 1970, from which the sender may take it back."""
    preimage: Bytes | None = None
    """The secret, where the event shows it."""


def _lock(signature: str, **where: Bytes) -> Event:
    return Event(role=Role.LOCK, signature=signature, **where)


_SIDES = {"sender": indexed(2, ADDRESS), "receiver": indexed(3, ADDRESS)}
_FIRST_WORD_TOKEN = {"token": word(0, ADDRESS), "amount": word(1), "hash": word(2), "until": word(3, U64)}

EVENTS: tuple[Event, ...] = (
    _lock("Locked(bytes32,address,address,address,uint256,bytes32,uint256)", **_SIDES, **_FIRST_WORD_TOKEN),
    Event(role=Role.CLAIM, signature="Claimed(bytes32,bytes32)", preimage=word(0)),
    Event(role=Role.REFUND, signature="Refunded(bytes32)"),
    _lock("HTLCERC20New(bytes32,address,address,address,uint256,bytes32,uint256)", **_SIDES, **_FIRST_WORD_TOKEN),
    Event(role=Role.CLAIM, signature="HTLCERC20Withdraw(bytes32)"),
    Event(role=Role.REFUND, signature="HTLCERC20Refund(bytes32)"),
    _lock(
        "LogHTLCNew(bytes32,address,address,uint256,bytes32,uint256)",
        **_SIDES,
        amount=word(0),
        hash=word(1),
        until=word(2, U64),
    ),
    Event(role=Role.CLAIM, signature="LogHTLCWithdraw(bytes32)"),
    Event(role=Role.REFUND, signature="LogHTLCRefund(bytes32)"),
    # Boltz counts in blocks: its locks have no time to compare. A lock is named by its hash.
    _lock(
        "Lockup(bytes32,uint256,address,address,uint256)",
        hash=indexed(1),
        sender=indexed(2, ADDRESS),
        receiver=word(1, ADDRESS),
        amount=word(0),
    ),
    _lock(
        "Lockup(bytes32,uint256,address,address,address,uint256)",
        hash=indexed(1),
        sender=indexed(2, ADDRESS),
        token=word(1, ADDRESS),
        receiver=word(2, ADDRESS),
        amount=word(0),
    ),
    Event(role=Role.CLAIM, signature="Claim(bytes32,bytes32)", preimage=word(0)),
    Event(role=Role.REFUND, signature="Refund(bytes32)"),
)
BY_TOPIC: Mapping[bytes, Event] = {topic(event.signature): event for event in EVENTS}
