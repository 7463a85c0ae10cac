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
    begun_at: float

    @property
    def request_id(self) -> str:
        """Of the request that is, or was, to do it."""
        return self.headers.get(REQUEST_ID, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered; the body is sealed: it may hold a key that is shown once."""

    status: int
    headers: Mapping[str, str]
    body: bytes


KEPT_SECONDS = 24 * 3600.0
"""How long an answer is given again."""
COLUMNS = (answers.c.request, answers.c.status, answers.c.headers, answers.c.body, answers.c.begun_at)
REQUEST_ID = "request-id"
"""Among the headers of a row without an answer: of the request that does it."""


def begin(engine: sa.Engine, *, caller: str, key: str, request: str, request_id: str, now: float) -> Kept | None:
    """
    Begin a request, unless one with this key came before: then what is known of it.

    One without an answer may have been done, wholly or not, by a process that died: the audit tells whether it began.
    Raises `StoreError`.
    """
    mine = (answers.c.caller == caller, answers.c.key == key)
    row: dict[str, object] = {
        "caller": caller,
        "key": key,
        "request": request,
        "begun_at": now,
        "ends_at": now + KEPT_SECONDS,
    }
    row["headers"] = {REQUEST_ID: request_id}
    with named_errors(), engine.begin() as connection:
        connection.execute(sa.delete(answers).where(answers.c.ends_at <= now))
        if _insert(connection, row):
            return None
        return Kept(**connection.execute(sa.select(*COLUMNS).where(*mine)).mappings().one())


def _insert(connection: sa.Connection, row: Mapping[str, object]) -> bool:
    """Write the row; False when another request of its key is there. One being written at this moment is waited for."""
    values = {"status": None, "body": b"", **row}
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


def hold(connection: sa.Connection, *, caller: str, key: str, request_id: str) -> bool:
    """Whether it is still for this request to do it; then nobody else takes it on until the transaction ends."""
    mine = (answers.c.caller == caller, answers.c.key == key, answers.c.status.is_(None))
    found = connection.execute(sa.select(answers.c.headers).where(*mine).with_for_update()).one_or_none()
    return found is not None and found.headers.get(REQUEST_ID) == request_id


def take_on(engine: sa.Engine, before: Kept, *, caller: str, key: str, request_id: str, now: float) -> bool:
    """
    Do a request in place of one that never began; False when another does so already. Raises `StoreError`.
    """
    with named_errors(), engine.begin() as connection:
        if not hold(connection, caller=caller, key=key, request_id=before.request_id):
            return False
        new = {"headers": {REQUEST_ID: request_id}, "begun_at": now}
        connection.execute(sa.update(answers).where(answers.c.caller == caller, answers.c.key == key).values(new))
        return True
