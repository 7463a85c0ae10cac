"""Both ends of each known bridge, encoded as their contracts do, are the same message."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from eth_abi.abi import encode
from eth_abi.packed import encode_packed

from tocsin.chain.catalogue import datasets
from tocsin.chain.signatures import topic
from tocsin.detect.checks import build
from tocsin.detect.detectors.bridges._families import EVENTS, Role
from tocsin.detect.detectors.bridges._forged_examples import FAR, HOME, block, locked, minted
from tocsin.detect.detectors.bridges._messages import MESSAGES, prepare
from tocsin.detect.detectors.bridges.forged_bridge_transfer import detector
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.tables.literal import frame, named

ETHEREUM, OTHER = 1, 10
SENDER, RECEIVER, BRIDGE = named("sender"), named("receiver"), named("bridge")


def log(chain_id: int, signature: str, topics: Sequence[Any], types: Sequence[str], values: Sequence[Any]) -> Any:
    indexed = {f"topic{n}": _word(value) for n, value in enumerate(topics, 1)}
    data = encode(types, values)
    return {"chain_id": chain_id, "topic0": topic(signature), **indexed, "address": BRIDGE, "data": data}


def _word(value: int | bytes) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def rows(*logs: dict[str, Any]) -> pl.DataFrame:
    placed = [{**each, "log_index": n} for n, each in enumerate(logs)]
    blocks = [{"chain_id": chain, "timestamp": 1_700_000_001} for chain in {each["chain_id"] for each in logs}]
    tables = {"logs": frame(datasets()["logs"].columns, placed), "blocks": frame(datasets()["blocks"].columns, blocks)}
    return prepare(tables)[MESSAGES]


def packet(nonce: int, source: int, target: int) -> bytes:
    """LayerZero's packet: version, nonce, source, sender, target, receiver, id, message."""
    types = ("uint8", "uint64", "uint32", "bytes32", "uint32", "bytes32", "bytes32", "bytes")
    values = (1, nonce, source, _word(SENDER), target, _word(RECEIVER), b"g" * 32, b"message")
    return encode_packed(types, values)


PACKET_SENT = log(
    ETHEREUM,
    "PacketSent(bytes,bytes,address)",
    (),
    ("bytes", "bytes", "address"),
    (packet(77, 30101, 30111), b"", SENDER),
)
ORIGIN = (30101, _word(SENDER), 77)

CASES = {
    "layer-zero": (
        PACKET_SENT,
        log(
            OTHER,
            "PacketDelivered((uint32,bytes32,uint64),address)",
            (),
            ("(uint32,bytes32,uint64)", "address"),
            (ORIGIN, RECEIVER),
        ),
    ),
    "layer-zero-proof": (
        PACKET_SENT,
        log(
            OTHER,
            "PacketVerified((uint32,bytes32,uint64),address,bytes32)",
            (),
            ("(uint32,bytes32,uint64)", "address", "bytes32"),
            (ORIGIN, RECEIVER, b"h" * 32),
        ),
    ),
    "wormhole": (
        log(
            ETHEREUM,
            "LogMessagePublished(address,uint64,uint32,bytes,uint8)",
            (SENDER,),
            ("uint64", "uint32", "bytes", "uint8"),
            (77, 0, b"payload", 15),
        ),
        log(OTHER, "TransferRedeemed(uint16,bytes32,uint64)", (2, SENDER, 77), (), ()),
    ),
    "nomad-transfer": (
        log(
            ETHEREUM,
            "Dispatch(bytes32,uint256,uint64,bytes32,bytes)",
            (b"m" * 32, 5, int.from_bytes(b"beam", "big") << 32 | 77),
            ("bytes32", "bytes"),
            (b"r" * 32, b"message"),
        ),
        log(
            1284,
            "Receive(uint64,address,address,address,uint256)",
            (int.from_bytes(b"eth", "big") << 32 | 77, SENDER, RECEIVER),
            ("address", "uint256"),
            (bytes(20), 900),
        ),
    ),
    "op-stack": (
        log(
            OTHER,
            "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)",
            (1, SENDER, RECEIVER),
            ("uint256", "uint256", "bytes", "bytes32"),
            (5, 6, b"data", b"w" * 32),
        ),
        log(ETHEREUM, "WithdrawalFinalized(bytes32,bool)", (b"w" * 32,), ("bool",), (True,)),
    ),
    "lock-and-mint": (
        log(
            ETHEREUM,
            "Locked(uint256,address,address,uint256,uint256)",
            (77, SENDER, RECEIVER),
            ("uint256", "uint256"),
            (900, OTHER),
        ),
        log(
            OTHER,
            "Minted(bytes32,uint256,address,uint256,uint256)",
            (b"i" * 32, 77, RECEIVER),
            ("uint256", "uint256"),
            (900, ETHEREUM),
        ),
    ),
}
NUMBERED = {event.channel for event in EVENTS if event.number}


@pytest.mark.parametrize("channel", CASES)
def test_what_is_sent_and_what_arrives_are_one_message(channel: str) -> None:
    found = rows(*CASES[channel]).filter(pl.col("channel") == channel)
    sent, arrived = (
        found.filter(pl.col("role") == role.value).row(0, named=True) for role in (Role.DEPOSIT, Role.RELEASE)
    )

    assert (sent["id"], sent["counter"]) == (arrived["id"], arrived["counter"])
    assert (sent["number"], arrived["number"]) == ((77, 77) if channel in NUMBERED else (None, None))
    assert sent["source"] == sent["chain_id"]
    assert arrived["target"] == arrived["chain_id"]
    assert sent["target"] in (None, arrived["chain_id"])
    assert arrived["source"] in (None, sent["chain_id"])


def test_hyperlane_names_the_origin_in_the_event_before() -> None:
    process = log(OTHER, "Process(uint32,bytes32,address)", (ETHEREUM, SENDER, RECEIVER), (), ())
    delivered = log(OTHER, "ProcessId(bytes32)", (b"i" * 32,), (), ())

    assert rows(process, delivered)["source"].to_list() == [ETHEREUM]
    assert rows(delivered, process)["source"].to_list() == [None]
    assert rows({**process, "address": SENDER}, delivered)["source"].to_list() == [None]


def test_every_channel_has_both_ends() -> None:
    ends = {event.channel: {each.role for each in EVENTS if each.channel == event.channel} for event in EVENTS}

    assert all(roles == {Role.DEPOSIT, Role.RELEASE} for roles in ends.values())


def test_what_somebody_writes_again_and_again_is_told_of_once_a_block_and_kind() -> None:
    """Two thousand arrivals and four thousand deposits of one message, from contracts of somebody's own making."""
    deposits = [
        locked(1, 7, amount=number) | {"log_index": number, "address": f"own {number % 2}"} for number in range(4_000)
    ]
    arrivals = [minted(2, 7, amount=9_000 + number, index=number) for number in range(2_000)]
    blocks = [block(HOME, 1, 0), block(FAR, 2, 60), block(HOME, 3, 120)]
    tables = {"logs": [*deposits, *arrivals], "blocks": blocks, "labels": ()}

    found = detect({**KNOWN, **build(detector, tables)}, [detector], {})

    assert not found.failures
    assert sorted((each.severity.word, each.title) for each in found.findings) == [
        ("medium", "A bridge accepted the same message twice"),
        ("medium", "A bridge delivered what was never sent on the other chain"),
    ]
