"""
Trying out calls on a node without sending anything: `debug_traceCall` on the state after a block.

No fork has to be kept: the node works on its own state, with what the caller is to have overridden. geth, Erigon, Reth,
Nethermind and anvil have it, among providers those that offer tracing.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tocsin.chain import pending
from tocsin.chain.attempts.traced import Attempt, asked, believed, created
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.pending import TRACE_CALL, Overrides, Simulated
from tocsin.chain.rpc.json_rpc import Outcome
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.pool import Pool
from tocsin.model.errors import EndpointUnavailable, InputError, MethodUnknown, RateLimited, RemoteError

T = TypeVar("T")


class Simulator:
    """The endpoints of one chain, asked what calls would do. Implements `tocsin.app.simulation.trial.Tracer`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def traced(
        self, attempts: Sequence[Attempt], contract: str, height: int, overrides: Overrides, maker: str
    ) -> list[bytes | None]:
        """
        The trace of each attempt after the block at this height; None where the node refused that one.

        Raises `MethodUnknown` when no endpoint can trace a call, `RemoteError`, `InputError`.
        """
        requests = [asked(attempt, contract, height, overrides, maker) for attempt in attempts]

        async def trace(endpoint: Endpoint) -> list[bytes | None]:
            return _traces(await endpoint.ask(requests), endpoint)

        return await self._first(trace)

    async def creation(self, transaction: Transaction, height: int) -> tuple[str, Overrides] | None:
        """
        The contract that a transaction would create after the block at this height, and what to believe when it has.

        None where it creates none. Raises as `traced`.
        """
        requests = pending.traces(transaction, height, {})

        async def simulate(endpoint: Endpoint) -> tuple[str, Overrides] | None:
            frames, changes = _traces(await endpoint.ask(requests), endpoint)
            if frames is None or changes is None or (address := created(frames, endpoint.name)) is None:
                return None
            return address, pending.after({}, Simulated(transaction, frames, changes), endpoint.name)

        return await self._first(simulate)

    async def after(
        self, attempt: Attempt, contract: str, height: int, overrides: Overrides
    ) -> tuple[bytes, Overrides] | None:
        """
        The trace of an attempt, and what to believe when it has been made.

        None where it changes nothing but its caller, or was refused. Raises as `traced`.
        """
        transaction = attempt.transaction(contract, 1)
        before = believed(attempt, overrides)
        requests = pending.traces(transaction, height, before)

        async def simulate(endpoint: Endpoint) -> tuple[bytes, Overrides] | None:
            frames, changes = _traces(await endpoint.ask(requests), endpoint)
            if frames is None or changes is None:
                return None
            now = pending.after(before, Simulated(transaction, frames, changes), endpoint.name)
            changed = {address for address, each in now.items() if each != before.get(address)} - {attempt.caller}
            return (frames, now) if changed else None

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


def _traces(outcomes: Sequence[Outcome], endpoint: Endpoint) -> list[bytes | None]:
    for outcome in outcomes:
        if isinstance(outcome, MethodUnknown):
            raise MethodUnknown(f"{endpoint.name}: cannot trace a call: it has no {TRACE_CALL}; name a node that has")
        if isinstance(outcome, RateLimited | EndpointUnavailable):
            raise outcome
    return [outcome if isinstance(outcome, bytes) else None for outcome in outcomes]
