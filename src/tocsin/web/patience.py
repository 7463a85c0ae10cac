"""
Patience: an answer begins within its time, or another says that it does not.

A thread cannot be stopped: what takes too long goes on, and is recorded when it ends. Too many of them, and nothing
more is begun: the process can no longer work, and says so to everybody, its supervisor among them.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.edge.logs import Log
from tocsin.web import problems

ANSWER_SECONDS = 120.0
"""From the last part of a request's body until its answer begins: a large report takes a minute."""
MOST_STUCK = 20
"""Requests beyond their time: half the threads there are (anyio has 40)."""
LATE = (
    "it takes too long, and goes on. Whether it was done: GET /api/v1/audit?request_id={name}, or ask again with the "
    "same Idempotency-Key"
)
STUCK = "too many requests take too long: tocsin works no more until it is started again; the log names them"


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits for answers, and not for ever."""

    inner: ASGIApp
    log: Log
    seconds: float = ANSWER_SECONDS
    most_stuck: int = MOST_STUCK
    stuck: set["asyncio.Task[None]"] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request in time."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        name = scope["state"]["request_id"]
        if len(self.stuck) >= self.most_stuck:
            await problems.problem(HTTPStatus.SERVICE_UNAVAILABLE, STUCK, name)(scope, receive, send)
            return
        wait = _Wait(receive, send)
        task = asyncio.create_task(self._work(scope, wait))
        try:
            await wait.until(task, self.seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            task.result()
            return
        wait.is_over = True
        self.stuck.add(task)
        task.add_done_callback(self._ended)
        self.log.error("a request takes too long", request_id=name, method=scope["method"], path=scope["path"])
        late = LATE.format(name=name)
        headers = {"Retry-After": str(problems.RETRY_AFTER_SECONDS)}
        await problems.problem(HTTPStatus.SERVICE_UNAVAILABLE, late, name, headers=headers)(scope, receive, send)

    async def _work(self, scope: Scope, wait: "_Wait") -> None:
        await self.inner(scope, wait.receive_part, wait.send_part)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self.stuck.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error("a request that took too long failed", kind=type(error).__name__)


@dataclass(slots=True)
class _Wait:
    """The wait for one answer."""

    receive: Receive
    send: Send
    moved_at: float = 0.0
    """When the last part of the request came, by the loop's clock."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    async def receive_part(self) -> Message:
        """A part of the request."""
        message = await self.receive()
        self.moved_at = asyncio.get_running_loop().time()
        return message

    async def send_part(self, message: Message) -> None:
        """A part of the answer; nowhere, once another was given."""
        self.begun.set()
        if not self.is_over:
            await self.send(message)

    async def until(self, task: "asyncio.Task[None]", seconds: float) -> None:
        """Wait until the work is done; where no answer begins in time, only until then."""
        loop = asyncio.get_running_loop()
        self.moved_at = loop.time()
        beginning = asyncio.create_task(self.begun.wait())
        try:
            while not task.done() and not self.begun.is_set():
                if (left := self.moved_at + seconds - loop.time()) <= 0:
                    return
                await asyncio.wait({task, beginning}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            beginning.cancel()
        await asyncio.wait({task})
