"""Beacon answers and events become tables, or the named error: whatever a node says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_server import Chain, Node, header_root, root
from tocsin.chain import codecs
from tocsin.chain.beacon import keys, networks
from tocsin.chain.beacon.events import MOST_EVENT_BYTES, Message, Stream, read
from tocsin.chain.beacon.requests import EVENTS_PATH, FINALITY, NODE, Request, of_epoch, of_slot
from tocsin.chain.catalogue import datasets
from tocsin.chain.codecs.recording import parse, render
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput, InputError, MalformedInput

BOTH = "0x" + "11" * 32, "0x" + "22" * 32


@contextmanager
def named(name: str) -> Iterator[None]:
    """Passes over an error of somebody else's bytes, if it says whose they are."""
    try:
        yield
    except InputError as error:
        if name not in str(error):
            raise AssertionError(f"{error} does not name {name}") from error


def recorded(answers: dict[str, Any], chain_id: int = 1) -> Recording:
    return parse(json.dumps({"chain_id": chain_id, **answers}).encode(), "the recording")


def tables(answers: dict[str, Any]) -> dict[str, pl.DataFrame]:
    return dict(codecs.tables([recorded(answers)]))


def asked(node: Node, *requests: Request) -> dict[str, Any]:
    """What the node answers to these, as a recording keeps it."""
    told = {}
    for each in requests:
        path, _, query = each.path.partition("?")
        said = dict(part.split("=") for part in query.split("&")) if query else {}
        body = None if each.body is None else json.loads(each.body)
        told[each.key()] = node.answer(path, {name: [value] for name, value in said.items()}, body)
    return told


def attestation(slot: int, target: str, *validators: int) -> dict[str, Any]:
    data = {"slot": str(slot), "index": "0", "target": {"epoch": "1", "root": target}}
    return {"attesting_indices": [str(one) for one in validators], "data": data, "signature": "0x"}


def test_a_look_at_a_node_gives_each_dataset_with_its_schema() -> None:
    node = Node(
        Chain(70, twice=70),
        peers=[
            {"peer_id": "a", "last_seen_p2p_address": "/ip4/8.8.8.8/tcp/9000", "state": "connected"},
            {"peer_id": "b", "last_seen_p2p_address": "/ip4/10.0.0.8/tcp/9000", "state": "connected"},
            {"peer_id": "c", "last_seen_p2p_address": "/ip4/8.8.4.4/tcp/9000", "state": "disconnected"},
        ],
        validators=[
            {"index": "7", "balance": "32", "status": "active_ongoing", "validator": {"pubkey": "0x" + "aa" * 48}}
        ],
        inclusion={"current_epoch_active_gwei": 9, "previous_epoch_target_attesting_gwei": 6},
    )
    found = tables(asked(node, *NODE, FINALITY, *of_slot(70), *of_epoch(2, ["7"])))
    for name, frame in found.items():
        if name in datasets() and datasets()[name].asked_of:
            assert frame.schema == datasets()[name].schema, name
    heads = found["beacon_blocks"].sort("is_canonical")
    assert heads["slot"].to_list() == [70, 70]
    assert heads["block_root"].n_unique() == 2
    assert heads["sync_signers"].to_list() == [None, 508]
    assert heads["block_number"].to_list() == [15_000_070] * 2
    assert found["finality"].row(0, named=True)["head_epoch"] == 2
    assert found["peers"]["network"].to_list() == ["8.8.0.0/16", None]
    assert found["participation"].row(0, named=True)["epoch"] == 0  # in epoch 2, the last of which all is in
    assert found["own_validators"]["is_live"].to_list() == [None, True]
    assert found["validator_duties"].height == 32
    status = found["node_status"].row(0, named=True)
    assert (status["head_number"], status["peers"], status["is_syncing"]) == (70, 3, False)


