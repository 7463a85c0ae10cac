"""Serving as a process: watching the chains, responding to what is found, and answering the API."""

from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from tocsin.app.access.guard import Guard, guard_of
from tocsin.app.bell import Bell
from tocsin.app.desk import Desk
from tocsin.app.process import process
from tocsin.app.reading_settings import secrets
from tocsin.app.serving.api import first_steps
from tocsin.app.serving.api import serving as answering
from tocsin.app.serving.responding import responding
from tocsin.app.settings import Settings
from tocsin.app.telling.file import read_channel_file
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.live import run
from tocsin.app.watching.start import book_of, live
from tocsin.edge.logs import Log, logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.opening import Store


class Application(Protocol):
    """Makes the web application that works at a desk."""

    def __call__(self, desk: Desk, *, log: Log, bell: Bell, guard: Guard) -> Any:
        """An ASGI application."""


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
        watching = await live(settings, store, metrics, log, book, beside=part.beside)
        async with answering(made, settings.serve.listen, settings.serve.proxies) as address:
            log.info("serving", url=f"http://{address}/api/v1")
            if says := await unbroken(first_steps, guard):
                stream.write(f"{says}\n")
                stream.flush()
            await run(watching, until_caught_up=False)

    hidden = (*secrets(settings), *_channel_secrets(settings, environment))
    process(settings, works, logger(stream, hidden, debug=debug))


def _channel_secrets(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    file = read_channel_file(settings.estate.channels, environment)
    own = (settings.serve.oidc_secret.reveal,) if settings.serve.oidc_secret.reveal else ()
    return (*own, *(secret for channel in file.channels.values() for secret in channel.secrets))
