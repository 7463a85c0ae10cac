"""Serving the API beside whatever else works in the same loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tocsin.app.access.guard import Guard
from tocsin.app.access.users import first_token
from tocsin.app.setting_values import Address
from tocsin.edge.web_server import served


@asynccontextmanager
async def serving(application: Any, listen: Address, proxies: tuple[str, ...] = ()) -> AsyncIterator[Address]:
    """
    Answer for the length of an `async with` block; gives where, with the port that was taken.

    It begins to answer before the block and has ended when it is left; requests being answered have a few seconds.
    Raises `SettingError` when the address cannot be used.
    """
    async with served(application, listen.host, listen.port, proxies) as port:
        yield replace(listen, port=port)


def first_steps(guard: Guard) -> str:
    """
    What to do where there is no user yet, with a token that is good once; empty where there is one.

    To be shown to whoever starts the program, and to nobody else. Raises `StoreError`.
    """
    if not (token := first_token(guard)):
        return ""
    url = guard.desk.settings.serve.public_url.rstrip("/")
    return (
        "There is no user yet. Make the first, who administers, with this token (good once, for three days):\n"
        f"  curl {url}/api/v1/session/setup -H 'Content-Type: application/json' -H 'X-Tocsin-Request: 1' \\\n"
        f'    -d \'{{"token": "{token}", "user": "ada", "password": "..."}}\'\n'
        "or on this machine: tocsin users add ada --role admin --role commander"
    )