def test_events_and_bodies_tell_of_slashings_exits_and_reorgs() -> None:
    header = {"slot": "9", "proposer_index": "5", "parent_root": BOTH[0], "state_root": BOTH[0], "body_root": BOTH[0]}
    other = {**header, "body_root": BOTH[1]}
    slashed = {"attestation_1": attestation(8, BOTH[0], 1, 2, 3), "attestation_2": attestation(9, BOTH[1], 2, 3, 4)}
    events = [
        ("proposer_slashing", {"signed_header_1": {"message": header}, "signed_header_2": {"message": other}}),
        ("attester_slashing", slashed),
        ("voluntary_exit", {"message": {"epoch": "4", "validator_index": "77"}, "signature": "0x"}),
        (
            "chain_reorg",
            {"slot": "9", "depth": "2", "old_head_block": BOTH[0], "new_head_block": BOTH[1], "epoch": "0"},
        ),
        ("head", {"slot": "9", "block": BOTH[0]}),
        ("finalized_checkpoint", {"block": BOTH[0], "epoch": "3"}),
        ("attestation", {"what": "nobody reads"}),
    ]
    told = {Request(EVENTS_PATH).key("one"): [{"event": name, "data": data} for name, data in events]}
    found = tables(told)
    proposer, *attesters = found["slashings"].to_dicts()
    assert (proposer["validator_index"], proposer["first_root"].hex()) == (5, header_root(header)[2:])
    assert proposer["second_root"].hex() == header_root(other)[2:]
    assert [row["validator_index"] for row in attesters] == [2, 3]
    assert found["voluntary_exits"].row(0, named=True)["validator_index"] == 77
    assert found["reorgs"].row(0, named=True)["depth"] == 2
    assert set(found["reorgs"]["observer"]) == {"one"}


def test_an_execution_node_tells_of_itself() -> None:
    found = tables(
        {
            "eth_syncing": {"currentBlock": "0x10", "highestBlock": "0x20", "startingBlock": "0x0"},
            "net_peerCount": "0x3",
            "txpool_status": {"pending": "0x7", "queued": "0x1"},
            "web3_clientVersion": "Geth/v1.13",
            "admin_peers": [{"id": "p", "name": "Besu/v1", "network": {"remoteAddress": "[2606:4700::1]:30303"}}],
        }
    )
    status = found["node_status"].row(0, named=True)
    assert (status["head_number"], status["target_number"], status["peers"]) == (16, 32, 3)
    assert (status["pending_transactions"], status["client"], status["is_syncing"]) == (7, "Geth/v1.13", True)
    assert found["peers"].row(0, named=True)["network"] == "2606:4700::/32"
    assert "node_status" not in tables({"eth_syncing": None, "beacon:/eth/v1/node/peers": None})


def test_rows_stand_at_the_block_of_their_recording() -> None:
    block = {"number": "0x5", "hash": BOTH[0], "parentHash": BOTH[1], "timestamp": "0x1"}
    node = Node(Chain(3))
    found = tables({"eth_getBlockByNumber": block, **asked(node, *of_slot(3), FINALITY)})
    for name in ("beacon_blocks", "finality"):
        assert found[name]["block_number"].to_list() == [5], name
        assert found[name]["block_hash"][0].hex() == BOTH[0][2:], name


def test_a_recording_without_any_of_it_has_none_of_it() -> None:
    there = tables({"eth_getBlockByNumber": {"number": "0x5", "hash": BOTH[0]}})
    assert not {name for name, dataset in datasets().items() if dataset.asked_of} & there.keys()


def test_recordings_that_tell_differently_are_not_mixed() -> None:
    node = Node(Chain(3))
    one, other = recorded(asked(node, FINALITY)), recorded(asked(node, *NODE))
    with pytest.raises(InconsistentInput, match="the recording"):
        codecs.tables([one, other])
    assert [len(run) for run in codecs.batches([one, one, other])] == [2, 1]


def test_a_header_that_does_not_hash_to_its_root_is_refused() -> None:
    node = Node(Chain(3))
    told = asked(node, of_slot(3)[0])
    (answer,) = told.values()
    answer["data"][0]["root"] = root("a lie")
    with pytest.raises(InconsistentInput, match="slot 3 hashes to"):
        tables(told)


GOOD = {"beacon:/eth/v1/node/syncing": {"data": {"head_slot": "1", "sync_distance": "0", "is_syncing": False}}}
BAD: list[Any] = [
    [], 7, "x", {}, {"data": None}, {"data": []},
    {"data": {"head_slot": "-1", "sync_distance": "0", "is_syncing": False}},
    {"data": {"head_slot": "0x1", "sync_distance": "0", "is_syncing": False}},
    {"data": {"head_slot": "99999999999999999999", "sync_distance": "0", "is_syncing": False}},
    {"data": {"head_slot": "1", "sync_distance": "18446744073709551615", "is_syncing": False}},
    {"data": {"head_slot": "1", "sync_distance": "0", "is_syncing": "maybe"}},
]  # fmt: skip


@pytest.mark.parametrize("answer", BAD)
def test_an_answer_that_is_none_is_refused_by_name(answer: Any) -> None:
    assert tables(GOOD)["node_status"].height == 1
    with pytest.raises(MalformedInput, match="the recording"):
        tables({"beacon:/eth/v1/node/syncing": answer})


