"""The web server among other works: it ends when it is told to, and does not end unnoticed."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

from tocsin.edge.web_server import served
from tocsin.model.errors import ServerEnded, SettingError


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_server_that_ends_by_itself_ends_what_runs_beside_it() -> None:
    async def works() -> None:
        async with served(hello, "127.0.0.1", 0, ()) as port:
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"http://127.0.0.1:{port}/")).text == "hello"
            (server,) = (task for task in asyncio.all_tasks() if "Server.serve" in repr(task.get_coro()))
            server.cancel()
            await asyncio.Event().wait()  # watches on, for ever

    with pytest.raises(ServerEnded, match="start tocsin again"):
        asyncio.run(asyncio.wait_for(works(), 20))


def test_whoever_stops_it_is_told_nothing_of_the_kind() -> None:
    async def works(begun: asyncio.Event) -> None:
        async with served(hello, "127.0.0.1", 0, ()):
            begun.set()
            await asyncio.Event().wait()

    async def stopped() -> None:
        working = asyncio.create_task(works(begun := asyncio.Event()))
        await begun.wait()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(stopped())


def test_a_port_that_is_taken_is_named() -> None:
    async def works(port: int) -> None:
        async with served(hello, "127.0.0.1", port, ()):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"listen 127.0.0.1:{port} cannot be used"):
            asyncio.run(works(port))
