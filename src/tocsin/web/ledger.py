"""
The ledger: what is written is in the audit before it is done and after, what is denied is in it too, and what is asked
twice with one Idempotency-Key is done once.

An entry before the act (`request_began`, by `asking.Needs`) means that nothing is done that cannot be recorded; the
entry after it has the status and the digest of the answer. Where the second cannot be written, the answer is an error
that says that it may have been done.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.app.access.audit import ANONYMOUS, draft, record
from tocsin.app.access.guard import Guard
from tocsin.edge.store import answers, audit, journal
from tocsin.edge.store.errors import named_errors
from tocsin.model.actor import Actor
from tocsin.model.errors import WrongState
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.forgery import SAFE_METHODS
from tocsin.respond.journal import Draft
from tocsin.web import problems
from tocsin.web.entrance import too_often
from tocsin.web.limits import LARGEST_BODY_BYTES, Limits

LONGEST_KEY = 255
HELD_BYTES = 4_000_000
"""Of an answer to a write that are held back until it is in the audit; the rest of a longer one is passed on."""
DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_KEPT_HEADERS = ("content-type", "etag", "location")
SETTLED_SECONDS = 120.0
"""After so long without an answer nobody is doing it any more, unless it is this process, which knows."""
_NEEDS = "needs"
"""Among the headers of an answer that is kept: the scope without which it is not given again."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Records requests."""

    inner: ASGIApp
    guard: Guard
    limits: Limits
    at_work: set[tuple[str, str]] = field(default_factory=set)
    """Callers and keys of what is being done here and now."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and record it."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        key = Headers(scope=scope).get("idempotency-key", "")
        if key and scope["method"] == "POST" and scope["state"]["caller"] is not None:
            await self._once(scope, receive, send, key)
        else:
            await self._recorded(scope, receive, send)

    async def _recorded(self, scope: Scope, receive: Receive, send: Send) -> "_Held":
        """Let it be done, hold the answer, record it, then give the answer."""
        held = _Held(send, is_holding=scope["method"] not in SAFE_METHODS)
        await self.inner(scope, receive, held)
        state = scope["state"]
        state["is_done"] = "began" in state and held.status < HTTPStatus.BAD_REQUEST
        if held.status in DENIED and "needs" in state:
            if wait := self._denied_too_often(state):
                held.forget()
                await too_often(scope, receive, send, wait)
                return held
            await self._note(scope, "request_refused", held)
        elif "began" in state:
            await self._note(scope, "request_ended", held)
        await held.let_go()
        return held

    def _denied_too_often(self, state: Mapping[str, Any]) -> float:
        caller: Caller | None = state["caller"]
        name = str(caller.actor) if caller else state["trace"].address
        return self.limits.wait(self.limits.denials, name, self.guard.desk.clock())

    async def _note(self, scope: Scope, action: str, held: "_Held") -> None:
        state = scope["state"]
        caller: Caller | None = state["caller"]
        told = draft(
            self.guard.desk,
            caller.actor if caller else ANONYMOUS,
            action,
            scope["path"][:500],
            trace=state["trace"],
            after=held.digest.hexdigest() if action == "request_ended" else "",
            **described(scope),
            status=held.status,
        )
        await run_in_threadpool(record, self.guard.desk, [told])

    async def _once(self, scope: Scope, receive: Receive, send: Send, key: str) -> None:
        """Do it unless it was done with this key; then give the answer of that time."""
        name = scope["state"]["request_id"]
        body = await _whole(receive) if len(key) <= LONGEST_KEY and key.isprintable() else None
        if body is None:
            told = f"Idempotency-Key: at most {LONGEST_KEY} printable characters, and a body of at most a megabyte"
            await problems.problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, name)(scope, receive, send)
            return
        caller, engine = str(scope["state"]["caller"].actor), self.guard.desk.store.engine
        asked = _digest(scope, body)
        now = self.guard.desk.clock()
        mine = {"caller": caller, "key": key, "request_id": name}
        before = await run_in_threadpool(answers.begin, engine, **mine, request=asked, now=now)
        if before is not None and not await self._never_began(before, asked, mine, now):
            await self._again(scope, receive, send, before, asked)
            return
        self.at_work.add((caller, key))
        try:
            scope["state"]["idempotent"] = mine
            await self._first(scope, body, send, caller, key)
        finally:
            self.at_work.discard((caller, key))

    def _is_settled(self, before: answers.Kept, caller: str, key: str, now: float) -> bool:
        """Whether nobody is doing it any more, though it has no answer."""
        return (caller, key) not in self.at_work and now - before.begun_at >= SETTLED_SECONDS

    async def _never_began(self, before: answers.Kept, asked: str, mine: dict[str, str], now: float) -> bool:
        """Whether whoever was to do it never began, or was refused: then it is done now, in its place."""
        settled = self._is_settled(before, mine["caller"], mine["key"], now)
        if before.status is not None or before.request != asked or not settled:
            return False
        has_begun, status = await run_in_threadpool(self._outcome, before)
        if has_begun and (status is None or status < HTTPStatus.BAD_REQUEST):
            return False
        return await run_in_threadpool(answers.take_on, self.guard.desk.store.engine, before, **mine, now=now)

    def _outcome(self, before: answers.Kept) -> tuple[bool, int | None]:
        with named_errors(), self.guard.desk.store.engine.begin() as connection:
            return audit.outcome(connection, before.request_id, before.begun_at)

    async def _unanswered(self, scope: Scope, receive: Receive, send: Send, before: answers.Kept) -> None:
        """Say how it stands with a request that has no answer, and what to do."""
        caller, key = str(scope["state"]["caller"].actor), Headers(scope=scope)["idempotency-key"]
        now, headers = self.guard.desk.clock(), {}
        if self._is_settled(before, caller, key, now):
            _, status = await run_in_threadpool(self._outcome, before)
            how = (
                "was not recorded to end: it was done, or not" if status is None else f"was done, with status {status}"
            )
            told = (
                f"the request {before.request_id} with this Idempotency-Key {how}, and its answer was not kept. "
                f"Look at what it was to change; GET /api/v1/audit?request_id={before.request_id} has what is known. "
                "Then take a new key for what is still to be done"
            )
        else:
            left = 1 if (caller, key) in self.at_work else max(1, round(before.begun_at + SETTLED_SECONDS - now))
            headers = {"Retry-After": str(left)}
            told = (
                f"the request with this Idempotency-Key is being done, or was cut off; ask again in {left} seconds: "
                "then there is its answer, or how it ended"
            )
        name = scope["state"]["request_id"]
        await problems.problem(HTTPStatus.CONFLICT, told, name, headers=headers)(scope, receive, send)

    async def _first(self, scope: Scope, body: bytes, send: Send, caller: str, key: str) -> None:
        engine, kept = self.guard.desk.store.engine, _Held(send, is_holding=True)
        try:
            await self._recorded(scope, _replayed(body), kept)
        except Exception:
            if not scope["state"].get("is_done"):  # what was done and could not be recorded must not be done twice
                await run_in_threadpool(answers.drop, engine, caller=caller, key=key)
            raise
        if kept.status >= HTTPStatus.INTERNAL_SERVER_ERROR or kept.is_passing or kept.status in _PASSING:
            await run_in_threadpool(answers.drop, engine, caller=caller, key=key)
        else:
            sealed = self.guard.seal.seal(kept.body.decode("latin-1"), _purpose(caller, key)).encode()
            headers = {one: value for one, value in kept.headers().items() if one in _KEPT_HEADERS}
            headers[_NEEDS] = scope["state"].get("needs", "")
            answer = answers.Answer(status=kept.status, headers=headers, body=sealed)
            await run_in_threadpool(answers.finish, engine, caller=caller, key=key, answer=answer)
        await kept.let_go()

    async def _again(self, scope: Scope, receive: Receive, send: Send, before: answers.Kept, asked: str) -> None:
        name = scope["state"]["request_id"]
        if before.request != asked:
            told = "this Idempotency-Key was used for another request; take a new one for each thing to be done"
            await problems.problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, name)(scope, receive, send)
        elif before.status is None:
            await self._unanswered(scope, receive, send, before)
        else:
            if needed := before.headers.get(_NEEDS):
                scope["state"]["caller"].must(needed)
            caller, key = str(scope["state"]["caller"].actor), Headers(scope=scope)["idempotency-key"]
            body = self.guard.seal.open(before.body.decode(), _purpose(caller, key)).encode("latin-1")
            pairs = [*_given(before.headers), ("idempotency-replayed", "true"), ("content-length", str(len(body)))]
            raw = [(one.encode(), value.encode()) for one, value in pairs]
            await send({"type": "http.response.start", "status": before.status, "headers": raw})
            await send({"type": "http.response.body", "body": body})


_PASSING = (*DENIED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
"""Answers that another attempt may well not get: they are not kept."""


def _given(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name in _KEPT_HEADERS]


async def began(guard: Guard, scope: Scope, actor: Actor, needed: str) -> None:
    """Write down that a write begins. Raises `StoreError`: then it must not."""
    state = scope["state"]
    more = {**described(scope), "scope": needed}
    told = draft(guard.desk, actor, "request_began", scope["path"][:500], trace=state["trace"], **more)
    await run_in_threadpool(_begin, guard, told, state.get("idempotent"))
    state["began"] = True


def _begin(guard: Guard, told: Draft, mine: Mapping[str, str] | None) -> None:
    """Write it down; where it has an Idempotency-Key, only while no other request was given the key to do it."""
    with guard.transaction() as connection:
        if mine is not None and not answers.hold(connection, **mine):
            raise WrongState("another request with this Idempotency-Key does it instead; ask again for its answer")
        journal.append(connection, [told], now=guard.desk.clock())


def described(scope: Scope) -> dict[str, str]:
    """What the audit says of a request: never its body, its query or its credentials."""
    state = scope["state"]
    caller: Caller | None = state["caller"]
    told = {"method": scope["method"], "trace_id": state["trace_id"]}
    return {**told, **({"key": caller.key, "session": caller.session} if caller else {})}


@dataclass(slots=True)
class _Held:
    """Holds an answer back, and digests it."""

    send: Send
    is_holding: bool
    status: int = 0
    messages: list[Message] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    is_passing: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.is_holding = self.is_holding or self.status in DENIED
        self.digest.update(message.get("body", b""))
        self.size += len(message.get("body", b""))
        if not self.is_holding or self.is_passing:
            await self.send(message)
            return
        self.messages.append(message)
        if self.size > HELD_BYTES:
            await self.let_go()
            self.is_passing = True

    async def let_go(self) -> None:
        """Give what is held."""
        for message in self.messages:
            await self.send(message)
        self.messages.clear()

    def forget(self) -> None:
        """Give another answer instead."""
        self.messages.clear()

    @property
    def body(self) -> bytes:
        """The body that is held."""
        return b"".join(message.get("body", b"") for message in self.messages)

    def headers(self) -> Mapping[str, str]:
        """The headers that are held."""
        raw: list[tuple[bytes, bytes]] = next(
            (message["headers"] for message in self.messages if "headers" in message), []
        )
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


async def _whole(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY_BYTES or message["type"] != "http.request":
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _digest(scope: Scope, body: bytes) -> str:
    parts = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()


def _purpose(caller: str, key: str) -> str:
    return f"answer:{caller}:{key}"
