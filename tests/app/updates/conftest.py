"""Updates are tried on every database, with real servers at the other end."""

from collections.abc import Iterator

import pytest
from publishing import Newsroom, newsroom

from channel_servers import HttpServer, MailServer, http_server, mail_server
from stores import store
from tocsin.edge.store.opening import Store

__all__ = ["store"]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def room(store: Store, mail: MailServer, http: HttpServer) -> Newsroom:
    return newsroom(store, mail, http)
