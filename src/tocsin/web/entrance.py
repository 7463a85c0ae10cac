"""
The entrance: who asks, whether another site made the browser ask, and whether it is too much.

A program shows an API key (`Authorization: Bearer`), a browser the cookie of its session. Nobody is turned away here
for being unknown: a route says what it needs.
"""

from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.app.access.audit import Trace
from tocsin.app.access.guard import Guard, caller_of_key, caller_of_session
from tocsin.model.errors import Unauthenticated
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.forgery import HEADER, Asked, is_forged
from tocsin.respond.access.secrets import KEY_PREFIX
from tocsin.web import problems
from tocsin.web.limits import Limits

FORGED = (
    "this may come from another site: programs that use a session send the header X-Tocsin-Request, browsers an "
    "Origin that is [serve] public_url"
)
LONGEST_CREDENTIAL = 200


def cookie_name(public_url: str) -> str:
    """What the cookie of a session is called: with TLS, in the way that other subdomains cannot set (RFC 6265bis)."""
    return "__Host-tocsin" if public_url.startswith("https://") else "tocsin"


@dataclass(frozen=True, slots=True)
class Entrance:
    """Finds out who asks."""

    inner: ASGIApp
    guard: Guard
    limits: Limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or say why not."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        headers, state = Headers(scope=scope), scope["state"]
        state["trace"] = Trace(request_id=state["request_id"], address=address_of(scope))
        state["session_token"] = self._cookie(headers)
        bearer = bearer_of(headers)
        if not bearer and is_forged(_asked(scope, headers), self._public_url) and _acts_by_browser(state, headers):
            await problems.problem(HTTPStatus.FORBIDDEN, FORGED, state["request_id"])(scope, receive, send)
            return
        state["caller"] = await self._caller(scope, bearer)
        if wait := self._too_much(state["caller"], state["trace"].address):
            await too_often(scope, receive, send, wait)
            return
        await self.inner(scope, receive, send)

    @property
    def _public_url(self) -> str:
        return self.guard.desk.settings.serve.public_url

    def _cookie(self, headers: Headers) -> str:
        try:
            cookies = SimpleCookie(headers.get("cookie", "")[:8_192])
        except CookieError:
            return ""
        morsel = cookies.get(cookie_name(self._public_url))
        return morsel.value[:LONGEST_CREDENTIAL] if morsel else ""

    async def _caller(self, scope: Scope, bearer: str) -> Caller | None:
        state = scope["state"]
        try:
            if bearer:
                return await run_in_threadpool(caller_of_key, self.guard, bearer, state["trace"])
            if state["session_token"]:
                return await run_in_threadpool(caller_of_session, self.guard, state["session_token"], state["trace"])
        except Unauthenticated as refusal:
            state["refusal"] = str(refusal)
        return None

    def _too_much(self, caller: Caller | None, address: str) -> float:
        now = self.guard.desk.clock()
        if caller is None:
            return self.limits.wait(self.limits.addresses, address, now)
        return self.limits.wait(self.limits.callers, str(caller.actor), now)


async def too_often(scope: Scope, receive: Receive, send: Send, wait: float) -> None:
    """Answer that it is too much."""
    headers = {"Retry-After": str(max(1, round(wait)))}
    told = f"too many requests; ask again in {headers['Retry-After']} seconds"
    answer = problems.problem(HTTPStatus.TOO_MANY_REQUESTS, told, scope["state"]["request_id"], headers=headers)
    await answer(scope, receive, send)


def address_of(scope: Scope) -> str:
    """The network address of whoever asks; what a trusted proxy says of it stands here already."""
    client = scope.get("client")
    return client[0] if client else ""


def bearer_of(headers: Headers) -> str:
    """The API key that is shown; empty for none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    given = value.strip()
    return given[:LONGEST_CREDENTIAL] if kind.lower() == "bearer" and given.startswith(KEY_PREFIX) else ""


def _asked(scope: Scope, headers: Headers) -> Asked:
    return Asked(
        method=scope["method"],
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
        fetch_site=headers.get("sec-fetch-site", ""),
        has_header=HEADER in headers,
    )


def _acts_by_browser(state: dict[str, object], headers: Headers) -> bool:
    """A cookie came along, or a browser says where the request is from: a login can be forged too."""
    return bool(state["session_token"] or headers.get("origin") or headers.get("sec-fetch-site"))
