"""Where messages arrive while measuring: a real SMTP server and a real HTTP server on loopback, and when each came."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Arrived:
    """One message, when it had come whole (seconds since 1970)."""

    at: float
    subject: str
    headers: dict[str, str]
    body: Any


@dataclass
class Inbox:
    """What came, in order."""

    arrived: list[Arrived] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def put(self, subject: str, headers: dict[str, str], body: Any) -> None:
        """Keep one."""
        with self.came:
            self.arrived.append(Arrived(time.time(), subject, headers, body))
            self.came.notify_all()

    def first(self, seconds: float) -> Arrived | None:
        """The first message, once it is there; None when none comes for so long."""
        with self.came:
            self.came.wait_for(lambda: self.arrived, timeout=seconds)
            return self.arrived[0] if self.arrived else None


@dataclass
class _Mail:
    inbox: Inbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        content = envelope.content or b""
        told: Message = message_from_bytes(content if isinstance(content, bytes) else content.encode())
        self.inbox.put(str(told["Subject"]), dict(told.items()), told.get_payload())
        return "250 OK"


def free_port() -> int:
    """A port on loopback that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def mail_server() -> Iterator[tuple[int, Inbox]]:
    """A port on loopback that takes all mail."""
    inbox = Inbox()
    port = free_port()
    controller = Controller(_Mail(inbox), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, inbox
    finally:
        controller.stop()


@contextmanager
def web_server() -> Iterator[tuple[int, Inbox]]:
    """A port on loopback that takes all posts."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            inbox.put(self.path, dict(self.headers.items()), json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: what came is in the inbox."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], inbox
    finally:
        server.shutdown()
        server.server_close()
