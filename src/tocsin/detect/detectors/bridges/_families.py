"""
The bridges that are known, as data: which events say that something was sent, and which that it arrived.

A new bridge is new rows here. Chain numbers are the protocols' own where `domains` says so; else EIP-155 chain ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.chain.signatures import topic
from tocsin.detect.detectors._event_bytes import ADDRESS, U32, U64, Bytes, indexed, inside, word


class Role(StrEnum):
    """What an event says."""

    DEPOSIT = "deposit"
    """Something was locked, burned or sent, for the other chain."""
    RELEASE = "release"
    """Something arrived: it was released, minted or delivered."""
    BEAT = "beat"
    """No event: the chain was seen at this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one bridge."""

    channel: str
    """The name that both ends share: what was sent in a channel arrives in it."""
    role: Role
    signature: str
    id: tuple[Bytes, ...]
    """What both ends say of the same message, one behind the other."""
    number: Bytes | None = None
    """The message's number, which counts up by one at its source."""
    counted_for: tuple[Bytes, ...] = ()
    """What else than the source chain the number is counted for."""
    is_counted_per_target: bool = False
    """Whether the number is counted for each target chain apart."""
    amount: Bytes | None = None
    beneficiary: Bytes | None = None
    other_chain: Bytes | None = None
    """The chain at the other end."""
    other_chain_before: str = ""
    """The event right before this one in which that stands; empty: in this one."""
    domains: Mapping[int, int] = field(default_factory=dict)
    """Chain ids by the protocol's own numbers; empty: they are chain ids."""
    is_once: bool = True
    """Whether the same message must not arrive twice."""

    @property
    def topic0(self) -> bytes:
        """The event's hash."""
        return topic(self.signature)


FAMILY = "family:bridge"
"""What an attack on a bridge is, for findings to name."""
_LOCK_AND_MINT = (
    ("lock-and-mint", "Locked(uint256,address,address,uint256,uint256)", "Minted"),
    ("burn-and-release", "Burned(uint256,address,address,uint256,uint256)", "Released"),
)
"""A validator bridge that numbers its transfers: how each way begins and ends."""


def _counted(channel: str, sent: str, arrived: str) -> tuple[Event, Event]:
    """Both ends of one way of such a bridge."""
    return (
        Event(
            channel=channel,
            role=Role.DEPOSIT,
            signature=sent,
            id=(indexed(1),),
            number=indexed(1, U64),
            beneficiary=indexed(3, ADDRESS),
            amount=word(0),
            other_chain=word(1, U64),
        ),
        Event(
            channel=channel,
            role=Role.RELEASE,
            signature=f"{arrived}(bytes32,uint256,address,uint256,uint256)",
            id=(indexed(2),),
            number=indexed(2, U64),
            beneficiary=indexed(3, ADDRESS),
            amount=word(0),
            other_chain=word(1, U64),
        ),
    )


_PROCESS = "Process(uint32,bytes32,address)"
PROCESS = topic(_PROCESS)
"""Hyperlane's event names whom a message is for: the route, which holds the tokens."""
_HYPERLANE = (
    Event(channel="hyperlane", role=Role.DEPOSIT, signature="DispatchId(bytes32)", id=(indexed(1),)),
    Event(
        channel="hyperlane",
        role=Role.RELEASE,
        signature="ProcessId(bytes32)",
        id=(indexed(1),),
        other_chain=indexed(1, U64),
        other_chain_before=_PROCESS,
    ),
)

NOMAD_DOMAINS = {
    int.from_bytes(name.encode(), "big"): chain_id
    for name, chain_id in {"eth": 1, "beam": 1284, "evms": 9001, "c1": 2001, "avax": 43114, "xdai": 100}.items()
}
"""Nomad's domains are short names read as numbers."""
_NOMAD_SENT = "Dispatch(bytes32,uint256,uint64,bytes32,bytes)"
_NOMAD = (
    Event(
        channel="nomad-message",
        role=Role.DEPOSIT,
        signature=_NOMAD_SENT,
        id=(indexed(1),),
        other_chain=indexed(3, U32, start=24),
        domains=NOMAD_DOMAINS,
    ),
    Event(channel="nomad-message", role=Role.RELEASE, signature="Process(bytes32,bool,bytes)", id=(indexed(1),)),
    Event(
        channel="nomad-transfer",
        role=Role.DEPOSIT,
        signature=_NOMAD_SENT,
        id=(indexed(3, U32),),
        number=indexed(3, U32),
        is_counted_per_target=True,
        other_chain=indexed(3, U32, start=24),
        domains=NOMAD_DOMAINS,
    ),
    Event(
        channel="nomad-transfer",
        role=Role.RELEASE,
        signature="Receive(uint64,address,address,address,uint256)",
        id=(indexed(1, U32),),
        number=indexed(1, U32),
        is_counted_per_target=True,
        beneficiary=indexed(3, ADDRESS),
        amount=word(1),
        other_chain=indexed(1, U32, start=24),
        domains=NOMAD_DOMAINS,
    ),
)

