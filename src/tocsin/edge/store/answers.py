"""Answers kept for requests that may come again with the same Idempotency-Key."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.access import answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of a request that came before; `status` is None while it is being done."""

    request: str
    status: int | None
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered; the body is sealed: it may hold a key that is shown once."""

    status: int
    headers: Mapping[str, str]
    body: bytes


KEPT_SECONDS = 24 * 3600.0
"""How long an answer is given again."""
COLUMNS = (answers.c.request, answers.c.status, answers.c.headers, answers.c.body)


def begin(engine: sa.Engine, *, caller: str, key: str, request: str, now: float) -> Kept | None:
    """
    Begin a request, unless one with this key came before: then what is known of it.

    One without an answer may have been done, wholly or not, by a process that died: nobody can tell, so it is not done
    again while the key is kept. Raises `StoreError`.
    """
    mine = (answers.c.caller == caller, answers.c.key == key)
    row = {"caller": caller, "key": key, "request": request, "begun_at": now, "ends_at": now + KEPT_SECONDS}
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.delete(answers).where(answers.c.ends_at <= now))
        if _insert(connection, row):
            return None
        return Kept(**connection.execute(sa.select(*COLUMNS).where(*mine)).mappings().one())


def _insert(connection: sa.Connection, row: Mapping[str, object]) -> bool:
    """Write the row; False when another request of its key is there. One being written at this moment is waited for."""
    values = {"status": None, "headers": {}, "body": b"", **row}
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(answers).values(values).on_conflict_do_nothing().returning(answers.c.key)
    return connection.execute(statement).first() is not None


def finish(engine: sa.Engine, *, caller: str, key: str, answer: Answer) -> None:
    """Keep the answer. Raises `StoreError`."""
    new = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.update(answers).where(answers.c.caller == caller, answers.c.key == key).values(new))


def drop(engine: sa.Engine, *, caller: str, key: str) -> None:
    """Forget a request that was not done: it may come again. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.delete(answers).where(answers.c.caller == caller, answers.c.key == key))
