"""Which thread of a channel the messages of a subject are in."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.updates import channel_threads as table


def thread(engine: sa.Engine, channel: str, address: str, subject: str) -> str:
    """What the provider calls it; empty where there is none yet. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return connection.scalar(sa.select(table.c.thread).where(*_mine(channel, address, subject))) or ""


def keep(engine: sa.Engine, channel: str, address: str, subject: str, *, thread: str, now: float) -> None:
    """Remember it, if there is none yet. Raises `StoreError`."""
    row = {"channel": channel, "address": address, "subject": subject, "thread": thread, "begun_at": now}
    try:
        with named_errors(), engine.begin() as connection:
            connection.execute(sa.insert(table).values(row))
    except IntegrityError:
        return  # another process was first: its thread is the thread


def _mine(channel: str, address: str, subject: str) -> tuple["sa.ColumnElement[bool]", ...]:
    return (table.c.channel == channel, table.c.address == address, table.c.subject == subject)
