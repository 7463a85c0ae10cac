"""
The frame of every request: its id, who may be asked for (the host), the headers that protect a browser, and the answer
when everything else fails.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.app.desk import Desk
from tocsin.edge.logs import Log
from tocsin.model.errors import TocsinError
from tocsin.respond.access.trace_context import request_id, trace_id
from tocsin.web import problems
from tocsin.web.limits import BODY_SECONDS

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""OWASP Secure Headers Project; the policy allows nothing that is not served from here."""
NUL = "the character of code 0 is in no text; leave it out"
NUL_IN_JSON = b"\\u0000"
TLS_ONLY = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class Frame:
    """The outermost layer."""

    inner: ASGIApp
    desk: Desk
    log: Log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        headers, state = Headers(scope=scope), scope.setdefault("state", {})
        state["request_id"] = request_id(headers.get("x-request-id", "")) or self.desk.new_id()
        state["trace_id"] = trace_id(headers.get("traceparent", ""))
        sending = _Sending(send, self._headers(state["request_id"]))
        if not self._is_for_us(headers.get("host", "")):
            told = "this host name is not ours: reach tocsin by [serve] public_url"
            await problems.problem(HTTPStatus.MISDIRECTED_REQUEST, told, state["request_id"])(scope, receive, sending)
            return
        if _has_nul(scope):
            await problems.problem(HTTPStatus.UNPROCESSABLE_ENTITY, NUL, state["request_id"])(scope, receive, sending)
            return
        await self._guarded(scope, _arriving(scope, receive), sending)

    async def _guarded(self, scope: Scope, receive: Receive, send: "_Sending") -> None:
        name = scope["state"]["request_id"]
        try:
            await self.inner(scope, receive, send)
        except Exception as error:
            if isinstance(error, HTTPException):
                answer = problems.problem(error.status_code, error.detail, name)
            elif isinstance(error, TocsinError) and problems.status_of(error) < HTTPStatus.INTERNAL_SERVER_ERROR:
                answer = problems.of_error(error, name)
            else:
                self._log(error, scope)
                answer = problems.told_or_hidden(error, name)
            if send.has_begun:
                raise
            await answer(scope, receive, send)

    def _log(self, error: Exception, scope: Scope) -> None:
        where = {"request_id": scope["state"]["request_id"], "method": scope["method"], "path": scope["path"]}
        if isinstance(error, TocsinError):
            self.log.warning("a request failed", error=str(error), kind=type(error).__name__, **where)
        else:
            self.log.error("a defect of tocsin; please report it", exc_info=error, **where)

    def _is_for_us(self, host: str) -> bool:
        """A name that is not ours points at us: a page elsewhere talks to us under its own name (DNS rebinding)."""
        serve = self.desk.settings.serve
        ours = {serve.listen.host, urlsplit(serve.public_url).hostname, *LOOPBACK}
        return _name(host) in ours

    def _headers(self, name: str) -> Mapping[str, str]:
        is_secure = self.desk.settings.serve.public_url.startswith("https://")
        tls = {"Strict-Transport-Security": TLS_ONLY} if is_secure else {}
        return {**SECURITY_HEADERS, **tls, "X-Request-ID": name}


@dataclass(slots=True)
class _Sending:
    """Sends, with the headers that every answer has."""

    send: Send
    headers: Mapping[str, str]
    has_begun: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            given = MutableHeaders(scope=message)
            for name, value in self.headers.items():
                given.setdefault(name, value)
            given.setdefault("Cache-Control", "no-store")
        await self.send(message)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


@dataclass(slots=True)
class _Arriving:
    """
    Receives the body: the next part must come soon, and no text in it may hold the character of code 0.

    No database takes that character in text, and no honest text has it. That the client has gone may take long.
    """

    receive: Receive
    is_whole: bool = False
    end: bytes = b""
    """The last bytes of the part before: what is looked for may be cut in two."""

    async def __call__(self) -> Message:
        if self.is_whole:
            return await self.receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self.receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time") from None
        self.is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def of_json(self) -> Message:
        """Like calling it, for a body that is JSON."""
        message = await self()
        looked = self.end + message.get("body", b"")
        if NUL_IN_JSON in looked:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, NUL)
        self.end = looked[1 - len(NUL_IN_JSON) :]
        return message


def _arriving(scope: Scope, receive: Receive) -> Receive:
    arriving = _Arriving(receive)
    return arriving.of_json if "json" in Headers(scope=scope).get("content-type", "json") else arriving


def _has_nul(scope: Scope) -> bool:
    return "\0" in scope["path"] or b"%00" in scope["query_string"]
