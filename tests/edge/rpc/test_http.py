"""HTTP to a node that does everything wrong: each failure has its name, and no error or log holds a secret."""

import asyncio
import email.utils
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from node_server import (
    CHAIN_ID,
    Chain,
    Node,
    Refusal,
    Reply,
    bomb,
    changed,
    drop_in_the_middle,
    hang,
    over_http,
    packed,
    status,
)
from node_server import raw as body
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge.rpc.http import HttpTransport
from tocsin.edge.rpc.limits import Limits
from tocsin.model.errors import (
    AnswerTooLarge,
    CallReverted,
    EndpointRefused,
    EndpointUnavailable,
    InconsistentInput,
    MalformedInput,
    MethodUnknown,
    RateLimited,
)

KEY = "0123456789abcdef-secret"
LIMITS = Limits(answer_seconds=10, answer_bytes=1 << 20)
IMPATIENT = Limits(answer_seconds=0.1)
CHAIN = Request("eth_chainId")
VERSION = Request("web3_clientVersion")


@pytest.fixture
def node() -> Iterator[Node]:
    with over_http(Node(Chain(3)), path=f"/v2/{KEY}") as running:
        yield running


def ask(url: str, *requests: Request, limits: Limits = LIMITS) -> list[Outcome]:
    async def once() -> list[Outcome]:
        transport = HttpTransport(url, limits)
        try:
            return await transport.exchange(requests)
        finally:
            await transport.close()

    return asyncio.run(once())


def test_questions_are_answered_in_their_order(node: Node) -> None:
    assert ask(node.url, CHAIN, VERSION) == [json.dumps(hex(CHAIN_ID)).encode(), b'"double/v1"']
    assert node.messages == 1


def test_answers_may_come_in_any_order(node: Node) -> None:
    node.tricks = [changed(lambda answers: answers[::-1])]
    assert ask(node.url, CHAIN, VERSION) == [json.dumps(hex(CHAIN_ID)).encode(), b'"double/v1"']


def test_answers_may_be_packed(node: Node) -> None:
    node.tricks = [packed]
    assert ask(node.url, VERSION) == [b'"double/v1"']
    assert "gzip" in node.headers[0]["Accept-Encoding"]


def test_a_question_that_a_batch_leaves_out_is_unanswered_and_the_others_are_kept(node: Node) -> None:
    node.tricks = [changed(lambda answers: answers[:1])]
    answered, missing = ask(node.url, CHAIN, VERSION)
    assert isinstance(answered, bytes)
    assert isinstance(missing, EndpointUnavailable)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(-32601, MethodUnknown), (-32005, RateLimited), (3, CallReverted), (-32000, EndpointRefused)],
)
def test_what_an_error_means_is_read_from_its_code(node: Node, code: int, kind: type[EndpointRefused]) -> None:
    def refuse() -> None:
        raise Refusal(code, "header not found, rate limit, execution reverted")

    node.methods["eth_chainId"] = refuse
    refused, answered = ask(node.url, CHAIN, VERSION)
    assert type(refused) is kind
    assert answered == b'"double/v1"'


def _an_error_without_id(_: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": None, "error": {"code": -32005, "message": "slow down"}}


FAILURES: Sequence[tuple[str, Callable[[Reply], None], type[Exception]]] = [
    ("fails", status(500), EndpointUnavailable),
    ("is overloaded", status(503, b"<html>"), EndpointUnavailable),
    ("drops the connection in the middle of an answer", drop_in_the_middle, EndpointUnavailable),
    ("wants to be left alone", status(429), RateLimited),
    ("refuses the key", status(401), EndpointRefused),
    ("sends elsewhere", status(301, Location="https://evil.example/"), EndpointRefused),
    ("finds the question too large", status(413), AnswerTooLarge),
    ("says too much", body(b" " * (2 << 20)), AnswerTooLarge),
    ("sends what grows when unpacked", bomb(8), AnswerTooLarge),
    ("packs wrongly", status(200, b"no gzip", Content_Encoding="gzip"), EndpointUnavailable),
    ("sends a web page", body(b"<html>login</html>"), MalformedInput),
    ("sends nothing", body(b""), MalformedInput),
    ("sends bytes that are no text", body(b'"\xff\xfe"'), MalformedInput),
    ("nests without end", body(b"[" * 100_000), MalformedInput),
    ("answers nothing in particular", body(b'{"jsonrpc": "2.0", "id": 1}'), MalformedInput),
    ("answers another question", changed(lambda answer: answer | {"id": 77}), InconsistentInput),
    ("answers twice", changed(lambda answer: [answer, answer]), InconsistentInput),
    ("refuses all at once", changed(_an_error_without_id), RateLimited),
]


@pytest.mark.parametrize(("trick", "kind"), [f[1:] for f in FAILURES], ids=[f"it {f[0]}" for f in FAILURES])
def test_a_failure_has_its_name_and_no_secret(
    node: Node, caplog: pytest.LogCaptureFixture, trick: Callable[[Reply], None], kind: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG)
    node.tricks = [trick]
    with pytest.raises(kind) as failure:
        ask(node.url, CHAIN)
    assert type(failure.value) is kind
    assert KEY not in str(failure.value) + caplog.text
    assert "http://127.0.0.1" in str(failure.value)


def test_a_node_that_hangs_is_not_waited_for(node: Node) -> None:
    node.tricks = [hang(0.5)]
    with pytest.raises(EndpointUnavailable, match=r"no answer in 0\.1 s"):
        ask(node.url, CHAIN, limits=IMPATIENT)


def test_the_url_in_the_library_s_log_line_is_without_its_key(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ask(node.url, CHAIN)
    assert "/***" in caplog.text
    assert KEY not in caplog.text


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(EndpointUnavailable, match="no answer"):
            ask(f"http://127.0.0.1:{unused.getsockname()[1]}/{KEY}", CHAIN)


@pytest.mark.parametrize("form", ["{:.0f}", "date"])
def test_how_long_to_leave_it_alone_is_a_number_or_a_date(node: Node, form: str) -> None:
    said = email.utils.formatdate(time.time() + 100, usegmt=True) if form == "date" else form.format(100)
    node.tricks = [status(429, Retry_After=said)]
    with pytest.raises(RateLimited) as limited:
        ask(node.url, CHAIN)
    assert 50 < limited.value.retry_after_seconds <= 100


@pytest.mark.parametrize("said", ["", "soon", "-5", "nan", "Wed, 99 Nov 2026 00:00:00 GMT"])
def test_a_nonsensical_wish_is_no_wish(node: Node, said: str) -> None:
    node.tricks = [status(429, Retry_After=said)]
    with pytest.raises(RateLimited) as limited:
        ask(node.url, CHAIN)
    assert limited.value.retry_after_seconds == 0


def test_a_json_rpc_error_under_a_failed_status_is_read(node: Node) -> None:
    said = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}).encode()
    node.tricks = [status(400, said)]
    (outcome,) = ask(node.url, CHAIN)
    assert isinstance(outcome, MethodUnknown)
