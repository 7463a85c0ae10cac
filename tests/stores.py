"""Stores to test on: SQLite in a file, and a private PostgreSQL started from the machine's binaries."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tocsin.edge.store.store import Store, open_store

_NUMBERS = count()


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """The socket folder of a running private server; skipped where there are no server binaries."""
    if (binaries := _binaries()) is None:
        pytest.skip("no PostgreSQL server binaries (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="tocsin-pg-", ignore_cleanup_errors=True) as folder:
        if as_other := (["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []):
            shutil.chown(folder, "postgres")  # the server refuses to run as root
        data = f"{folder}/data"
        subprocess.run(
            [*as_other, binaries / "initdb", "-D", data, "-A", "trust", "-U", "tocsin", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = [*as_other, binaries / "pg_ctl", "-D", data, "-w"]
        log = f"{folder}/log"
        subprocess.run([*control, "-l", log, "-o", options, "start"], check=True, capture_output=True, cwd="/")
        yield Path(folder)
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tocsin.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def postgresql_url(postgresql_socket: Path) -> str:
    """The URL of an empty database on the private server."""
    name = f"tocsin_{next(_NUMBERS)}"
    binaries = _binaries()
    assert binaries is not None
    command = [binaries / "createdb", "-h", postgresql_socket, "-U", "tocsin", name]
    subprocess.run(command, check=True, capture_output=True)
    return f"postgresql://tocsin@/{name}?host={postgresql_socket}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(store_url)
    yield opened
    opened.close()
