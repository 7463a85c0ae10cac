"""HTTP to a beacon node that does everything wrong, and an event stream that drops: each failure has its name."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from beacon_server import Chain, Handler, Node, serving
from tocsin.chain.beacon.events import MOST_EVENT_BYTES, Message
from tocsin.chain.beacon.requests import FINALITY, HEAD, NODE, chain_id, newest_slot, of_epoch, of_slot
from tocsin.edge.beacon import BeaconNode, Dropped, Limits
from tocsin.model.errors import (
    AnswerTooLarge,
    EndpointRefused,
    EndpointUnavailable,
    MalformedInput,
    RateLimited,
    SettingError,
)

KEY = "0123456789abcdef-secret"
LIMITS = Limits(answer_seconds=10, answer_bytes=1 << 20, first_backoff_seconds=0.02)
HASTY = Limits(answer_seconds=0.2, silence_seconds=0.2, first_backoff_seconds=0.02)
T = TypeVar("T")
HEAD_EVENT = {"slot": "3", "block": "0x" + "11" * 32, "state": "0x" + "22" * 32, "epoch_transition": False}


@pytest.fixture
def node() -> Iterator[Node]:
    with serving(Node(Chain(40)), path=f"/v2/{KEY}") as running:
        yield running


def using(node: Node, act: Callable[[BeaconNode], Awaitable[T]], limits: Limits = LIMITS) -> T:
    async def once() -> T:
        client = BeaconNode(node.url, limits)
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(once())


def test_each_question_is_asked_and_answered(node: Node) -> None:
    node.inclusion = {"current_epoch_active_gwei": 9, "previous_epoch_target_attesting_gwei": 6}
    requests = (HEAD, *NODE, FINALITY, *of_slot(40), *of_epoch(1, ["7", "8"]))

    async def act(client: BeaconNode) -> list[bytes | None]:
        return [await client.ask(request) for request in requests]

    answers = using(node, act)
    assert all(answer is not None and "data" in json.loads(answer) for answer in answers)
    assert newest_slot(answers[0] or b"", "n") == 40
    assert node.posted == [["7", "8"]]
    assert node.asked[0] == "/eth/v1/beacon/headers/head"


def test_what_a_node_does_not_have_is_none(node: Node) -> None:
    assert using(node, lambda client: client.ask(of_slot(41)[1])) is None
    assert using(node, lambda client: client.ask(of_epoch(1)[0])) is None
    node.tricks.append(status(400))
    assert using(node, lambda client: client.ask(FINALITY)) is None


def status(code: int) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(code, b"{}")


def hang(handler: Handler) -> None:
    time.sleep(0.6)
    handler.reply(200, b"{}")


def huge(handler: Handler) -> None:
    handler.reply(200, b" " * (2 << 20))


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data"')
    handler.close_connection = True


FAILURES: list[tuple[str, Callable[[Handler], None], type[Exception]]] = [
    ("too many", status(429), RateLimited),
    ("broken", status(500), EndpointUnavailable),
    ("syncing", status(503), EndpointUnavailable),
    ("forbidden", status(403), EndpointRefused),
    ("redirected", status(302), EndpointRefused),
    ("too large", huge, AnswerTooLarge),
    ("cut off", cut, EndpointUnavailable),
]


@pytest.mark.parametrize(("trick", "error"), [each[1:] for each in FAILURES], ids=[each[0] for each in FAILURES])
def test_a_failure_has_its_name_and_no_secret(
    node: Node, trick: Callable[[Handler], None], error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    node.tricks.append(trick)
    with caplog.at_level(logging.DEBUG), pytest.raises(error) as raised:
        using(node, lambda client: client.ask(FINALITY))
    assert KEY not in str(raised.value)
    assert KEY not in caplog.text


def test_an_answer_that_takes_too_long_is_given_up(node: Node) -> None:
    node.tricks.append(hang)
    with pytest.raises(EndpointUnavailable, match=r"no answer in 0\.2 s"):
        using(node, lambda client: client.ask(FINALITY), HASTY)


def test_nobody_there(node: Node) -> None:
    gone = Node(node.chain, url="http://127.0.0.1:9")
    with pytest.raises(EndpointUnavailable, match=r"127\.0\.0\.1:9: no answer"):
        using(gone, lambda client: client.ask(FINALITY))


@pytest.mark.parametrize("url", ["ws://127.0.0.1:5052", "5052", "ftp://x", ""])
def test_what_is_no_url_of_a_beacon_node_is_refused(url: str) -> None:
    with pytest.raises(SettingError):
        BeaconNode(url)


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b'{"data": {"chain_id": "0"}}', b'{"data": {"chain_id": "x"}}', b"\xff"]
)
def test_a_chain_id_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(MalformedInput, match="the node"):
        chain_id(answer, "the node")


def heard(node: Node, wanted: int, act: Callable[[], None], limits: Limits = LIMITS) -> list[Message | Dropped]:
    """What a follower hears while something is done to the node, until it has heard enough."""

    async def listen(client: BeaconNode) -> list[Message | Dropped]:
        found: list[Message | Dropped] = []
        doing = asyncio.create_task(asyncio.to_thread(act))
        async with asyncio.timeout(20):
            following = client.follow()
            async for each in following:
                found.append(each)
                if len(found) >= wanted:
                    break
            await following.aclose()
            await doing
        return found

    return using(node, listen, limits)


def test_a_stream_that_drops_is_made_again_and_says_so(node: Node) -> None:
    def act() -> None:
        node.listened_to(1)
        node.send(b": alive\n\n")
        node.push("head", HEAD_EVENT)
        node.drop()
        node.listened_to(2)
        node.push("block", HEAD_EVENT)

    first, dropped, second = heard(node, 3, act)
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.topic, second.topic) == ("head", "block")
    assert json.loads(first.data) == HEAD_EVENT
    assert isinstance(dropped, Dropped)
    assert isinstance(dropped.error, EndpointUnavailable)


def test_topics_nobody_asked_for_are_passed_over(node: Node) -> None:
    def act() -> None:
        node.listened_to(1)
        node.push("attestation", "no JSON at all")
        node.push("head", HEAD_EVENT)

    (found,) = heard(node, 1, act)
    assert isinstance(found, Message)
    assert found.topic == "head"


def nonsense(node: Node) -> None:
    node.push("chain_reorg", {"slot": "not a number"})


def endless(node: Node) -> None:
    for _ in range(MOST_EVENT_BYTES // (1 << 20) + 2):
        node.send(b"data: " + b"x" * (1 << 20) + b"\n")


@pytest.mark.parametrize("do", [nonsense, endless])
def test_nonsense_in_a_stream_ends_it_by_name_and_it_goes_on(node: Node, do: Callable[[Node], None]) -> None:
    def act() -> None:
        node.listened_to(1)
        do(node)
        node.drop()
        node.listened_to(2)
        node.push("head", HEAD_EVENT)

    dropped, found = heard(node, 2, act)
    assert isinstance(dropped, Dropped)
    assert isinstance(dropped.error, MalformedInput)
    assert isinstance(found, Message)


def test_a_silent_stream_is_made_again(node: Node) -> None:
    (dropped,) = heard(node, 1, lambda: node.listened_to(1), HASTY)
    assert isinstance(dropped, Dropped)
    assert "no event in 0.2 s" in str(dropped.error)


def test_what_is_no_event_stream_is_refused(node: Node) -> None:
    node.tricks.append(lambda handler: handler.reply(200, b"<html>", kind="text/html"))
    (dropped,) = heard(node, 1, lambda: None)
    assert isinstance(dropped, Dropped)
    assert isinstance(dropped.error, EndpointRefused)
    assert "text/html" in str(dropped.error)


def test_a_node_without_events_can_still_be_asked(node: Node) -> None:
    async def act(client: BeaconNode) -> tuple[Any, ...]:
        node.tricks.append(status(404))
        following = client.follow()
        dropped = await anext(following)
        await following.aclose()
        return dropped, client.status().failures_in_a_row, client.wait_seconds, await client.ask(FINALITY)

    dropped, failures, wait, answer = using(node, act)
    assert isinstance(dropped, Dropped)
    assert (failures, wait) == (1, 0)
    assert answer is not None
