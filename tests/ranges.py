"""The range brought up once for the tests that play on it, as fixtures for the conftest of a folder to import."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.arena import arena as brought_up
from tocsin.app.exercise.playing import Player
from tocsin.detect.catalogue import detectors
from tocsin.edge.npm import packages_directory, setup
from tocsin.exercise.catalogue import activities
from tocsin.exercise.packages import PACKAGES
from tocsin.model.errors import PackageUnavailable, ToolMissing


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the packages are, fetched where they were not; skipped, with the reason, where they cannot be."""
    try:
        list(setup(PACKAGES, os.environ))
    except (PackageUnavailable, ToolMissing) as reason:
        pytest.skip(str(reason))
    return packages_directory(os.environ)


@pytest.fixture(scope="session")
def environment(anvil_binary: Path, packages: Path) -> dict[str, str]:
    """The environment in which the range comes up: anvil is there, and so are the packages."""
    assert packages.is_dir()
    return {**os.environ, "TOCSIN_ANVIL": str(anvil_binary)}


@pytest.fixture(scope="session")
def arena(environment: dict[str, str]) -> Iterator[Arena]:
    """Both chains with the scene on them. What a test does there it does within `arena.undone()`."""
    with brought_up(environment) as made:
        yield made


@pytest.fixture(scope="session")
def player(arena: Arena) -> Player:
    """Plays scenarios on the arena, amid everyday traffic, for every detector there is."""
    return Player(arena=arena, detectors=detectors(), activities=activities())
