"""Running as a process: it stops gracefully when asked to, and at once when asked twice."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from tocsin.app.settings import Settings
from tocsin.edge import clock
from tocsin.edge.logs import Log
from tocsin.edge.metrics import Metrics, serving
from tocsin.edge.store.opening import Store, open_store

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Works = Callable[[Store, Metrics, Log], Coroutine[Any, Any, None]]
"""What a process does until it is stopped."""


def process(settings: Settings, works: Works, log: Log) -> None:
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
