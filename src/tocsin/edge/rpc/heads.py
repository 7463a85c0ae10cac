"""New heads: pushed by the endpoints that can, asked for where none does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from tocsin.chain.header import Header
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.pool import Pool
from tocsin.edge.rpc.web_socket import WebSocketTransport
from tocsin.model.errors import EndpointRefused, InputError, RateLimited, RemoteError

HEADS_KEPT = 64
"""Heads nobody has taken yet; the oldest are dropped."""
SUBSCRIBE_AGAIN_SECONDS = 600.0
QUIET_POLLS = 5
"""With a subscription, how many polling intervals may pass without a head before the head is asked for."""


async def heads(pool: Pool, ask: Callable[[], Awaitable[Header]], poll_seconds: float) -> AsyncIterator[Header]:
    """Heads without end. Raises what asking raises."""
    queue: asyncio.Queue[Header] = asyncio.Queue(HEADS_KEPT)
    followers = [
        asyncio.create_task(_follow(endpoint, endpoint.transport, queue))
        for endpoint in pool.endpoints
        if isinstance(endpoint.transport, WebSocketTransport)
    ]
    try:
        yield await ask()
        while True:
            yield await _pushed(pool, queue, poll_seconds) or await ask()
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


async def _pushed(pool: Pool, queue: "asyncio.Queue[Header]", poll_seconds: float) -> Header | None:
    """The next pushed head; None when none came in time: a subscription can die without a word."""
    is_subscribed = any(endpoint.subscribed for endpoint in pool.endpoints)
    with suppress(TimeoutError):
        async with asyncio.timeout(poll_seconds * (QUIET_POLLS if is_subscribed else 1)):
            return await queue.get()
    return None


async def _follow(endpoint: Endpoint, transport: WebSocketTransport, queue: "asyncio.Queue[Header]") -> None:
    """Put an endpoint's heads into the queue; subscribe again after every drop."""
    while True:
        try:
            await endpoint.prepare()
            async for head in transport.heads():
                endpoint.subscribed, endpoint.head = True, head
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(head)
        except RateLimited as error:
            endpoint.failed(error)
        except EndpointRefused:
            await asyncio.sleep(SUBSCRIBE_AGAIN_SECONDS)  # it has no subscriptions, but may have all else
        except (RemoteError, InputError) as error:
            endpoint.failed(error)
        finally:
            endpoint.subscribed = False
        await asyncio.sleep(endpoint.wait_seconds)
