"""Serving an ASGI application over HTTP, as one of several works in a loop: uvicorn, started and stopped by hand."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tocsin.model.errors import ServerEnded, SettingError

GRACE_SECONDS = 5
"""How long requests that are being answered may take when it stops; streams are cut."""
MOST_CONNECTIONS = 1_000
KEEP_ALIVE_SECONDS = 30
_LOOK_SECONDS = 0.01


@asynccontextmanager
async def served(application: Any, host: str, port: int, proxies: Sequence[str]) -> AsyncIterator[int]:
    """
    Answer for the length of an `async with` block; gives the port. What `proxies` say of clients is believed.

    Raises `SettingError` when the address cannot be used. A server that ends by itself ends the block too, with
    `ServerEnded`: who watches on without it looks well, and nobody can reach it.
    """
    listening = _listen(host, port)
    wrapped = ProxyHeadersMiddleware(application, list(proxies)) if proxies else application
    server = _Server(_configuration(wrapped))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await _until(lambda: server.started, running)
        with _ending_with(running):
            yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([running])
        listening.close()


@contextmanager
def _ending_with(running: "asyncio.Task[None]") -> Iterator[None]:
    """Cancel whoever is in the block when the server ends before it. Raises `ServerEnded` then."""
    owner = asyncio.current_task()
    assert owner is not None  # noqa: S101 - it runs in one

    def end(_: object) -> None:
        owner.cancel()

    running.add_done_callback(end)
    try:
        yield
    except asyncio.CancelledError:
        if not running.done():
            raise
        owner.uncancel()
        reason = None if running.cancelled() else running.exception()
        raise ServerEnded("the web server ended by itself; start tocsin again, and please report it") from reason
    finally:
        running.remove_done_callback(end)


class _Server(uvicorn.Server):
    """Leaves the process's signals alone: whoever starts it decides when it stops."""

    def capture_signals(self) -> Any:
        return nullcontext()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, for asyncio to send small answers at once: by default an answer in two parts waits 40 ms for the other
    # side to acknowledge the first.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingError(f"[serve] listen {host}:{port} cannot be used: {error.strerror}; name another") from None
    return listening


def _configuration(application: Any) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # every failure is logged by the application
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def _until(is_so: Callable[[], bool], running: "asyncio.Task[None]") -> None:
    while not is_so():
        if running.done():
            running.result()
            raise SettingError("[serve] the server did not start; the log says why")
        await asyncio.sleep(_LOOK_SECONDS)