KINDS = sorted(template for templates in keys.TEMPLATES.values() for template in templates)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.just("0x" + "ab" * 32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["data", "message", "header", "root", "slot", "body", "index", "validator", "epoch", "event", "finalized"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KINDS), anything, min_size=1, max_size=3))
def test_whatever_a_node_says_is_read_or_refused_by_name(told: dict[str, Any]) -> None:
    with named("the recording"):
        codecs.tables([recorded({f"beacon:{path}": answer for path, answer in told.items()})])


def test_what_is_written_is_read_back() -> None:
    recording = recorded(asked(Node(Chain(40)), *NODE, *of_slot(40)))
    again = parse(render(recording), "the recording")
    assert {name: frame.to_dicts() for name, frame in codecs.tables([again]).items()} == {
        name: frame.to_dicts() for name, frame in codecs.tables([recording]).items()
    }


@pytest.mark.parametrize(
    ("key", "kind", "observer", "number"),
    [
        ("beacon:/eth/v1/beacon/headers", "headers", "", None),
        ("beacon:/eth/v1/beacon/headers?slot=9", "headers", "", None),
        ("beacon@mine:/eth/v2/beacon/blocks/9", "block", "mine", 9),
        ("beacon:/eth/v2/beacon/blocks/{block_id}", "block", "", None),
        ("beacon:/eth/v1/validator/liveness/12", "liveness", "", 12),
        ("beacon:/lighthouse/validator_inclusion/12/global", "inclusion", "", 12),
    ],
)
def test_a_key_says_what_was_asked_of_whom(key: str, kind: str, observer: str, number: int | None) -> None:
    found = keys.read(key)
    assert found is not None
    assert (found.kind, found.observer, found.number) == (kind, observer, number)


@pytest.mark.parametrize(
    "key", ["beacon:", "beacon@:/eth/v1/node/syncing", "beacon:/eth/v1/node", "beacons:/eth/v1/node/syncing",
            "beacon:/eth/v1/validator/liveness/", "beacon@a b:/eth/v1/node/syncing"],
)  # fmt: skip
def test_a_key_of_something_else_is_left_alone(key: str) -> None:
    assert keys.read(key) is None


topics = st.sampled_from(["head", "block", "chain_reorg", "voluntary_exit"])
payloads = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=40)


@given(st.lists(st.tuples(topics, payloads), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_a_stream_is_read_the_same_however_it_is_cut(
    events: list[tuple[str, str]], end: str, data: st.DataObject
) -> None:
    lines = [f": alive{end}event: {topic}{end}data: {said}{end}{end}" for topic, said in events]
    raw = "".join(lines).encode() + end.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    stream, found = Stream("s"), []
    for start, stop in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        found += stream.feed(raw[start:stop])
    assert found == [Message(topic, said.encode()) for topic, said in events]


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_a_stream_of_nonsense_never_raises_but_by_name(chunks: list[bytes]) -> None:
    stream = Stream("s")
    for chunk in chunks:
        for message in stream.feed(chunk):
            with named("s: "):
                read(message, "s")


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 65_536 + b"\n", b"x" * 65_536])
def test_an_event_without_end_is_refused(piece: bytes) -> None:
    stream = Stream("the node")
    for _ in range(MOST_EVENT_BYTES // len(piece)):
        assert not list(stream.feed(piece))
    with pytest.raises(MalformedInput, match="the node: an event of more than"):
        list(stream.feed(piece))


def test_a_long_life_of_comments_is_no_event_without_end() -> None:
    stream = Stream("s")
    for _ in range(MOST_EVENT_BYTES // 65_536 + 2):
        assert not list(stream.feed(b":" + b" " * 65_535 + b"\n"))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("/ip4/8.8.8.8/tcp/9000/p2p/Qm", "8.8.0.0/16"),
        ("8.8.4.4:30303", "8.8.0.0/16"),
        ("/ip6/2606:4700:1::1/udp/9000/quic-v1", "2606:4700::/32"),
        ("[2606:4700::1]:30303", "2606:4700::/32"),
        ("[::ffff:8.8.8.8]:30303", "8.8.0.0/16"),
        ("/ip4/192.168.0.1/tcp/9000", None),
        ("/ip4/127.0.0.1/tcp/9000", None),
        ("/dns4/node.example.org/tcp/9000", None),
        ("/ip4/999.1.1.1/tcp/9000", None),
        ("", None),
    ],
)
def test_the_network_of_an_address(address: str, network: str | None) -> None:
    assert networks.network_of(address) == network
