"""
A beacon node over HTTP: questions with bounded answers, and its stream of events, made again when it drops.

What a node does not have, or does not know how to tell, is None; what it refuses, or fails to say, raises.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tocsin.chain.beacon import events, requests
from tocsin.chain.beacon.events import Message, Stream
from tocsin.chain.beacon.requests import CHAIN, EVENTS_PATH, HEAD, Request, observer
from tocsin.chain.rpc import pacing
from tocsin.chain.rpc.pacing import Backoff
from tocsin.edge.rpc.endpoint import Status
from tocsin.edge.rpc.http import keep_urls_out_of_logs
from tocsin.edge.rpc.urls import HTTP_SCHEMES, is_loopback, shown, split, without_secrets
from tocsin.model.errors import (
    AnswerTooLarge,
    EndpointRefused,
    EndpointUnavailable,
    InputError,
    RateLimited,
    RemoteError,
    SettingError,
    TocsinError,
)

MEBIBYTE = 1 << 20
_NOT_THERE = frozenset({400, 404, 405, 501})
"""
The block, or the question, is unknown to this node, or it does not take the question: Teku answers 400 to one about
liveness unless it was started to keep track of it. All else that it tells is no worse for that.
"""
_FIRST_SERVER_ERROR = 500
_EVENT_STREAM = "text/event-stream"
SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much, how long. Seconds and bytes."""

    answer_bytes: int = 64 * MEBIBYTE
    """The most taken in one answer; blocks are a few mebibytes, the states of many validators tens."""
    connect_seconds: float = 10.0
    answer_seconds: float = 20.0
    """The longest a whole answer may take."""
    silence_seconds: float = 90.0
    """With no byte of the event stream for so long it is made again: a slot brings a head every few seconds."""
    first_backoff_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Dropped:
    """The stream ended and is made again: what happened meanwhile is not known."""

    error: TocsinError


