"""Paging is tried on every database, with a real server at the other end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from channel_servers import HttpServer, http_server
from paged import House, house_of
from stores import postgresql_socket, postgresql_url, store, store_url
from tocsin.edge.store.store import Store

__all__ = ["postgresql_socket", "postgresql_url", "store", "store_url"]


@pytest.fixture
def hooks() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def house(store: Store, hooks: HttpServer, tmp_path: Path) -> House:
    return house_of(store, tmp_path, hooks)
