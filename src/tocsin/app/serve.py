"""Running as a process, watching or serving: it stops gracefully when asked to, and at once when asked twice."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Protocol, TextIO

from tocsin.app.access import Guard, guard_of
from tocsin.app.api import first_steps
from tocsin.app.api import serving as answering
from tocsin.app.bell import Bell
from tocsin.app.channel_file import read_channel_file
from tocsin.app.desk import Desk
from tocsin.app.live import run
from tocsin.app.responding import responding
from tocsin.app.settings import Settings
from tocsin.app.start import book_of, live, secrets
from tocsin.app.unbroken import unbroken
from tocsin.edge import clock
from tocsin.edge.logs import Log, logger
from tocsin.edge.metrics import Metrics, serving
from tocsin.edge.store.store import Store, open_store
from tocsin.model.errors import SettingError

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Application(Protocol):
    """Makes the web application that works at a desk."""

    def __call__(self, desk: Desk, *, log: Log, bell: Bell, guard: Guard) -> Any:
        """An ASGI application."""


Works = Callable[[Store, Metrics, Log], Coroutine[Any, Any, None]]
"""What a process does until it is stopped."""


def watch(settings: Settings, stream: TextIO, *, until_caught_up: bool, debug: bool) -> None:
    """Watch until stopped, or until caught up. Raises `SettingError`, `StoreError`, and what catching up raises."""

    async def works(store: Store, metrics: Metrics, log: Log) -> None:
        if not settings.chains:
            raise SettingError("no [[chain]] to watch; add one with name, chain_id and endpoints")
        watching = await live(settings, store, metrics, log, book_of(store, log))
        await run(watching, until_caught_up=until_caught_up)

    _process(settings, works, logger(stream, secrets(settings), debug=debug))


def serve(
    settings: Settings, stream: TextIO, environment: Mapping[str, str], application: Application, *, debug: bool
) -> None:
    """
    Watch, respond and answer the API until stopped. What is to be shown to whoever starts it first goes to `stream`.

    Raises `SettingError`, `EstateError`, `StoreError`.
    """

    async def works(store: Store, metrics: Metrics, log: Log) -> None:
        book = book_of(store, log)
        part = responding(settings, store, book, log, environment)
        guard = await unbroken(guard_of, part.desk)
        made = application(part.desk, log=log, bell=part.bell, guard=guard)
        watching = await live(settings, store, metrics, log, book, responding=part)
        async with answering(made, settings.serve.listen) as address:
            log.info("serving", url=f"http://{address}/api/v1")
            if says := await unbroken(first_steps, guard):
                stream.write(f"{says}\n")
                stream.flush()
            await run(watching, until_caught_up=False)

    hidden = (*secrets(settings), *_channel_secrets(settings, environment))
    _process(settings, works, logger(stream, hidden, debug=debug))


def _channel_secrets(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    file = read_channel_file(settings.estate.channels, environment)
    own = (settings.serve.oidc_secret.reveal,) if settings.serve.oidc_secret.reveal else ()
    return (*own, *(secret for channel in file.channels.values() for secret in channel.secrets))


def _process(settings: Settings, works: Works, log: Log) -> None:
    """Do the works with an open store and metrics that Prometheus can read, until they end or are to stop."""
    metrics = Metrics(clock.now)
    store = open_store(settings.store.url.reveal)
    listen = settings.metrics.listen
    try:
        with serving(metrics, listen.host, listen.port) as port:
            log.info("metrics", url=f"http://{replace(listen, port=port)}/metrics")
            asyncio.run(_until_stopped(works(store, metrics, log), log))
    finally:
        store.close()


async def _until_stopped(works: Coroutine[Any, Any, None], log: Log) -> None:
    working = asyncio.create_task(works)
    asked_to_stop = False

    def stop(name: str) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        log.info("stopping", signal=name)
        working.cancel()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop, number.name)
    try:
        await working
    except asyncio.CancelledError:
        if not asked_to_stop:
            raise
