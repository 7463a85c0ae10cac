"""Work that is never left half-way: who is cancelled while it runs waits for its end first."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """Do several steps as one. When cancelled, let it end, then be cancelled."""
    working = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


async def unbroken(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a blocking function in a thread. When cancelled, let it end, then be cancelled."""
    return await whole(asyncio.to_thread(function, *arguments, **named))
