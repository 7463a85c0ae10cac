"""Several endpoints that stand in for one another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from tocsin.edge.rpc.endpoint import Endpoint, Status, WrongChain
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.urls import shown
from tocsin.model.errors import EndpointUnavailable, InputError, RemoteError, SettingError

PATIENCE_SECONDS = 5.0
"""When every endpoint is to be left alone for longer, the question fails at once: its asker knows better what to do."""

GRACE_SECONDS = 1.0
"""How long the others may take when the first has answered."""

EARLY_SECONDS = 0.01
"""A sleep may end so much too early; an endpoint is ready all the same."""

T = TypeVar("T")


class Pool:
    """The endpoints of one chain, best first."""

    def __init__(self, urls: Sequence[str], chain_id: int | None, limits: Limits) -> None:
        if not urls:
            raise SettingError("a chain needs at least one endpoint")
        names = _distinct([shown(url) for url in urls])
        self.endpoints = tuple(Endpoint(url, chain_id, limits, name) for url, name in zip(urls, names, strict=True))
        self._rounds = limits.rounds
        self._pause_seconds = limits.first_backoff_seconds

    async def identify(self) -> int:
        """
        The chain the endpoints are of, as the first that answers says.

        Raises `SettingError` when every one is of another chain than it should be, and `RemoteError` when none answers
        and nothing says which chain it should be.
        """
        outcomes = await asyncio.gather(*(_attempt(endpoint.prepare) for endpoint in self.endpoints))
        wrong = [outcome for outcome in outcomes if isinstance(outcome, WrongChain)]
        if len(wrong) == len(self.endpoints):
            raise SettingError(str(wrong[0]))
        chain_id = next((e.chain_id for e in self.endpoints if e.chain_id is not None), None)
        if chain_id is None:
            raise next(outcome for outcome in outcomes if outcome is not None)
        for endpoint in self.endpoints:
            endpoint.expect(chain_id)
        return chain_id

    async def rounds(self) -> AsyncIterator[list[Endpoint]]:
        """
        The endpoints to try, in order, a few times; waits for the first to be ready again.

        Ends early when all are to be left alone for long.
        """
        for number in range(self._rounds):
            soonest = min(endpoint.wait_seconds for endpoint in self.endpoints)
            if soonest > PATIENCE_SECONDS:
                return
            # What is not there yet, such as the receipts of a new block, may be there in a moment.
            await asyncio.sleep(max(soonest, number * self._pause_seconds))
            yield self.ready()

    def ready(self) -> list[Endpoint]:
        """The endpoints that need not be left alone now, best first."""
        return [endpoint for endpoint in self.endpoints if endpoint.wait_seconds <= EARLY_SECONDS]

    async def everywhere(self, ask: Callable[[Endpoint], Awaitable[T]]) -> dict[Endpoint, T | RemoteError | InputError]:
        """What each endpoint that is ready answers, asked at the same time; those far behind the first are left out."""
        asked = {asyncio.create_task(_answer(ask, endpoint)): endpoint for endpoint in self.ready()}
        try:
            return {asked[task]: task.result() for task in await _first_few(asked)}
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def exhausted(self) -> EndpointUnavailable:
        """The error when no endpoint could be asked at all."""
        told = "; ".join(f"{s.name}: {s.last_error or 'ready'}" for s in self.states())
        return EndpointUnavailable(f"no endpoint answers: {told}")

    def states(self) -> tuple[Status, ...]:
        """How each endpoint is now."""
        return tuple(endpoint.status() for endpoint in self.endpoints)

    async def close(self) -> None:
        """Let go of every connection."""
        for endpoint in self.endpoints:
            await endpoint.close()


async def _first_few(tasks: Collection["asyncio.Task[T]"]) -> "set[asyncio.Task[T]]":
    """The tasks that are done some moments after the first that succeeded, or all."""
    waiting, done = set(tasks), set[asyncio.Task[T]]()
    while waiting and not any(_succeeded(task) for task in done):
        finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        done |= finished
    if waiting:
        finished, _ = await asyncio.wait(waiting, timeout=GRACE_SECONDS)
        done |= finished
    return done


def _succeeded(task: "asyncio.Task[T]") -> bool:
    return not isinstance(task.result(), Exception)


async def _attempt(act: Callable[[], Awaitable[None]]) -> RemoteError | InputError | None:
    try:
        await act()
    except (RemoteError, InputError) as error:
        return error
    return None


async def _answer(ask: Callable[[Endpoint], Awaitable[T]], endpoint: Endpoint) -> T | RemoteError | InputError:
    try:
        return await ask(endpoint)
    except (RemoteError, InputError) as error:
        return error


def _distinct(names: Sequence[str]) -> list[str]:
    """Two keys at one provider look the same without their secrets: they are numbered."""
    return [f"{name}#{number}" if names.count(name) > 1 else name for number, name in enumerate(names, 1)]
