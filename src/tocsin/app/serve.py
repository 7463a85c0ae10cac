"""Running the live watching as a process: it stops gracefully when asked to, and at once when asked twice."""

import asyncio
import signal
from dataclasses import replace
from typing import TextIO

from tocsin.app.live import run
from tocsin.app.settings import Settings
from tocsin.app.start import book_of, live, secrets
from tocsin.edge import clock
from tocsin.edge.logs import Log, logger
from tocsin.edge.metrics import Metrics, serving
from tocsin.edge.store.store import Store, open_store
from tocsin.model.errors import SettingError

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def watch(settings: Settings, stream: TextIO, *, until_caught_up: bool, debug: bool) -> None:
    """Watch until stopped, or until caught up. Raises `SettingError`, `StoreError`, and what catching up raises."""
    log = logger(stream, secrets(settings), debug=debug)
    metrics = Metrics(clock.now)
    store = open_store(settings.store.url.reveal)
    listen = settings.metrics.listen
    try:
        with serving(metrics, listen.host, listen.port) as port:
            log.info("metrics", url=f"http://{replace(listen, port=port)}/metrics")
            asyncio.run(_until_stopped(settings, store, metrics, log, until_caught_up=until_caught_up))
    finally:
        store.close()


async def _until_stopped(
    settings: Settings, store: Store, metrics: Metrics, log: Log, *, until_caught_up: bool
) -> None:
    watching = asyncio.create_task(_watch(settings, store, metrics, log, until_caught_up=until_caught_up))
    asked_to_stop = False

    def stop(name: str) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        log.info("stopping", signal=name)
        watching.cancel()
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop, number.name)
    try:
        await watching
    except asyncio.CancelledError:
        if not asked_to_stop:
            raise


async def _watch(settings: Settings, store: Store, metrics: Metrics, log: Log, *, until_caught_up: bool) -> None:
    if not settings.chains:
        raise SettingError("no [[chain]] to watch; add one with name, chain_id and endpoints")
    watching = await live(settings, store, metrics, log, book_of(store, log))
    await run(watching, until_caught_up=until_caught_up)
