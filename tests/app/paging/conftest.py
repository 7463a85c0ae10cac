"""Paging is tried on every database, with a real server at the other end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from channel_servers import HttpServer, http_server
from paged import House, house_of
from stores import store
from tocsin.edge.store.opening import Store

__all__ = ["store"]


@pytest.fixture
def hooks() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def house(store: Store, hooks: HttpServer, tmp_path: Path) -> House:
    return house_of(store, tmp_path, hooks)
