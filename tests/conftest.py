"""What several test modules share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import anvil as fetching
from stores import (
    bare_url,
    migrated_database,
    migrated_file,
    postgresql_socket,
    postgresql_url,
    sqlite_url,
    store,
    store_url,
)
from tocsin.edge.anvil import Anvil, running

__all__ = [
    "bare_url",
    "migrated_database",
    "migrated_file",
    "postgresql_socket",
    "postgresql_url",
    "sqlite_url",
    "store",
    "store_url",
]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a machine that is busy elsewhere is no failure of ours

RECORDED_DATA = Path(__file__).parents[2] / "shared" / "data"
"""Real recorded chain data, kept beside the project and never in it."""

ANVIL_CHAIN_ID = 31_337


@pytest.fixture(scope="session")
def anvil_binary() -> Path:
    """The anvil that is here or that npm can fetch; the test is skipped, with the reason, where neither is."""
    try:
        return fetching.anvil_binary(os.environ)
    except fetching.NoAnvil as reason:
        pytest.skip(str(reason))


@pytest.fixture
def anvil(anvil_binary: Path) -> Iterator[Anvil]:
    """A fresh node for this test alone: `anvil.url`, `anvil.request(method, *params)`."""
    with running(anvil_binary, ANVIL_CHAIN_ID) as node:
        yield node


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded data; the test is skipped, visibly, where it is absent."""
    if not RECORDED_DATA.is_dir():
        pytest.skip("no recorded data beside the project (../shared/data)")
    return RECORDED_DATA
