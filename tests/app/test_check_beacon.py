"""`tocsin check` of beacon nodes: each says how it is, or why it cannot be asked."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from beacon_server import Chain, Node, serving
from tocsin.app.check import check_chain
from tocsin.app.checked import Check, State
from tocsin.app.settings import ChainSettings
from tocsin.detect.catalogue import detectors
from tocsin.edge.store.opening import Store
from tocsin.model.errors import SettingError
from tocsin.model.setting import Secret

KEY = "0123456789abcdef-secret"
PEER = {"peer_id": "p", "last_seen_p2p_address": "/ip4/8.8.8.8/tcp/1", "state": "connected"}


@pytest.fixture
def node() -> Iterator[Node]:
    with serving(Node(Chain(100), peers=[PEER] * 50), path=f"/{KEY}") as running:
        yield running


def checked(store: Store, *urls: str, chain_id: int = 1, **other: Any) -> list[Check]:
    """What is said of the beacon nodes of a chain without endpoints."""
    beacons = tuple(map(Secret, urls))
    chain = ChainSettings(name="mainnet", chain_id=chain_id, endpoints=(), beacon_urls=beacons, **other)

    async def all_of_it() -> list[Check]:
        return [each async for each in check_chain(chain, detectors(), store)]

    return [each for each in asyncio.run(all_of_it()) if each.name != "progress"]


def test_a_beacon_node_that_is_well(store: Store, node: Node) -> None:
    (check,) = checked(store, node.url)
    assert check.state is State.OK
    assert check.detail == "head at slot 100, Lighthouse/v5.1.0-abcdef/x86_64-linux, peers: 50"
    assert KEY not in check.name


def test_each_is_asked_though_another_is_away(store: Store, node: Node) -> None:
    away, here = checked(store, "http://127.0.0.1:9", node.url)
    assert (away.state, here.state) == (State.FAILED, State.OK)
    assert "127.0.0.1:9: no answer" in away.detail


@pytest.mark.parametrize(
    ("syncing", "says"),
    [
        ({"is_syncing": True, "sync_distance": "7"}, "; is syncing; 7 slots behind"),
        ({"is_optimistic": True}, "; follows blocks that its execution node has not checked"),
        ({"el_offline": True}, "; cannot reach its execution node"),
    ],
)
def test_one_that_is_not_in_sync_is_a_warning(store: Store, node: Node, syncing: dict[str, Any], says: str) -> None:
    node.syncing = syncing
    (check,) = checked(store, node.url)
    assert check.state is State.WARNING
    assert check.detail.endswith(says)


def test_one_of_another_chain_has_failed(store: Store, node: Node) -> None:
    (check,) = checked(store, node.url, chain_id=100)
    assert check.state is State.FAILED
    assert "is of chain 1, not 100; name a beacon node of that chain" in check.detail


TRICKS: list[tuple[Callable[[Any], None], str]] = [
    (lambda handler: handler.reply(404, b"{}"), "is it a beacon node?"),
    (lambda handler: handler.reply(401, b"{}"), "HTTP status 401; check the URL and its key"),
    (lambda handler: handler.reply(200, b"<html>"), "JSON is malformed"),
]


@pytest.mark.parametrize(("trick", "says"), TRICKS)
def test_what_answers_otherwise_has_failed_and_says_why(
    store: Store, node: Node, trick: Callable[[Any], None], says: str
) -> None:
    node.tricks.append(trick)
    (check,) = checked(store, node.url)
    assert check.state is State.FAILED
    assert says in check.detail
    assert KEY not in check.detail


def test_one_that_does_not_tell_how_it_is(store: Store, node: Node) -> None:
    node.without = frozenset({"/eth/v1/node"})
    (check,) = checked(store, node.url)
    assert (check.state, "does not say how it is" in check.detail) == (State.FAILED, True)
    node.without = frozenset({"/eth/v1/node/syncing"})
    (check,) = checked(store, node.url)
    assert (check.state, "does not say how far it is" in check.detail) == (State.WARNING, True)


def test_a_validator_that_is_none_is_a_wrong_setting(store: Store, node: Node) -> None:
    with pytest.raises(SettingError, match="neither an index nor a public key"):
        checked(store, node.url, validators=("x",))


def test_a_chain_may_allow_a_rule_alone(store: Store) -> None:
    rule = {"my-rule": detectors()["reentrancy"]}
    chain = ChainSettings(name="mainnet", chain_id=1, endpoints=(), allow=("my-rule",))

    async def all_of_it() -> list[Check]:
        return [each async for each in check_chain(chain, {**detectors(), **rule}, store)]

    assert [each.name for each in asyncio.run(all_of_it())] == ["progress"]
