"""
Reading a chain from its nodes: heads, headers, whole blocks as recordings, and answers about the state.

Several endpoints stand in for one another, and each gives what it can: one may bring the receipts of a block and
another its traces, held together by the block's hash. Before a block is handed on, the other endpoints are asked
whether they have the same one at its height.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence

from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import agreement, methods
from tocsin.edge.rpc import heads as following
from tocsin.edge.rpc.endpoint import Endpoint, Status
from tocsin.edge.rpc.gathering import Gathered, gather, header_at
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.rpc.mempool import Mempool
from tocsin.edge.rpc.pool import Pool
from tocsin.edge.rpc.state import State
from tocsin.edge.simulator import Simulator
from tocsin.edge.witness import Witness
from tocsin.model.errors import DataMissing, InputError, RemoteError
from tocsin.model.lookups import Answers, Lookup

DOUBT_SECONDS = 60.0
"""How long an endpoint is left alone when a block from it could not be read and others are there."""
REMEMBERED_BLOCKS = 64
"""Of so many blocks it is known who gave them: more than are ever read at once."""
PLAIN_BLOCKS = 64
"""So many blocks are read without the extra datasets, once a node has failed to give them."""


async def connect(
    urls: Sequence[str],
    *,
    chain_id: int | None = None,
    wanted: Collection[str] = methods.ORDINARY,
    extra: Collection[str] = (),
    poll_seconds: float = 2.0,
    limits: Limits | None = None,
) -> "Nodes":
    """
    A reader of the chain at these URLs, best first. Raises `SettingError` and `RemoteError`.

    With a `chain_id` it starts although no endpoint answers yet; without, the first that answers says which it is.
    The `extra` datasets come with a block where nodes give them; what they fail to give of a block is left out.
    """
    pool = Pool(urls, chain_id, limits or Limits())
    try:
        found = await pool.identify()
    except BaseException:
        await pool.close()
        raise
    return Nodes(pool, found, frozenset(wanted), frozenset(extra), poll_seconds)


class Nodes:
    """The nodes of one chain, as one reader. Implements `tocsin.app.reader.ChainReader`."""

    def __init__(
        self, pool: Pool, chain_id: int, wanted: frozenset[str], extra: frozenset[str], poll_seconds: float
    ) -> None:
        self._pool = pool
        self._chain_id = chain_id
        self._wanted = wanted | extra
        self._extra = extra - wanted
        self._plain_blocks = 0
        self._poll_seconds = poll_seconds
        self._state = State(pool)
        self._sources: deque[tuple[bytes, tuple[str, ...]]] = deque(maxlen=REMEMBERED_BLOCKS)

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self._chain_id

    @property
    def blind(self) -> frozenset[str]:
        """Wanted datasets that no endpoint has shown it can give. Known after the first block."""
        return self._wanted - methods.given(self._capabilities())

    def states(self) -> tuple[Status, ...]:
        """How each endpoint is now."""
        return self._pool.states()

    def mempool(self) -> Mempool:
        """What waits to be mined, by the same endpoints."""
        return Mempool(self._pool, self._chain_id)

    def witness(self) -> Witness:
        """What each of the same endpoints says of a block, side by side."""
        return Witness(self._pool)

    def simulator(self) -> Simulator:
        """What calls would do, by the same endpoints."""
        return Simulator(self._pool)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pool.close()

    async def head(self) -> Header:
        """The highest of the heads the endpoints have: one that stands still must not hide the others' blocks."""
        async for _ in self._pool.rounds():
            outcomes = await self._pool.everywhere(_head)
            if heads := [head for head in outcomes.values() if isinstance(head, Header)]:
                return max(heads, key=lambda head: head.number)
        raise self._pool.exhausted()

    async def header(self, number: int) -> Header | None:
        """The block at a height now; None when some endpoint has none there, and no other has one."""
        failure: RemoteError | InputError | None = None
        async for endpoints in self._pool.rounds():
            absent = False
            for endpoint in endpoints:
                try:
                    if found := await header_at(endpoint, number):
                        return found
                    absent = True
                except (RemoteError, InputError) as error:
                    failure = error
            if absent:
                return None
        raise failure or self._pool.exhausted()

    async def recording(self, header: Header) -> Recording:
        """The answers for exactly this block. Wanted datasets that no endpoint can give are absent."""
        self._state.note(header)
        gathered = Gathered(header, self._wanted if self._plain_blocks == 0 else self._wanted - self._extra)
        self._plain_blocks = max(0, self._plain_blocks - 1)
        try:
            return await self._gathered(gathered)
        except (RemoteError, InputError):
            if gathered.block is None or not gathered.missing & self._extra:
                raise
            # A dear answer, too large or too slow for a node, must not hold up the block, nor those after it.
            gathered.missing -= self._extra
            self._plain_blocks = PLAIN_BLOCKS
            return await self._gathered(gathered)

    async def _gathered(self, gathered: Gathered) -> Recording:
        failure: RemoteError | InputError | None = None
        async for endpoints in self._pool.rounds():
            for endpoint in endpoints:
                try:
                    await gather(endpoint, gathered)
                except (RemoteError, InputError) as error:
                    failure = error
            if self._is_whole(gathered):
                await self._cross_check(gathered)
                self._sources.append((gathered.header.hash, tuple(gathered.sources)))
                name = f"block {gathered.header.number} from {' and '.join(gathered.sources)}"
                return Recording(chain_id=self._chain_id, name=name, answers=gathered.answers)
        raise failure or self._pool.exhausted()

    def doubt(self, header: Header, error: InputError) -> None:
        """This block, as it was given, could not be read: who gave it is left alone while others can be asked."""
        gave = dict(self._sources).get(header.hash, ())
        if not any(each.name not in gave and each.wait_seconds == 0 for each in self._pool.endpoints):
            return
        for endpoint in self._pool.endpoints:
            if endpoint.name in gave:
                endpoint.failed(error, leave_seconds=DOUBT_SECONDS)

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """Answers to questions about the state of this chain; what every endpoint refuses is absent."""
        return await self._state.answers([lookup for lookup in lookups if lookup.chain_id == self._chain_id])

    def heads(self) -> AsyncIterator[Header]:
        """New heads by subscription where an endpoint has one, and by polling. Raises when no endpoint answers."""
        return following.heads(self._pool, self.head, self._poll_seconds)

    def _capabilities(self) -> frozenset[str]:
        return frozenset[str]().union(*(endpoint.capabilities for endpoint in self._pool.endpoints))

    def _is_whole(self, gathered: Gathered) -> bool:
        """Whether all is there that any endpoint is known to have."""
        return gathered.block is not None and not gathered.missing & methods.given(self._capabilities())

    async def _cross_check(self, gathered: Gathered) -> None:
        """Raise `EndpointsDisagree` unless most endpoints have this block at its height."""

        async def vote(endpoint: Endpoint) -> Header | None:
            if endpoint.name in gathered.sources:
                return gathered.header
            return await header_at(endpoint, gathered.header.number)

        answered = await self._pool.everywhere(vote)
        votes = {endpoint.name: header.hash for endpoint, header in answered.items() if isinstance(header, Header)}
        dissenters = agreement.dissenters(gathered.header, votes)
        for endpoint in self._pool.endpoints:
            endpoint.dissents += endpoint.name in dissenters


async def recordings(nodes: Nodes, numbers: Iterable[int], at_once: int = 4) -> AsyncGenerator[Recording]:
    """The blocks at these heights, in this order, a few fetched at once. Raises what reading one raises."""
    left = iter(numbers)
    running: deque[asyncio.Task[Recording]] = deque()
    try:
        while True:
            while len(running) < at_once and (number := next(left, None)) is not None:
                running.append(asyncio.create_task(block(nodes, number)))
            if not running:
                return
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def block(nodes: Nodes, number: int) -> Recording:
    """The block at a height. Raises `DataMissing` when there is none."""
    header = await nodes.header(number)
    if header is None:
        raise DataMissing(f"there is no block {number} on chain {nodes.chain_id}: its head is lower, or it was pruned")
    return await nodes.recording(header)


async def _head(endpoint: Endpoint) -> Header:
    await endpoint.prepare()
    return await endpoint.newest()
