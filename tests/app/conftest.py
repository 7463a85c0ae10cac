"""A store for what the application does, and a chain for it to look at."""

from collections.abc import Iterator

import pytest
from town import town

from tocsin.edge.store.opening import Store, open_store

__all__ = ["store", "town"]


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()
