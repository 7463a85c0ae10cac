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
        await self._guarded(scope, _in_time(receive), sending)

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


def _in_time(receive: Receive) -> Receive:
    """Receive, but the next part of the body must come soon; afterwards, that the client has gone may take long."""
    is_whole = False

    async def soon() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time") from None
        is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return soon
