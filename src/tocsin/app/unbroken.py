"""Work in a thread that is never left half-way: who is cancelled while it runs waits for its end first."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def unbroken(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a blocking function in a thread. When cancelled, let it end, then be cancelled."""
    working = asyncio.ensure_future(asyncio.to_thread(function, *arguments, **named))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise
