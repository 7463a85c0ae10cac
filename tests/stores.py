"""
Stores to test on: SQLite in a file, and a private PostgreSQL started from the machine's binaries.

A test gets a database of its own. The migrations run once in a process, and what a test gets is a copy of what they
made: `store` and `store_url`. Opening it looks for migrations as ever, and finds none to do. A test of the migrations
themselves begins with nothing: `bare_url`. Each worker of a run has a server and a folder of its own.

These fixtures are known in all of tests/ (tests/conftest.py). Where a folder has another `store`, a module below it
that wants this one says `from stores import store`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tocsin.edge.store.opening import Store, open_store

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
_NUMBERS = count()


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """The socket folder of a running private server; skipped where there are no server binaries."""
    if (binaries := server_binaries()) is None:
        pytest.skip("no PostgreSQL server binaries (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="tocsin-pg-", ignore_cleanup_errors=True) as folder:
        if as_other := _other_than_root():
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


@pytest.fixture(scope="session")
def migrated_database(postgresql_socket: Path) -> str:
    """The name of a database on the private server that the migrations have made, and nobody else uses."""
    name = _new_database(postgresql_socket)
    open_store(_url(postgresql_socket, name)).close()  # nobody may be connected to a database while it is copied
    return name


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that the migrations have made, and nobody else uses."""
    file = tmp_path_factory.mktemp("migrated") / "tocsin.db"
    open_store(f"sqlite:///{file}").close()
    assert [each.name for each in file.parent.iterdir()] == [file.name], "its write-ahead log is not in the file"
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a database without rows, in a file: `tocsin.db` in the test's own folder."""
    return f"sqlite:///{shutil.copyfile(migrated_file, tmp_path / 'tocsin.db')}"


@pytest.fixture
def postgresql_url(postgresql_socket: Path, migrated_database: str) -> str:
    """The URL of a database without rows, on the private server."""
    return _url(postgresql_socket, _new_database(postgresql_socket, migrated_database))


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without rows."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=DATABASES)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bare.db"
    socket: Path = request.getfixturevalue("postgresql_socket")
    return _url(socket, _new_database(socket))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(store_url)
    yield opened
    opened.close()


def server_binaries() -> Path | None:
    """Where the programs of the newest PostgreSQL of this machine are; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


def _other_than_root() -> list[str | Path]:
    """What to put before a command that root may not run."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def _new_database(socket: Path, template: str = "template1") -> str:
    name = f"tocsin_{next(_NUMBERS)}"
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(f"host={socket} user=tocsin dbname=postgres", autocommit=True) as server:
        server.execute(command)
    return name


def _url(socket: Path, database: str) -> str:
    return f"postgresql://tocsin@/{database}?host={socket}"
