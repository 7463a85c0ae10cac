"""JSON-RPC over a WebSocket: questions by id over one connection, and new heads as they are pushed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import CloseCode

from tocsin.chain.header import Header
from tocsin.chain.rpc import json_rpc, verify
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.urls import is_loopback, shown
from tocsin.model.errors import (
    AnswerTooLarge,
    EndpointRefused,
    EndpointUnavailable,
    MalformedInput,
    RateLimited,
    RemoteError,
    TocsinError,
)

PING_SECONDS = 20.0
HEADS_KEPT = 64
"""Heads that nobody has taken yet; older ones are dropped: the newest is what counts."""
SUBSCRIPTIONS_KEPT = 4
"""How many subscriptions an endpoint may push for; tocsin makes one a connection."""
TOO_MANY_REQUESTS = 429

_logger = logging.getLogger("tocsin.silent")
_logger.disabled = True  # the library logs handshakes with the whole URL


class WebSocketTransport:
    """One WebSocket endpoint. Connects when first asked, and again after a drop."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = url
        self._name = shown(url)
        self._limits = limits
        self._next_id = 1
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    async def exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """See `Transport`."""
        connection = await self._connected()
        first = self._next_id
        self._next_id += len(requests)
        patience_seconds = self._limits.patience_seconds(requests)
        try:
            async with asyncio.timeout(patience_seconds):
                data = await connection.ask(json_rpc.encode(requests, first), range(first, first + len(requests)))
        except TimeoutError:
            raise EndpointUnavailable(f"{self._name}: no answer in {patience_seconds:g} s") from None
        return json_rpc.parse(data, requests, first, self._name)

    async def heads(self) -> AsyncIterator[Header]:
        """New heads until the connection drops, which raises `EndpointUnavailable`."""
        connection = await self._connected()
        (outcome,) = await self.exchange([Request("eth_subscribe", ("newHeads",))])
        if isinstance(outcome, RemoteError):
            raise outcome
        subscription = json_rpc.text(outcome, self._name)
        async for raw in connection.pushes(subscription):
            if (head := verify.header(raw, self._name)) is not None:
                yield head

    async def close(self) -> None:
        """See `Transport`."""
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> "_Connection":
        async with self._connecting:
            if self._connection is None or self._connection.is_over:
                self._connection = _Connection(await self._open(), self._name)
            return self._connection

    async def _open(self) -> ClientConnection:
        try:
            return await connect(
                self._url,
                logger=_logger,
                open_timeout=self._limits.connect_seconds,
                ping_interval=PING_SECONDS,
                max_size=self._limits.answer_bytes,
                proxy=None if is_loopback(self._url) else True,
            )
        except InvalidStatus as error:
            raise self._refused(error.response.status_code) from None
        except (OSError, TimeoutError, WebSocketException) as error:
            raise EndpointUnavailable(f"{self._name}: no connection ({type(error).__name__})") from None

    def _refused(self, status: int) -> RemoteError:
        if status == TOO_MANY_REQUESTS:
            return RateLimited(f"{self._name}: too many requests")
        kind = EndpointUnavailable if status >= 500 else EndpointRefused
        return kind(f"{self._name}: refused the connection with HTTP status {status}")


class _Connection:
    """One connection and the task that reads it."""

    def __init__(self, socket: ClientConnection, name: str) -> None:
        self._socket = socket
        self._name = name
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._pushed: dict[str, asyncio.Queue[bytes | None]] = {}
        self._failure: TocsinError = EndpointUnavailable(f"{name}: the connection dropped")
        self._reader = asyncio.create_task(self._read())

    @property
    def is_over(self) -> bool:
        return self._reader.done()

    async def ask(self, content: bytes, ids: range) -> bytes:
        """The message that answers any of these ids."""
        if self.is_over:
            raise self._failure
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.update(dict.fromkeys(ids, answer))
        try:
            await self._socket.send(content, text=True)
            return await answer
        except ConnectionClosed as error:
            raise self._why(error) from None
        finally:
            for each in ids:
                self._waiting.pop(each, None)

    async def pushes(self, subscription: str) -> AsyncIterator[bytes]:
        """What the subscription pushes. Raises when the connection is over."""
        queue = self._queue(subscription)
        try:
            while not (self.is_over and queue.empty()) and (raw := await queue.get()) is not None:
                yield raw
        finally:
            self._pushed.pop(subscription, None)
        raise self._failure

    async def close(self) -> None:
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self._take(message.encode() if isinstance(message, str) else message)
            await self._socket.close()
        except TocsinError as error:
            self._failure = error
            await self._socket.close()
        except ConnectionClosed as error:
            self._failure = self._why(error)
        finally:
            self._end()

    def _why(self, error: ConnectionClosed) -> RemoteError:
        if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG:
            return AnswerTooLarge(f"{self._name}: an answer of more bytes than are taken at once")
        return EndpointUnavailable(f"{self._name}: the connection dropped ({type(error).__name__})")

    def _take(self, message: bytes) -> None:
        found = json_rpc.responses(message, self._name)
        answers = found if isinstance(found, list) else [found]
        if not isinstance(found, list) and found.id is None and found.error is None:
            self._push(message)
            return
        for answer in answers:
            waiting = self._waiting.get(answer.id) if isinstance(answer.id, int) else self._only_one_waiting()
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
                return

    def _only_one_waiting(self) -> "asyncio.Future[bytes] | None":
        """An answer without an id refuses a whole message; which one is only known when just one is open."""
        open_ones = {id(future): future for future in self._waiting.values()}
        return next(iter(open_ones.values())) if len(open_ones) == 1 else None

    def _push(self, message: bytes) -> None:
        pushed = json_rpc.notification(message, self._name)
        queue = self._queue(pushed.params.subscription)
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(bytes(pushed.params.result))

    def _queue(self, subscription: str) -> "asyncio.Queue[bytes | None]":
        """A push may come before the answer that names its subscription."""
        if subscription not in self._pushed:
            if len(self._pushed) >= SUBSCRIPTIONS_KEPT:
                raise MalformedInput(f"{self._name}: pushes for subscriptions that were never made")
            self._pushed[subscription] = asyncio.Queue(HEADS_KEPT)
        return self._pushed[subscription]

    def _end(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._failure)
        for queue in self._pushed.values():
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
