"""A WebSocket that carries questions and new heads, drops, stays silent and talks nonsense."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from node_server import CHAIN_ID, Chain, Node, over_http, over_web_socket
from tocsin.chain.header import Header
from tocsin.chain.rpc.json_rpc import Request
from tocsin.edge.nodes import Nodes, connect
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.web_socket import WebSocketTransport
from tocsin.model.errors import AnswerTooLarge, EndpointUnavailable, MalformedInput, RateLimited, RemoteError

KEY = "0123456789abcdef-secret"
LIMITS = Limits(answer_seconds=10, answer_bytes=1 << 20, first_backoff_seconds=0.02)
IMPATIENT = Limits(answer_seconds=0.2)
CHAIN = Request("eth_chainId")
T = TypeVar("T")


@pytest.fixture
def node() -> Iterator[Node]:
    with over_web_socket(Node(Chain(3)), path=f"/v2/{KEY}") as running:
        yield running


def using(node: Node, act: Callable[[WebSocketTransport], Awaitable[T]], limits: Limits = LIMITS) -> T:
    async def once() -> T:
        transport = WebSocketTransport(node.url, limits)
        try:
            return await act(transport)
        finally:
            await transport.close()

    return asyncio.run(once())


def silence(_: object) -> None: ...


def saying(text: str) -> Any:
    return lambda socket: socket.send(text)


def test_questions_go_over_one_connection(node: Node) -> None:
    async def act(transport: WebSocketTransport) -> list[Any]:
        together = [transport.exchange([CHAIN, Request("web3_clientVersion")]) for _ in range(5)]
        return await asyncio.gather(*together)

    answered = json.dumps(hex(CHAIN_ID)).encode()
    assert using(node, act) == [[answered, b'"double/v1"']] * 5
    assert node.messages == 5


FAILURES: list[tuple[str, Any, type[Exception]]] = [
    ("drops instead of answering", lambda socket: socket.close(), EndpointUnavailable),
    ("says too much", saying(" " * (2 << 20)), AnswerTooLarge),
    ("talks nonsense", saying("<html>"), MalformedInput),
    ("pushes what is no push", saying("{}"), MalformedInput),
    ("refuses the message", saying('{"id": null, "error": {"code": -32005, "message": "slow"}}'), RateLimited),
]


@pytest.mark.parametrize(("trick", "kind"), [f[1:] for f in FAILURES], ids=[f"it {f[0]}" for f in FAILURES])
def test_a_failure_has_its_name_no_secret_and_the_next_question_is_answered(
    node: Node, caplog: pytest.LogCaptureFixture, trick: Any, kind: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG)
    node.tricks = [trick]

    async def act(transport: WebSocketTransport) -> list[Any]:
        with pytest.raises(kind) as failure:
            await transport.exchange([CHAIN])
        assert type(failure.value) is kind
        assert KEY not in str(failure.value)
        return await transport.exchange([CHAIN])

    assert using(node, act) == [json.dumps(hex(CHAIN_ID)).encode()]
    assert KEY not in caplog.text


def test_an_answer_to_an_earlier_question_that_comes_late_is_not_taken_for_another(node: Node) -> None:
    late = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x666"})

    async def act(transport: WebSocketTransport) -> list[Any]:
        with pytest.raises(EndpointUnavailable):
            await transport.exchange([CHAIN])
        node.sockets[0].send(late)
        return await transport.exchange([CHAIN])

    node.tricks = [silence]
    assert using(node, act, IMPATIENT) == [json.dumps(hex(CHAIN_ID)).encode()]


def test_an_http_server_is_no_web_socket() -> None:
    with over_http(Node(Chain(1))) as node:
        node.url = node.url.replace("http", "ws")
        with pytest.raises(RemoteError):
            using(node, lambda transport: transport.exchange([CHAIN]))


def test_heads_go_on_after_a_drop(node: Node) -> None:
    async def act(nodes: Nodes) -> list[Header]:
        stream = nodes.heads()
        found = [await anext(stream)]
        for number in (0, 1, 2):
            await _until(_asked(node, "eth_subscribe", number + 1))
            node.push(node.chain.block(number, full=False))
            found.append(await anext(stream))
            await asyncio.to_thread(node.drop)
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    expected = [node.chain.header(number) for number in (2, 0, 1, 2)]
    assert asyncio.run(_reading(node.url, act, poll_seconds=30)) == expected
    assert node.asked.count("eth_subscribe") >= 3


def test_a_subscription_that_falls_silent_is_made_up_for_by_polling(node: Node) -> None:
    async def act(nodes: Nodes) -> list[int]:
        stream = nodes.heads()
        found = [(await anext(stream)).number]
        node.chain.length += 1
        found.append((await anext(stream)).number)
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    assert asyncio.run(_reading(node.url, act, poll_seconds=0.02)) == [2, 3]


def test_a_pushed_head_that_is_nonsense_ends_the_connection_and_not_the_heads(node: Node) -> None:
    async def act(nodes: Nodes) -> Header:
        stream = nodes.heads()
        await anext(stream)
        await _until(_asked(node, "eth_subscribe", 1))
        node.push({"number": "many"})
        await _until(_asked(node, "eth_subscribe", 2))
        node.push(node.chain.block(1, full=False))
        head = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return head

    assert asyncio.run(_reading(node.url, act, poll_seconds=30)) == node.chain.header(1)


def test_a_node_without_subscriptions_is_polled_and_not_left_alone(node: Node) -> None:
    node.without("eth_subscribe")

    async def act(nodes: Nodes) -> list[int]:
        stream = nodes.heads()
        found = [(await anext(stream)).number]
        await _until(_asked(node, "eth_subscribe", 1))
        node.chain.length += 1
        found.append((await anext(stream)).number)
        await stream.aclose()  # type: ignore[attr-defined]
        assert nodes.states()[0].failures_in_a_row == 0
        return found

    assert asyncio.run(_reading(node.url, act, poll_seconds=0.02))[0] == 2
    assert node.asked.count("eth_subscribe") == 1


async def _reading(url: str, act: Callable[[Nodes], Awaitable[T]], poll_seconds: float) -> T:
    nodes = await connect([url], poll_seconds=poll_seconds, limits=LIMITS)
    try:
        return await act(nodes)
    finally:
        await nodes.close()


def _asked(node: Node, method: str, times: int) -> Callable[[], bool]:
    return lambda: node.asked.count(method) == times


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - the server's thread cannot set an event of this loop
            await asyncio.sleep(0.005)