_OP_SENT = "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)"
_OP_STACK = (
    Event(channel="op-stack-proof", role=Role.DEPOSIT, signature=_OP_SENT, id=(word(3),)),
    Event(
        channel="op-stack-proof",
        role=Role.RELEASE,
        signature="WithdrawalProven(bytes32,address,address)",
        id=(indexed(1),),
        is_once=False,  # a proof against a root that was replaced is given again
    ),
    Event(channel="op-stack", role=Role.DEPOSIT, signature=_OP_SENT, id=(word(3),)),
    Event(channel="op-stack", role=Role.RELEASE, signature="WithdrawalFinalized(bytes32,bool)", id=(indexed(1),)),
)

WORMHOLE_CHAINS = {
    2: 1, 4: 56, 5: 137, 6: 43114, 10: 250, 13: 8217, 14: 42220, 16: 1284, 23: 42161, 24: 10, 25: 100, 30: 8453,
    34: 534352, 36: 81457, 38: 59144, 44: 130,
}  # fmt: skip
_WORMHOLE = (
    Event(
        channel="wormhole",
        role=Role.DEPOSIT,
        signature="LogMessagePublished(address,uint64,uint32,bytes,uint8)",
        id=(indexed(1, ADDRESS), word(0, U64)),
        number=word(0, U64),
        counted_for=(indexed(1, ADDRESS),),
    ),
    Event(
        channel="wormhole",
        role=Role.RELEASE,
        signature="TransferRedeemed(uint16,bytes32,uint64)",
        id=(indexed(2, ADDRESS), indexed(3, U64)),
        number=indexed(3, U64),
        counted_for=(indexed(2, ADDRESS),),
        other_chain=indexed(1, U64),
        domains=WORMHOLE_CHAINS,
    ),
)

LAYER_ZERO_ENDPOINTS = {
    30101: 1, 30102: 56, 30106: 43114, 30109: 137, 30110: 42161, 30111: 10, 30112: 250, 30125: 42220, 30126: 1284,
    30145: 100, 30165: 324, 30181: 5000, 30183: 59144, 30184: 8453, 30214: 534352, 30243: 81457, 30320: 130,
}  # fmt: skip
_PACKET = 4
"""The word at which the packet begins: version, nonce, source, sender, target, receiver, id, message."""
_LAYER_ZERO_SENT = "PacketSent(bytes,bytes,address)"
_SENDER_SENT, _RECEIVER_SENT, _NONCE_SENT = inside(_PACKET, 13, 32), inside(_PACKET, 61, 20), inside(_PACKET, 1, U64)
_ARRIVED = (word(1), word(3, ADDRESS), word(2, U64))
"""Sender, receiver and nonce in both events of the receiving end."""


def _layer_zero(channel: str, arrived: str, *, is_once: bool) -> tuple[Event, Event]:
    return (
        Event(
            channel=channel,
            role=Role.DEPOSIT,
            signature=_LAYER_ZERO_SENT,
            id=(_SENDER_SENT, _RECEIVER_SENT, _NONCE_SENT),
            number=_NONCE_SENT,
            counted_for=(_SENDER_SENT, _RECEIVER_SENT),
            is_counted_per_target=True,
            other_chain=inside(_PACKET, 45, U32),
            domains=LAYER_ZERO_ENDPOINTS,
        ),
        Event(
            channel=channel,
            role=Role.RELEASE,
            signature=arrived,
            id=_ARRIVED,
            number=_ARRIVED[2],
            counted_for=_ARRIVED[:2],
            is_counted_per_target=True,
            other_chain=word(0, U64),
            domains=LAYER_ZERO_ENDPOINTS,
            is_once=is_once,
        ),
    )


EVENTS: tuple[Event, ...] = (
    *(event for way in _LOCK_AND_MINT for event in _counted(*way)),
    *_HYPERLANE,
    *_NOMAD,
    *_OP_STACK,
    *_WORMHOLE,
    *_layer_zero("layer-zero", "PacketDelivered((uint32,bytes32,uint64),address)", is_once=True),
    *_layer_zero("layer-zero-proof", "PacketVerified((uint32,bytes32,uint64),address,bytes32)", is_once=False),
)
TOPICS: tuple[bytes, ...] = tuple(
    dict.fromkeys(
        topic(signature) for event in EVENTS for signature in (event.signature, event.other_chain_before) if signature
    )
)
BY_TOPIC: Mapping[bytes, tuple[Event, ...]] = {
    each: tuple(event for event in EVENTS if event.topic0 == each) for each in TOPICS
}
REPEATABLE = frozenset(event.channel for event in EVENTS if event.role is Role.RELEASE and not event.is_once)
