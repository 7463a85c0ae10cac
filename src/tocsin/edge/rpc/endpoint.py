"""One endpoint: paced, bounded, left alone when it fails, and known by what it has shown it can do."""

import asyncio
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tocsin.chain.header import Header
from tocsin.chain.rpc import json_rpc, methods, pacing, verify
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.chain.rpc.pacing import Backoff
from tocsin.edge.rpc.http import HttpTransport
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.transport import Transport
from tocsin.edge.rpc.urls import is_web_socket, shown, without_secrets
from tocsin.edge.rpc.web_socket import WebSocketTransport
from tocsin.model.errors import (
    AnswerTooLarge,
    EndpointRefused,
    EndpointUnavailable,
    InputError,
    RateLimited,
    RemoteError,
    TocsinError,
)

PROBE_DEPTH = 3
"""How far behind the head a method is tried: its newest blocks a node may not have traced yet."""


class WrongChain(EndpointRefused):
    """The endpoint is of another chain than the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """An endpoint as health and metrics show it. Nothing in it is secret."""

    name: str
    client_version: str
    capabilities: frozenset[str]
    """Methods it has shown that it has."""
    requests: int
    errors: int
    failures_in_a_row: int
    retry_in_seconds: float
    last_error: str
    """Empty while it works."""
    head_number: int | None
    head_hash: bytes | None
    answer_seconds: float
    """How long its last answer took."""
    subscribed: bool
    dissents: int
    """How often most other endpoints had another block than this one."""


class Endpoint:
    """One URL of a node."""

    def __init__(self, url: str, chain_id: int | None, limits: Limits, name: str = "") -> None:
        self.name = name or shown(url)
        self.transport: Transport = (WebSocketTransport if is_web_socket(url) else HttpTransport)(url, limits)
        self.chain_id = chain_id
        self.head: Header | None = None
        self.subscribed = False
        self.dissents = 0
        self._url = url
        self._limits = limits
        self._bucket = pacing.full(limits.requests_per_second, limits.burst_requests, time.monotonic())
        self._backoff = Backoff()
        self._slots = asyncio.Semaphore(limits.concurrent_batches)
        self._preparing = asyncio.Lock()
        self._is_prepared = False
        self._client_version = ""
        self._has = {methods.BLOCK: True}
        self._probed_at = time.monotonic()
        self._requests = 0
        self._errors = 0
        self._last_error = ""
        self._answer_seconds = 0.0

    @property
    def wait_seconds(self) -> float:
        """How long to leave it alone still."""
        return pacing.wait(self._backoff, time.monotonic())

    @property
    def capabilities(self) -> frozenset[str]:
        """The methods it has shown that it has."""
        return frozenset(key for key, has in self._has.items() if has)

    def status(self) -> Status:
        """How it is now."""
        return Status(
            name=self.name,
            client_version=self._client_version,
            capabilities=self.capabilities,
            requests=self._requests,
            errors=self._errors,
            failures_in_a_row=self._backoff.failures,
            retry_in_seconds=self.wait_seconds,
            last_error=self._last_error,
            head_number=None if self.head is None else self.head.number,
            head_hash=None if self.head is None else self.head.hash,
            answer_seconds=self._answer_seconds,
            subscribed=self.subscribed,
            dissents=self.dissents,
        )

    def expect(self, chain_id: int) -> None:
        """From now on only this chain will do."""
        self._is_prepared = self._is_prepared and self.chain_id == chain_id
        self.chain_id = chain_id

    async def prepare(self) -> None:
        """Make sure, once, that it is of the right chain. Raises `WrongChain`."""
        async with self._preparing:
            if self._is_prepared:
                return
            chain_id, version = await self.ask([Request("eth_chainId"), Request("web3_clientVersion")])
            self._check_chain(json_rpc.quantity(_result(chain_id), f"{self.name}: eth_chainId"))
            if isinstance(version, bytes):
                self._client_version = json_rpc.text(version, f"{self.name}: web3_clientVersion")
            self._is_prepared = True

    def _check_chain(self, said: int) -> None:
        if self.chain_id is None:
            self.chain_id = said
        if said != self.chain_id:
            error = WrongChain(f"{self.name}: is of chain {said}, not {self.chain_id}; name an endpoint of that chain")
            self.failed(error, leave_seconds=self._limits.probe_again_seconds)
            raise error

    async def capable(self, wanted: Collection[str]) -> frozenset[str]:
        """The methods it has, tried as far as the wanted datasets need; what it lacks is tried again later."""
        await self.prepare()
        async with self._preparing:
            if time.monotonic() - self._probed_at > self._limits.probe_again_seconds:
                self._has = dict.fromkeys(self.capabilities, True)
                self._probed_at = time.monotonic()
            if any(self._untried(dataset) for dataset in wanted):
                block = await self._probe_block()
                for dataset in sorted(wanted):
                    await self._probe(self._untried(dataset), block)
        return self.capabilities

    def _untried(self, dataset: str) -> list[str]:
        """The methods to try for a dataset: none when one is known to work."""
        ways = methods.probes([dataset])
        return [] if any(self._has.get(way) for way in ways) else [way for way in ways if way not in self._has]

    async def _probe_block(self) -> verify.Block:
        head = await self.newest()
        number = max(0, head.number - PROBE_DEPTH)
        (found,) = await self.ask([Request(methods.BLOCK, (hex(number), True))])
        header = verify.header(_result(found), self.name)
        if header is None:
            raise EndpointUnavailable(f"{self.name}: says its head is {head.number}, but has no block {number}")
        return verify.block(_result(found), header, self.name)

    async def _probe(self, ways: Sequence[str], block: verify.Block) -> None:
        """Try one method after another until one works."""
        for way in ways:
            self._has[way] = way not in methods.never(self._client_version) and await self._works(way, block)
            if self._has[way]:
                return

    async def _works(self, way: str, block: verify.Block) -> bool:
        (outcome,) = await self.ask([methods.METHODS[way].asks(block.header)])
        if isinstance(outcome, RateLimited | EndpointUnavailable):
            raise outcome  # says nothing about the method
        try:
            verify.check(way, _result(outcome), block, self.name)
        except (EndpointRefused, InputError):
            return False
        return True

    def forget(self, way: str) -> None:
        """It turned out not to have this method."""
        self._has[way] = False

    async def newest(self) -> Header:
        """Its newest block."""
        (outcome,) = await self.ask([Request(methods.BLOCK, ("latest", False))])
        raw = _result(outcome)
        try:
            self.head = _newest(raw, self.name)
        except (InputError, EndpointUnavailable) as error:
            self.failed(error)
            raise
        return self.head

    async def ask(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcome of each request. Raises `RemoteError` and `InputError`, and remembers that it failed."""
        outcomes: list[Outcome] = []
        for start in range(0, len(requests), self._limits.batch_requests):
            outcomes += await self._ask_once(requests[start : start + self._limits.batch_requests])
        return outcomes

    async def _ask_once(self, requests: Sequence[Request]) -> list[Outcome]:
        began = time.monotonic()
        try:
            outcomes = await self._exchange(requests)
        except AnswerTooLarge as error:
            if len(requests) == 1:
                return [error]
            half = len(requests) // 2
            return await self._ask_once(requests[:half]) + await self._ask_once(requests[half:])
        except (RemoteError, InputError) as error:
            # Left alone for at least as long as it kept us waiting, it wastes half of our time at most.
            self.failed(error, leave_seconds=time.monotonic() - began)
            raise
        self._note([outcome for outcome in outcomes if isinstance(outcome, RemoteError)])
        return outcomes

    async def _exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        async with self._slots:
            self._bucket, delay = pacing.take(self._bucket, len(requests), time.monotonic())
            await asyncio.sleep(delay)
            self._requests += len(requests)
            began = time.monotonic()
            outcomes = await self.transport.exchange(requests)
            self._answer_seconds = time.monotonic() - began
            return outcomes

    def _note(self, refusals: Sequence[RemoteError]) -> None:
        """A refused question is no failure of the endpoint, unless it is refused for being one too many."""
        busy = [refusal for refusal in refusals if isinstance(refusal, RateLimited | EndpointUnavailable)]
        if busy:
            self.failed(busy[0])
        else:
            self._backoff, self._last_error = Backoff(), ""

    def failed(self, error: TocsinError, leave_seconds: float = 0.0) -> None:
        """Leave it alone for a while."""
        self._errors += 1
        self._last_error = without_secrets(str(error), self._url)
        asked = error.retry_after_seconds if isinstance(error, RateLimited) else 0.0
        self._backoff = pacing.after_failure(
            self._backoff,
            time.monotonic(),
            random.random(),  # noqa: S311 - spreads retries; nothing secret
            first=self._limits.first_backoff_seconds,
            retry_after=max(asked, leave_seconds),
        )

    async def close(self) -> None:
        """Let go of its connection."""
        await self.transport.close()


def _result(outcome: Outcome) -> bytes:
    if isinstance(outcome, RemoteError):
        raise outcome
    return outcome


def _newest(raw: bytes, name: str) -> Header:
    head = verify.header(raw, name)
    if head is None:
        raise EndpointUnavailable(f"{name}: has no newest block; it may still be starting")
    return head
