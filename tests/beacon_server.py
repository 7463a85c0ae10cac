"""
A beacon node that can misbehave: a small beacon chain in memory behind a real HTTP server on loopback.

Answers have the shape the public Beacon API specification gives them (github.com/ethereum/beacon-APIs). No consensus
client is behind it. `node.tricks` are played, one per request, before it would answer properly; `node.push` sends an
event to whoever listens, and `node.drop` ends their streams.
"""

import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from node_server import _Server

CHAIN_ID = 1
GENESIS = 1_606_824_023
SLOTS = 32


def root(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


def header_root(header: dict[str, str]) -> str:
    """The header's hash tree root, worked out here anew: five fields make eight leaves."""
    leaves = [int(header[name]).to_bytes(8, "little") + bytes(24) for name in ("slot", "proposer_index")]
    leaves += [bytes.fromhex(header[name][2:]) for name in ("parent_root", "state_root", "body_root")]
    leaves += [bytes(32)] * 3
    pairs = [hashlib.sha256(leaves[i] + leaves[i + 1]).digest() for i in (0, 2, 4, 6)]
    upper = [hashlib.sha256(pairs[i] + pairs[i + 1]).digest() for i in (0, 2)]
    return "0x" + hashlib.sha256(b"".join(upper)).hexdigest()


@dataclass
class Chain:
    """Beacon blocks up to a head, some slots empty, one slot perhaps with two blocks."""

    head: int
    empty: frozenset[int] = frozenset()
    twice: int | None = None
    final_epoch: int | None = None
    base_number: int = 15_000_000

    def slots(self) -> list[int]:
        return [slot for slot in range(self.head + 1) if slot not in self.empty]

    def header(self, slot: int, twin: str = "") -> dict[str, str]:
        before = max((one for one in self.slots() if one < slot), default=None)
        return {
            "slot": str(slot),
            "proposer_index": str(1_000 + slot),
            "parent_root": root("genesis") if before is None else header_root(self.header(before)),
            "state_root": root("state", slot, twin),
            "body_root": root("body", slot, twin),
        }

    def entries(self, slot: int) -> list[dict[str, Any]]:
        if slot not in self.slots():
            return []
        found = [(self.header(slot), True)] + ([(self.header(slot, "twin"), False)] if slot == self.twice else [])
        return [
            {
                "root": header_root(header),
                "canonical": canonical,
                "header": {"message": header, "signature": "0x" + "ab" * 96},
            }
            for header, canonical in found
        ]

    def block(self, slot: int) -> dict[str, Any] | None:
        if slot not in self.slots():
            return None
        header = self.header(slot)
        kept = ("slot", "proposer_index", "parent_root", "state_root")
        body = {
            "randao_reveal": "0x" + "cd" * 96,
            "graffiti": "0x" + b"hello".ljust(32, b"\0").hex(),
            "proposer_slashings": [],
            "attester_slashings": [],
            "attestations": [],
            "deposits": [],
            "voluntary_exits": [],
            "sync_aggregate": {"sync_committee_bits": "0x" + "ff" * 63 + "0f", "sync_committee_signature": "0x"},
            "execution_payload": {
                "block_number": str(self.number(slot)),
                "block_hash": root("execution", slot),
                "timestamp": str(GENESIS + 12 * slot),
            },
        }
        message = {name: header[name] for name in kept} | {"body": body}
        return {"version": "deneb", "data": {"message": message, "signature": "0x"}}

    def number(self, slot: int) -> int:
        return self.base_number + self.slots().index(slot)


@dataclass
class Node:
    """What the server says, and what it was asked."""

    chain: Chain
    syncing: dict[str, Any] = field(default_factory=dict)
    peers: list[dict[str, Any]] = field(default_factory=list)
    validators: list[dict[str, Any]] = field(default_factory=list)
    dead: frozenset[str] = frozenset()
    inclusion: dict[str, int] | None = None
    without: frozenset[str] = frozenset()
    tricks: "list[Callable[[Handler], None]]" = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)
    streams: "list[queue.Queue[bytes | None]]" = field(default_factory=list)
    opened: int = 0
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]], body: Any) -> Any:  # noqa: PLR0911 - one a path
        """The JSON of the answer; None where there is none."""
        match path.strip("/").split("/"):
            case ["eth", "v1", "config", "deposit_contract"]:
                return {"data": {"chain_id": str(CHAIN_ID), "address": "0x" + "00" * 20}}
            case ["eth", "v1", "beacon", "headers"]:
                found = self.chain.entries(int(query["slot"][0]))
                return {"execution_optimistic": False, "finalized": False, "data": found} if found else None
            case ["eth", "v1", "beacon", "headers", "head"]:
                return {"data": self.chain.entries(self.chain.slots()[-1])[0]}
            case ["eth", "v2", "beacon", "blocks", slot]:
                return self.chain.block(int(slot))
            case ["eth", "v1", "beacon", "states", "head", what]:
                return self._state(what)
            case ["eth", "v1", "node", what]:
                return self._node(what)
            case ["eth", "v1", "validator", "duties", "proposer", epoch]:
                return {"dependent_root": root("d"), "data": self._duties(int(epoch))}
            case ["eth", "v1", "validator", "liveness", _]:
                return {"data": [{"index": index, "is_live": index not in self.dead} for index in body]}
            case ["lighthouse", "validator_inclusion", epoch, "global"] if self.inclusion:
                # As Lighthouse has it: told from the state of the epoch's last slot, so of no epoch that goes on.
                return {"data": self.inclusion} if (int(epoch) + 1) * SLOTS <= self.chain.head + 1 else None
        return None

    def _state(self, what: str) -> Any:
        epoch = self.chain.head // SLOTS
        final = max(0, epoch - 2) if self.chain.final_epoch is None else self.chain.final_epoch
        if what == "finality_checkpoints":
            points = {"previous_justified": final, "current_justified": final + 1, "finalized": final}
            return {"data": {name: {"epoch": str(at), "root": root("epoch", at)} for name, at in points.items()}}
        return {"execution_optimistic": False, "data": self.validators} if what == "validators" else None

    def _node(self, what: str) -> Any:
        state = {"head_slot": str(self.chain.head), "sync_distance": "0", "is_syncing": False, "is_optimistic": False}
        told: dict[str, Any] = {
            "syncing": {"data": state | {"el_offline": False} | self.syncing},
            "peer_count": {"data": {"disconnected": "9", "connecting": "0", "connected": str(len(self.peers))}},
            "version": {"data": {"version": "Lighthouse/v5.1.0-abcdef/x86_64-linux"}},
            "peers": {"data": self.peers, "meta": {"count": len(self.peers)}},
        }
        return told.get(what)

    def _duties(self, epoch: int) -> list[dict[str, str]]:
        slots = range(epoch * SLOTS, (epoch + 1) * SLOTS)
        return [{"pubkey": "0x" + "aa" * 48, "validator_index": str(1_000 + s), "slot": str(s)} for s in slots]

    def push(self, topic: str, data: Any) -> None:
        said = data if isinstance(data, str) else json.dumps(data)
        self.send(f"event: {topic}\ndata: {said}\n\n".encode())

    def send(self, raw: bytes) -> None:
        for stream in list(self.streams):
            stream.put(raw)

    def drop(self) -> None:
        for stream in list(self.streams):
            stream.put(None)

    def listened_to(self, times: int, seconds: float = 10.0) -> None:
        """Wait until so many streams have been opened in all, and one is open."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.opened >= times and self.streams:
                return
            time.sleep(0.005)
        raise AssertionError(f"{self.opened} streams were opened, not {times}")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    node: Node

    def do_GET(self) -> None:
        self._take(None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.node.posted.append(json.loads(raw))
        self._take(json.loads(raw))

    def _take(self, body: Any) -> None:
        parts = urlsplit(self.path)
        path = parts.path[parts.path.index("/eth/") if "/eth/" in parts.path else parts.path.index("/lighthouse/") :]
        self.node.asked.append(path)
        if self.node.tricks:
            self.node.tricks.pop(0)(self)
        elif path == "/eth/v1/events":
            self.stream()
        elif any(path.startswith(each) for each in self.node.without):
            self.reply(404, b'{"code": 404, "message": "not found"}')
        else:
            answer = self.node.answer(path, parse_qs(parts.query), body)
            self.reply(200 if answer is not None else 404, json.dumps(answer or {"code": 404}).encode())

    def reply(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def stream(self) -> None:
        """Events as they are pushed, until they are dropped."""
        events: queue.Queue[bytes | None] = queue.Queue()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.node.streams.append(events)
        self.node.opened += 1
        with suppress(OSError):
            while (said := events.get()) is not None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(said), said))
        self.node.streams.remove(events)
        self.close_connection = True

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(node: Node, path: str = "") -> Iterator[Node]:
    """The node behind HTTP."""
    handler = type("Bound", (Handler,), {"node": node})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        node.url = f"http://127.0.0.1:{server.server_port}{path}"
        try:
            yield node
        finally:
            node.drop()
            server.shutdown()
            thread.join()