class BeaconNode:
    """One beacon node."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        parts = split(url)
        self.name = shown(url)
        if parts.scheme not in HTTP_SCHEMES:
            raise SettingError(f"{self.name}: a beacon node's URL begins with http:// or https://")
        self.observer = observer(urlsplit(url).netloc.rpartition("@")[2])
        self._url = url
        self._base = url.strip().rstrip("/")
        self._limits = limits or Limits()
        keep_urls_out_of_logs()
        timeout = httpx.Timeout(None, connect=self._limits.connect_seconds)  # each answer is timed as a whole
        # A proxy that the environment names is for the world outside, not for this machine.
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=not is_loopback(url))
        self._requests = 0
        self._errors = 0
        self._last_error = ""
        self._backoff = Backoff()
        self._stream_backoff = Backoff()
        self._answer_seconds = 0.0
        self._is_streaming = False

    def status(self) -> Status:
        """How it is now, as health and metrics show it."""
        return Status(
            name=self.name,
            client_version="",
            capabilities=frozenset(),
            requests=self._requests,
            errors=self._errors,
            failures_in_a_row=max(self._backoff.failures, self._stream_backoff.failures),
            retry_in_seconds=self.wait_seconds,
            last_error=self._last_error,
            head_number=None,
            head_hash=None,
            answer_seconds=self._answer_seconds,
            subscribed=self._is_streaming,
            dissents=0,
        )

    @property
    def wait_seconds(self) -> float:
        """How long to leave it alone still."""
        return pacing.wait(self._backoff, time.monotonic())

    def failed(self, error: TocsinError) -> None:
        """Ask it nothing for a while."""
        self._backoff = self._after(error, self._backoff)

    def _after(self, error: TocsinError, backoff: Backoff) -> Backoff:
        self._errors += 1
        self._last_error = without_secrets(str(error), self._url)
        return pacing.after_failure(
            backoff,
            time.monotonic(),
            random.random(),  # noqa: S311 - spreads retries; nothing secret
            first=self._limits.first_backoff_seconds,
            retry_after=error.retry_after_seconds if isinstance(error, RateLimited) else 0.0,
        )

    def worked(self) -> None:
        """It gave what it was asked for."""
        self._backoff = Backoff()
        self._last_error = self._last_error if self._stream_backoff.failures else ""

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    async def ask(self, request: Request) -> bytes | None:
        """Its answer, unread; None where it has none. Raises `RemoteError`."""
        began, seconds = time.monotonic(), self._limits.answer_seconds
        self._requests += 1
        try:
            async with asyncio.timeout(seconds), self._sent(request, "application/json") as response:
                if response.status_code in _NOT_THERE:
                    return None
                self._check(response)
                return await self._bounded(response)
        except (TimeoutError, httpx.TimeoutException):
            raise EndpointUnavailable(f"{self.name}: no answer in {seconds:g} s") from None
        except httpx.HTTPError as error:
            # The library's text may repeat the URL.
            raise EndpointUnavailable(f"{self.name}: no answer ({type(error).__name__})") from None
        finally:
            self._answer_seconds = time.monotonic() - began

    async def chain_id(self) -> int:
        """The execution chain that it belongs to. Raises `RemoteError` and `InputError`."""
        if (answer := await self.ask(CHAIN)) is None:
            raise EndpointRefused(
                f"{self.name}: does not say which chain it is of: is it a beacon node? A scan takes --chain-id instead"
            )
        return requests.chain_id(answer, self.name)

    async def newest_slot(self) -> int:
        """The slot of its newest block. Raises `RemoteError` and `InputError`."""
        if (answer := await self.ask(HEAD)) is None:
            raise EndpointUnavailable(f"{self.name}: has no newest block; it may still be starting")
        return requests.newest_slot(answer, self.name)

    def _sent(self, request: Request, accept: str) -> AbstractAsyncContextManager[httpx.Response]:
        headers = {"Accept": accept}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        method = "GET" if request.body is None else "POST"
        return self._client.stream(method, self._base + request.path, content=request.body, headers=headers)

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited(f"{self.name}: too many requests")
        if status >= _FIRST_SERVER_ERROR:
            raise EndpointUnavailable(f"{self.name}: failed with HTTP status {status}; it may still be syncing")
        if status != httpx.codes.OK:
            raise EndpointRefused(f"{self.name}: HTTP status {status}; check the URL and its key")

    async def _bounded(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.answer_bytes:
                raise AnswerTooLarge(f"{self.name}: an answer of more than {self._limits.answer_bytes} bytes")
        return bytes(body)

    async def events(self) -> AsyncGenerator[Message]:
        """The events of one connection, each checked. Raises `RemoteError` when it ends, `InputError` for nonsense."""
        stream = Stream(self.name)
        try:
            async with self._sent(Request(EVENTS_PATH), _EVENT_STREAM) as response:
                self._check_stream(response)
                self._is_streaming = True
                chunks = response.aiter_bytes()
                while (chunk := await self._next(chunks)) is not None:
                    for message in stream.feed(chunk):
                        if events.read(message, self.name) is not None:
                            yield message
        except httpx.HTTPError as error:
            raise EndpointUnavailable(f"{self.name}: the event stream broke ({type(error).__name__})") from None
        finally:
            self._is_streaming = False
        raise EndpointUnavailable(f"{self.name}: the event stream ended")

    def _check_stream(self, response: httpx.Response) -> None:
        self._check(response)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != _EVENT_STREAM:
            raise EndpointRefused(
                f"{self.name}: answers {kind[:SHOWN_CHARACTERS]!r}, not with an event stream; is it a beacon node?"
            )

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        seconds = self._limits.silence_seconds
        try:
            async with asyncio.timeout(seconds):
                return await anext(chunks, None)
        except TimeoutError:
            raise EndpointUnavailable(f"{self.name}: no event in {seconds:g} s") from None

    async def follow(self) -> AsyncGenerator[Message | Dropped]:
        """Events without end: the stream is made again after every drop, each time later while it goes on failing."""
        while True:
            try:
                async with aclosing(self.events()) as messages:
                    async for message in messages:
                        self._stream_backoff = Backoff()
                        yield message
            except (RemoteError, InputError) as error:
                self._stream_backoff = self._after(error, self._stream_backoff)
                yield Dropped(error)
            await asyncio.sleep(pacing.wait(self._stream_backoff, time.monotonic()))
