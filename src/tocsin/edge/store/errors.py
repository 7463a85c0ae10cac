"""
What a database failure means: by class and code, never by its text. The text is shown, without the names in it.

| raised | when |
|---|---|
| StoreFull | SQLite SQLITE_FULL or a failed write; PostgreSQL 53100 (disk full) |
| StoreUnavailable | no connection, a lost one, a locked, read-only or damaged file; PostgreSQL classes 08, 53, 57, 58 |
| StoreUnavailable | two transactions that wait for each other, or one too long: PostgreSQL class 40 and 55P03 |

Any other database error is a defect of ours and passes through as it is.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tocsin.model.errors import StoreError, StoreFull, StoreUnavailable

_FULL_HELP = (
    "the store has no room to write; free or add disk space. Nothing is lost: what is not written is done again"
)
_AWAY_HELP = "the store cannot be used; look at [store] url and the database. What is not written is done again"
_SQLITE_WORDS: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "another process holds it locked",
    sqlite3.SQLITE_LOCKED: "another process holds it locked",
    sqlite3.SQLITE_READONLY: "the file or its folder may only be read",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: put a copy back, or name a new file",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened or made: look at the rights of its folder",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    sqlite3.SQLITE_PERM: "the rights of the file do not allow it",
}
_SHOWN_CHARACTERS = 300
_QUOTED = re.compile(r"""["'][^"']*["']""")

_SQLITE_FULL = frozenset({sqlite3.SQLITE_FULL})
_SQLITE_FULL_EXTENDED = frozenset(
    {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE}
)
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_POSTGRESQL_FULL = "53100"
_POSTGRESQL_AWAY = ("08", "40", "53", "55P03", "57", "58")


@contextmanager
def named_errors() -> Iterator[None]:
    """Raise the store's own errors for the database's."""
    try:
        yield
    except DBAPIError as error:
        if (kind := _meaning(error)) is None:
            raise
        raise kind(_told(kind, error.orig)) from error
    except PoolTimeout as error:
        raise StoreUnavailable(_AWAY_HELP) from error


def _meaning(error: DBAPIError) -> type[StoreError] | None:
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite(getattr(error.orig, "sqlite_errorcode", 0))
    return _postgresql(error)


def _sqlite(code: int) -> type[StoreError] | None:
    if code & 0xFF in _SQLITE_FULL or code in _SQLITE_FULL_EXTENDED:
        return StoreFull
    return StoreUnavailable if code & 0xFF in _SQLITE_AWAY else None


def _postgresql(error: DBAPIError) -> type[StoreError] | None:
    """By the SQLSTATE that the driver gives; the driver itself is imported where such a database is used only."""
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return StoreUnavailable if isinstance(error, OperationalError) else None
    if state == _POSTGRESQL_FULL:
        return StoreFull
    return StoreUnavailable if state.startswith(_POSTGRESQL_AWAY) else None


def _told(kind: type[StoreError], error: BaseException | None) -> str:
    """The help, the reason in words and the code."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__
    reason = f"{words}; " if (words := _words(error)) else ""
    return f"{_FULL_HELP if kind is StoreFull else _AWAY_HELP} ({reason}{code})"


def _words(error: BaseException | None) -> str:
    """Why, as far as it is known. What a driver quotes may be a host, a user or a misread password: it is left out."""
    if isinstance(error, sqlite3.Error):
        return _SQLITE_WORDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
    return _QUOTED.sub("***", " ".join(str(error).split()))[:_SHOWN_CHARACTERS]
