"""A store for what the application does, and a chain for it to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from town import town

from tocsin.edge.store.store import Store, open_store

__all__ = ["store", "town"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    yield opened
    opened.close()
