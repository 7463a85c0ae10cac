"""
What waits to be mined, as far as the endpoints show it, and what it would do.

Three ways to read a pool, the best an endpoint has: its whole content; else a filter, which gives what has come since
it was made, each looked up by its hash. Many providers have neither: that is said, never taken for an empty pool.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.chain import pending
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.header import Header
from tocsin.chain.pending import Queue, Simulated, Waiting
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import json_rpc
from tocsin.chain.rpc.json_rpc import Request
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.pool import Pool
from tocsin.model.errors import EndpointRefused, InputError, MethodUnknown, RateLimited, RemoteError

KNOWN_LIMIT = 1_024
"""So many transactions that a filter gave are kept while they wait; the oldest are dropped."""

T = TypeVar("T")


@dataclass(slots=True)
class _Filtered:
    """What one endpoint's filter has given that still waits."""

    id: str
    known: dict[str, Transaction | None] = field(default_factory=dict)


class Mempool:
    """The pools of the endpoints of one chain, as one. Implements `tocsin.app.pending.pending.PoolReader`."""

    def __init__(self, pool: Pool, chain_id: int) -> None:
        self._pool = pool
        self._chain_id = chain_id
        self._filters: dict[str, _Filtered] = {}
        self._lack: set[tuple[str, str]] = set()

    async def waiting(self) -> Waiting:
        """What waits now. Raises `MethodUnknown` when no endpoint shows its pool, `RemoteError`, `InputError`."""
        return await self._first(self._waiting)

    async def simulated(self, queue: Queue, head: Header) -> Recording:
        """
        What the queue would do after this block, as the next one.

        Raises `MethodUnknown` when no endpoint can simulate, `RemoteError`, `InputError`.
        """

        async def simulate(endpoint: Endpoint) -> Recording:
            return await self._simulated(endpoint, queue, head)

        return await self._first(simulate)

    async def _first(self, ask: Callable[[Endpoint], Awaitable[T]]) -> T:
        """What the first endpoint that can says; else why the last that might have could not."""
        failure: RemoteError | InputError | None = None
        for endpoint in self._pool.ready():
            try:
                await endpoint.prepare()
                return await ask(endpoint)
            except (RemoteError, InputError) as error:
                if failure is None or isinstance(failure, MethodUnknown):
                    failure = error
        raise failure or self._pool.exhausted()

    async def _waiting(self, endpoint: Endpoint) -> Waiting:
        if (raw := await self._optional(endpoint, Request(pending.POOL))) is not None:
            return pending.waiting(raw, endpoint.name)
        return await self._filtered(endpoint)

    async def _filtered(self, endpoint: Endpoint) -> Waiting:
        """What its filter has given; a filter that it has forgotten is made again at the next look."""
        kept = self._filters.get(endpoint.name) or await self._new_filter(endpoint)
        (outcome,) = await endpoint.ask([Request(pending.FILTER_CHANGES, (kept.id,))])
        if isinstance(outcome, RemoteError):
            self._filters.pop(endpoint.name, None)
            raise outcome
        kept.known |= dict.fromkeys(pending.hashes(outcome, endpoint.name))
        wanted = list(kept.known)[-KNOWN_LIMIT:]
        answers = await endpoint.ask([Request(pending.BY_HASH, (each,)) for each in wanted])
        found = {each: _known(answer, endpoint.name) for each, answer in zip(wanted, answers, strict=True)}
        kept.known = {each: transaction for each, transaction in found.items() if transaction is not None}
        return pending.queued([each for each in kept.known.values() if each is not None], endpoint.name)

    async def _new_filter(self, endpoint: Endpoint) -> _Filtered:
        raw = await self._optional(endpoint, Request(pending.NEW_FILTER))
        if raw is None:
            raise MethodUnknown(
                f"{endpoint.name}: shows nothing of what waits to be mined: it has neither {pending.POOL} nor "
                f"{pending.NEW_FILTER}; name a node of your own, or set pending = false"
            )
        made = _Filtered(json_rpc.text(raw, f"{endpoint.name}: {pending.NEW_FILTER}"))
        self._filters[endpoint.name] = made
        return made

    async def _optional(self, endpoint: Endpoint, request: Request) -> bytes | None:
        """The answer, or None from an endpoint that refuses the method for good, as many refuse these."""
        if (endpoint.name, request.method) in self._lack:
            return None
        (outcome,) = await endpoint.ask([request])
        if isinstance(outcome, RateLimited) or (
            isinstance(outcome, RemoteError) and not isinstance(outcome, EndpointRefused)
        ):
            raise outcome
        if isinstance(outcome, RemoteError):
            self._lack.add((endpoint.name, request.method))
            return None
        return outcome

    async def _simulated(self, endpoint: Endpoint, queue: Queue, head: Header) -> Recording:
        overrides: pending.Overrides = {}
        done: list[Simulated] = []
        for transaction in queue.transactions:
            asked = pending.traces(transaction, head.number, overrides)
            frames, changes = (_given(outcome) for outcome in await endpoint.ask(asked))
            done.append(Simulated(transaction, frames, changes))
            overrides = await asyncio.to_thread(pending.after, overrides, done[-1], endpoint.name)
        name = f"pending transactions of {queue.transactions[0].from_[:42]} from {endpoint.name}"
        return pending.recording(done, head, self._chain_id, name)


def _given(outcome: json_rpc.Outcome) -> bytes:
    if isinstance(outcome, RemoteError):
        raise outcome
    return outcome


def _known(outcome: json_rpc.Outcome, name: str) -> Transaction | None:
    return pending.still_waiting(_given(outcome), name)
