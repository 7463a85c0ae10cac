"""
A node that can misbehave: a small chain in memory behind real HTTP and WebSocket servers on loopback.

`node.methods` answers by method name; `node.tricks` are played, one per HTTP message, before it would answer properly.
"""

import gzip
import hashlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tocsin.chain.header import Header

CHAIN_ID = 990_001
NO_LOGS = "0x" + "00" * 256
QUIET = logging.getLogger("node_server")
QUIET.disabled = True  # what the client logs is what the tests look at
SOME_LOGS = "0x" + "00" * 255 + "01"


@dataclass(frozen=True)
class Refusal(Exception):
    """A JSON-RPC error to answer with."""

    code: int
    message: str = "no"


def _unknown(*_: object) -> None:
    raise Refusal(-32601, "Method not found")


def digest(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


class Chain:
    """Blocks of two transactions, each with one log and one call. `fork` tells chains apart from a height on."""

    def __init__(self, length: int, fork: str = "", fork_at: int = 0) -> None:
        self.fork, self.fork_at, self.length = fork, fork_at, length

    def hash(self, number: int) -> str:
        return digest("block", number, self.fork if number >= self.fork_at else "")

    def transactions(self, number: int) -> list[str]:
        return [digest("transaction", self.hash(number), index) for index in range(2)]

    def header(self, number: int) -> Header:
        raw = [bytes.fromhex(self.hash(n)[2:]) for n in (number, number - 1)]
        return Header(number=number, hash=raw[0], parent_hash=raw[1], timestamp=1_700_000_000 + number)

    def block(self, number: int, full: bool) -> dict[str, Any] | None:
        if not 0 <= number < self.length:
            return None
        whole = [self._transaction(number, index, each) for index, each in enumerate(self.transactions(number))]
        return {
            "number": hex(number),
            "hash": self.hash(number),
            "parentHash": self.hash(number - 1),
            "timestamp": hex(1_700_000_000 + number),
            "logsBloom": SOME_LOGS,
            "transactions": whole if full else self.transactions(number),
        }

    def _transaction(self, number: int, index: int, transaction_hash: str) -> dict[str, Any]:
        return {
            "hash": transaction_hash,
            "transactionIndex": hex(index),
            "blockNumber": hex(number),
            "blockHash": self.hash(number),
            "from": "0x" + "aa" * 20,
            "to": "0x" + "bb" * 20,
            "value": "0x1",
            "nonce": hex(index),
            "input": "0x",
            "gas": "0x5208",
        }

    def receipts(self, number: int) -> list[dict[str, Any]] | None:
        if not 0 <= number < self.length:
            return None
        return [
            {
                "transactionHash": log["transactionHash"],
                "transactionIndex": log["transactionIndex"],
                "blockHash": log["blockHash"],
                "blockNumber": log["blockNumber"],
                "status": "0x1",
                "gasUsed": "0x5208",
                "logs": [log],
            }
            for log in self.logs(number)
        ]

    def logs(self, number: int) -> list[dict[str, Any]]:
        return [
            {
                "address": "0x" + "cc" * 20,
                "topics": [digest("topic")],
                "data": "0x",
                "logIndex": hex(index),
                "transactionHash": transaction_hash,
                "transactionIndex": hex(index),
                "blockHash": self.hash(number),
                "blockNumber": hex(number),
            }
            for index, transaction_hash in enumerate(self.transactions(number))
        ]

    def traces(self, number: int) -> list[dict[str, Any]]:
        return [
            {
                "type": "call",
                "action": {
                    "from": "0x" + "aa" * 20,
                    "to": "0x" + "bb" * 20,
                    "callType": "call",
                    "input": "0x",
                    "value": "0x1",
                    "gas": "0x0",
                },
                "result": {"gasUsed": "0x0", "output": "0x"},
                "traceAddress": [],
                "subtraces": 0,
                "transactionHash": transaction_hash,
                "transactionPosition": index,
                "blockHash": self.hash(number),
                "blockNumber": number,
            }
            for index, transaction_hash in enumerate(self.transactions(number))
        ]

    def replays(self, number: int) -> list[dict[str, Any]]:
        paid = {"balance": {"*": {"from": "0x0", "to": "0x1"}}, "code": "=", "nonce": "=", "storage": {}}
        kept = ("type", "action", "result", "traceAddress", "subtraces")
        return [
            {
                "output": "0x",
                "trace": [{name: trace[name] for name in kept}],
                "stateDiff": {"0x" + "bb" * 20: paid},
                "transactionHash": trace["transactionHash"],
            }
            for trace in self.traces(number)
        ]

    def call_tracer(self, block_hash: str) -> list[dict[str, Any]]:
        number = next((n for n in range(self.length) if self.hash(n) == block_hash), None)
        if number is None:
            raise Refusal(-32000, "block not found")
        frame = {"type": "CALL", "from": "0x" + "aa" * 20, "to": "0x" + "bb" * 20, "value": "0x1", "input": "0x"}
        return [{"txHash": each, "result": frame} for each in self.transactions(number)]


@dataclass
class Node:
    """What the servers say, and what they were asked."""

    chain: Chain
    methods: dict[str, Callable[..., Any]] = field(default_factory=dict)
    tricks: "list[Callable[[Reply], None]]" = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    messages: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    sockets: list[ServerConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        standard: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "web3_clientVersion": lambda: "double/v1",
            "eth_getBlockByNumber": self._block,
            "eth_getBlockReceipts": lambda number: self.chain.receipts(int(number, 16)),
            "trace_block": lambda number: self.chain.traces(int(number, 16)),
            "eth_subscribe": lambda _: "0x1",
            "eth_getCode": lambda _address, _number: "0x60",
        }
        self.methods = standard | self.methods

    def without(self, *names: str) -> "Node":
        for name in names:
            del self.methods[name]
        return self

    def _block(self, number: str, full: bool) -> Any:
        return self.chain.block(self.chain.length - 1 if number == "latest" else int(number, 16), full)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(question["method"])
        said: dict[str, Any] = {"jsonrpc": "2.0", "id": question["id"]}
        try:
            method = self.methods.get(question["method"], _unknown)
            return said | {"result": method(*question["params"])}
        except Refusal as refusal:
            return said | {"error": {"code": refusal.code, "message": refusal.message}}

    def respond(self, message: bytes | str) -> Any:
        self.messages += 1
        found = json.loads(message)
        return [self.answer(each) for each in found] if isinstance(found, list) else self.answer(found)

    def push(self, head: dict[str, Any] | None) -> None:
        said = {
            "jsonrpc": "2.0",
            "method": "eth_subscription",
            "params": {"subscription": "0x1", "result": head},
        }
        for peer in list(self.sockets):
            with suppress(ConnectionClosed):
                peer.send(json.dumps(said))

    def drop(self) -> None:
        for peer in list(self.sockets):
            peer.close()


@dataclass
class Reply:
    """One HTTP answer as a trick may send it."""

    node: Node
    handler: BaseHTTPRequestHandler
    body: bytes

    def send(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        handler = self.handler
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with suppress(OSError):  # the client may have had enough
            handler.wfile.write(body)

    def properly(self) -> None:
        self.send(200, json.dumps(self.node.respond(self.body)).encode())


def hang(seconds: float) -> Callable[[Reply], None]:
    return lambda reply: time.sleep(seconds) or reply.properly()


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[Reply], None]:
    return lambda reply: reply.send(code, body, **headers)


def raw(body: bytes) -> Callable[[Reply], None]:
    return lambda reply: reply.send(200, body)


def changed(change: Callable[[Any], Any]) -> Callable[[Reply], None]:
    """The proper answer with something done to it."""
    return lambda reply: reply.send(200, json.dumps(change(reply.node.respond(reply.body))).encode())


def packed(reply: Reply) -> None:
    body = gzip.compress(json.dumps(reply.node.respond(reply.body)).encode())
    reply.send(200, body, Content_Encoding="gzip")


def bomb(mebibytes: int) -> Callable[[Reply], None]:
    body = gzip.compress(b" " * (mebibytes << 20), 9)
    return lambda reply: reply.send(200, body, Content_Encoding="gzip")


def drop_in_the_middle(reply: Reply) -> None:
    reply.send(200, b'{"jsonrpc": "2.0", ', length=1_000)
    reply.handler.connection.shutdown(socket.SHUT_RDWR)
    reply.handler.close_connection = True


def _handler(node: Node) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            node.headers.append(dict(self.headers))
            trick = node.tricks.pop(0) if node.tricks else Reply.properly
            trick(Reply(node, self, body))

        def log_message(self, *_: object) -> None: ...

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def over_http(node: Node, path: str = "") -> Iterator[Node]:
    """The node behind HTTP."""
    with _Server(("127.0.0.1", 0), _handler(node)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        node.url = f"http://127.0.0.1:{server.server_port}{path}"
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def over_web_socket(node: Node, path: str = "") -> Iterator[Node]:
    """The node behind a WebSocket."""

    def talk(peer: ServerConnection) -> None:
        node.sockets.append(peer)
        with suppress(ConnectionClosed):
            for message in peer:
                for trick in node.tricks[:1]:
                    node.tricks.remove(trick)
                    trick(peer)  # type: ignore[arg-type]
                    break
                else:
                    peer.send(json.dumps(node.respond(message)))
        node.sockets.remove(peer)

    with serve(talk, "127.0.0.1", 0, logger=QUIET) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        node.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}{path}"
        try:
            yield node
        finally:
            node.drop()
            server.shutdown()
            thread.join()
