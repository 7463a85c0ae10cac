"""Opening the database: SQLite by default, PostgreSQL by URL, brought to the newest schema at every open."""

import importlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.model.errors import SettingError

BUSY_TIMEOUT_MILLISECONDS = 10_000
"""How long SQLite waits for another writer."""
CONNECT_TIMEOUT_SECONDS = 5
LOCK_TIMEOUT_MILLISECONDS = 10_000
"""How long PostgreSQL waits for another's lock: a process that stands still must not hold up every thread of others."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""In seconds, and milliseconds: a server that has gone without a word is noticed in half a minute, not in hours."""
MIGRATION_LOCK = 0x70C51
"""The advisory lock PostgreSQL holds while one process makes the tables: others that start at once wait for it."""
_MIGRATING = "tocsin.edge.store.migrating"
"""Imported when there is something to migrate only: Alembic takes longer to load than most commands to run."""
_VERSIONS = sa.table("alembic_version", sa.column("version_num"))
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}",
)


def connect(url: str) -> sa.Engine:
    """
    The engine for `sqlite:///path` or `postgresql://...`; nothing is opened yet.

    Raises `SettingError` when the URL is neither.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    arguments = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **_ALIVE}
    engine = sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)
    sa.event.listen(engine, "connect", _wait_for_locks)
    return engine


def password(url: str) -> str:
    """The password in a database URL; empty if there is none."""
    return _parse(url).password or ""


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to the newest version. Raises `SettingError` when it is newer than this tocsin, `StoreError`."""
    with named_errors(), engine.begin() as connection:
        if _version(connection) == newest_version():
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # another process may have long to upgrade
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        importlib.import_module(_MIGRATING).upgrade(connection)


def newest_version() -> str:
    """The newest schema that this tocsin knows: the migrations' files begin with what they make."""
    names = (file.name for file in (files("tocsin.edge") / "migrations" / "versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


def _version(connection: sa.Connection) -> str | None:
    """The schema that is there; None where there is none."""
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.execute(sa.select(_VERSIONS.c.version_num)).scalar()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingError("[store] url is not a database URL; write sqlite:///tocsin.db or postgresql://…") from None
    if parsed.drivername.partition("+")[0] not in _DIALECTS:
        raise SettingError(f"[store] url: {parsed.drivername!r} is no store; write sqlite:///… or postgresql://…")
    return parsed.set(drivername=_DIALECTS[parsed.drivername.partition("+")[0]])


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:" and not Path(url.database).parent.is_dir():
        raise SettingError(f"[store] url: there is no folder {Path(url.database).parent}; make it, or name another")
    engine = sa.create_engine(url, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _wait_for_locks(connection: Any, _record: object) -> None:
    before, connection.autocommit = connection.autocommit, True  # in a transaction it would end with that
    connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}")
    connection.autocommit = before


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin` does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    """Take the write lock at once: a reader that turns writer half-way could not wait for another writer."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
