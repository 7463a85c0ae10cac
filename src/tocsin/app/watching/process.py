"""Watching the chains of the settings as a process."""

from typing import TextIO

from tocsin.app.process import process
from tocsin.app.reading_settings import secrets
from tocsin.app.settings import Settings
from tocsin.app.watching.live import run
from tocsin.app.watching.start import book_of, live
from tocsin.edge.logs import Log, logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.opening import Store
from tocsin.model.errors import SettingError


def watch(settings: Settings, stream: TextIO, *, until_caught_up: bool, debug: bool) -> None:
    """Watch until stopped, or until caught up. Raises `SettingError`, `StoreError`, and what catching up raises."""

    async def works(store: Store, metrics: Metrics, log: Log) -> None:
        if not settings.chains:
            raise SettingError("no [[chain]] to watch; add one with name, chain_id and endpoints")
        watching = await live(settings, store, metrics, log, book_of(store, log))
        await run(watching, until_caught_up=until_caught_up)

    process(settings, works, logger(stream, secrets(settings), debug=debug))
