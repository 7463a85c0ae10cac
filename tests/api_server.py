"""
The API on a real server, for tests of routes: real HTTP on loopback, real store, people who are logged in.

In a test: `def test_it(api: ApiServer) -> None: api.client("commander").post("/incidents", json=...)`, with

    from api_server import api

in the folder's conftest.py. A client's paths stand below /api/v1.
"""

import asyncio
import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from tocsin.app.access.audit import NO_TRACE
from tocsin.app.access.guard import Guard, begin_session, new_session
from tocsin.app.access.keys import NewKey, add_key
from tocsin.app.bell import Bell
from tocsin.app.desk import Desk
from tocsin.app.serving.api import serving
from tocsin.app.setting_values import Address
from tocsin.app.settings import Settings, parse
from tocsin.edge import clock
from tocsin.edge.logs import logger
from tocsin.edge.passwords import Passwords
from tocsin.edge.sealing import seal_in
from tocsin.edge.store import access
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.respond.access.accounts import WHOLE, User
from tocsin.respond.access.attempts import Buckets
from tocsin.web.api import PREFIX, application
from tocsin.web.entrance import cookie_name
from tocsin.web.limits import Limits

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id all the same; only weak enough for hundreds of logins in a test."""
PASSWORD = "correct horse battery staple"  # noqa: S105 - of tests


class Clock:
    """The time, which a test moves on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return clock.now() + self.ahead


def much() -> Buckets:
    return Buckets(per_second=1e6, burst=1e6)


@dataclass(kw_only=True)
class ApiServer:
    """A running API."""

    guard: Guard
    application: FastAPI
    clock: Clock
    log: io.StringIO
    address: Address
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.guard.desk

    @property
    def url(self) -> str:
        return f"http://{self.address}{PREFIX}"

    def anonymous(self, **headers: str) -> httpx.Client:
        """Nobody who is known; a program."""
        made = httpx.Client(base_url=self.url, headers={"X-Tocsin-Request": "test", **headers}, timeout=30.0)
        self.clients.append(made)
        return made

    def user(self, name: str, *roles: str, password: str = PASSWORD, **more: Any) -> User:
        """A user who has these roles, made if need be."""
        hashed = self.guard.passwords.hash(password)
        new = User(
            id=name,
            name=name.title(),
            roles=roles,
            version=1,
            password_hash=hashed,
            totp_sealed="",
            totp_step=0,
            failures=0,
            locked_until=0.0,
            is_disabled=False,
            is_break_glass=False,
            oidc_subject=None,
            created_at=self.clock(),
        )
        with self.guard.reading() as connection:
            access.add_user(connection, replace(new, **more))
            return access.user(connection, name)

    def client(self, *roles: str, name: str = "") -> httpx.Client:
        """Somebody with these roles, logged in. Without a name he is called like his roles."""
        user = self.user(name or "-".join(roles) or "nobody", *roles)
        session = new_session(self.guard, user, stage=WHOLE, has_second_factor=False, trace=NO_TRACE, agent="test")
        with self.guard.reading() as connection:
            token = begin_session(connection, self.guard, session)
        made = self.anonymous()
        made.cookies.set(cookie_name(self.desk.settings.serve.public_url), token)
        return made

    def program(self, *scopes: str, name: str = "program", **more: Any) -> httpx.Client:
        """A program with a key for these scopes."""
        _, key = add_key(self.guard, TOCSIN, NewKey(name=name, scopes=scopes, **more))
        return self.anonymous(Authorization=f"Bearer {key}")


def settings_for(folder: Path, more: str = "") -> Settings:
    """Settings whose files are in this folder."""
    text = f'[serve]\nkey = "{folder}/tocsin.key"\n{more}\n[evidence]\nfolder = "{folder}/evidence"\n'
    return parse(text + f'key = "{folder}/evidence.pem"\n', "tocsin.toml", {})


@contextlib.contextmanager
def running(
    store: Store, settings: Settings, *, limits: Limits | None = None, logins: Callable[[], Buckets] = much
) -> Iterator[ApiServer]:
    """The API on a free port of loopback, in a loop of its own thread."""
    ready, stop = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        bell, time, log = Bell(asyncio.get_running_loop()), Clock(), io.StringIO()
        desk = Desk(settings=settings, store=store, clock=time, entropy=clock.entropy, ring=bell.ring)
        guard = Guard(
            desk=desk,
            passwords=Passwords(hasher=CHEAP),
            seal=seal_in(Path(settings.serve.key)),
            by_address=logins(),
            by_account=logins(),
        )
        amounts = limits or Limits(callers=much(), addresses=much(), denials=much())
        made = application(desk, log=logger(log, ()), bell=bell, guard=guard, limits=amounts)
        async with serving(made, replace(settings.serve.listen, port=0)) as address:
            found.update(
                server=ApiServer(guard=guard, application=made, clock=time, log=log, address=address),
                loop=asyncio.get_running_loop(),
            )
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(30)
    if "error" in found:
        raise found["error"]
    try:
        yield found["server"]
    finally:
        for client in found["server"].clients:
            client.close()
        found["loop"].call_soon_threadsafe(stop.set)
        thread.join(30)


@pytest.fixture
def api(store: Store, tmp_path: Path) -> Iterator[ApiServer]:
    """The API at an empty store."""
    with running(store, settings_for(tmp_path)) as server:
        yield server
