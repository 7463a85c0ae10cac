"""
Real servers on loopback that channels send to: mail, HTTP, syslog. Each can be told to misbehave.

    with mail_server() as mail:              # accepts; mail.received has every e-mail
        mail.replies = ["451 later", ...]    # what it says to the next ones after DATA; "" accepts, HANG and DROP do so
    with http_server() as server:            # 200; server.requests has every request
        server.tricks = [answer(429, retry_after="7"), hang, drop, drop_half_way, huge]
    with datagrams() as listener: ...
    with streams() as listener: ...
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HANG = "hang"
DROP = "drop"
POLL_SECONDS = 0.01


@dataclass
class Received:
    """An e-mail that a server accepted."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    content: bytes

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def page(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass
class MailServer:
    """What came, and what is said to the next e-mails. `refused` mailboxes are said so at once."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    logins: list[tuple[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for it by this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        reply = self.replies.pop(0) if self.replies else ""
        content = envelope.content or b""
        assert isinstance(content, bytes)
        if reply in {HANG, DROP} or not reply:
            parsed = BytesParser(policy=default).parsebytes(content)
            assert isinstance(parsed, EmailMessage)
            self.received.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), parsed, content))
            self.arrived.set()
        if reply == HANG:
            await asyncio.Event().wait()
        if reply == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return reply or "250 2.0.0 queued"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password == b"right", handled=False)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(*, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A mail server; with a context it offers STARTTLS and wants a login over it, or speaks TLS from the first byte."""
    server = MailServer()
    with_login: dict[str, Any] = {"authenticator": server.authenticate, "auth_require_tls": True} if starttls else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = _Controller(
        server, hostname="127.0.0.1", port=port, ssl_context=tls, tls_context=starttls, ident="mail", **with_login
    )
    controller.start()
    server.port = port
    try:
        yield server
    finally:
        controller.stop(no_assert=True)


@dataclass
class Request:
    """One HTTP request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class HttpServer:
    """What came, and what is done with the next requests; afterwards 200 and `{}`."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    tricks: list[Callable[["Reply"], None]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    always: Callable[["Reply"], None] | None = None


@dataclass
class Reply:
    """The answer to one request, for a trick to send."""

    server: HttpServer
    handler: BaseHTTPRequestHandler

    def send(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        with suppress(OSError):  # the client may have had enough
            self.handler.wfile.write(body)

    def close(self) -> None:
        with suppress(OSError):
            self.handler.connection.shutdown(socket.SHUT_RDWR)
        self.handler.close_connection = True


def answer(status: int, body: bytes = b"{}", **headers: str) -> Callable[[Reply], None]:
    return lambda reply: reply.send(status, body, None, **headers)


def hang(reply: Reply) -> None:
    """Take the request and say nothing until the server is closed."""
    reply.server.released.wait()


def drop(reply: Reply) -> None:
    """Take the request and close the connection."""
    reply.close()


def drop_half_way(reply: Reply) -> None:
    """Close the connection in the middle of the answer."""
    reply.send(200, b'{"ok":', length=1_000)
    reply.close()


def huge(reply: Reply) -> None:
    """A good answer with an endless body."""
    reply.send(200, b" " * (8 << 20))


def _handler(server: HttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            server.requests.append(Request(self.command, self.path, dict(self.headers), body))
            trick = server.tricks.pop(0) if server.tricks else server.always or answer(200)
            trick(Reply(server, self))

        do_PUT = do_GET = do_POST  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None: ...

    return Handler


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def http_server(tls: ssl.SSLContext | None = None) -> Iterator[HttpServer]:
    """An HTTP server; with a context it speaks TLS, as `localhost`."""
    server = HttpServer()
    with _Threads(("127.0.0.1", 0), _handler(server)) as listening:
        if tls:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        thread = threading.Thread(target=listening.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        host = "https://localhost" if tls else "http://127.0.0.1"
        server.url = f"{host}:{listening.server_port}"
        try:
            yield server
        finally:
            server.released.set()
            listening.shutdown()
            thread.join()


@dataclass
class Listener:
    """A port, and what came there."""

    port: int
    came: list[bytes] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> bytes:
        """The first that came; waits for it."""
        assert self.arrived.wait(30), "nothing came"
        return self.came[0]


@contextmanager
def datagrams() -> Iterator[Listener]:
    """A UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listener = Listener(listening.getsockname()[1])

        def listen() -> None:
            while data := listening.recv(65_535):
                listener.came.append(data)
                listener.arrived.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", ("127.0.0.1", listener.port))
            thread.join()


@contextmanager
def streams(tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """A TCP port that reads each connection to its end; with a context over TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = Listener(listening.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                with suppress(OSError), tls.wrap_socket(peer, server_side=True) if tls else peer as talking:
                    whole = b""
                    while data := talking.recv(65_535):
                        whole += data
                    listener.came.append(whole)
                    listener.arrived.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
