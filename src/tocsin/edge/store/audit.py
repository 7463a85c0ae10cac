"""Reading the audit: one stream of the journal, from its end."""

import sqlalchemy as sa

from tocsin.edge.store.schema.journal import journal
from tocsin.respond.journal import AUDIT, Entry, read

BEGAN, ENDED = "request_began", "request_ended"
"""Kinds of entries: a write begins, and has ended with a status."""
CLOCKS_APART_SECONDS = 60.0
"""Between the clocks of two processes, at most."""


def before(connection: sa.Connection, sequence: int | None, *, limit: int) -> tuple[Entry, ...]:
    """The newest entries of the audit from before this number in it; None for the newest of all."""
    query = sa.select(journal.c.position, journal.c.line).where(journal.c.stream == AUDIT)
    older = query if sequence is None else query.where(journal.c.sequence < sequence)
    rows = connection.execute(older.order_by(journal.c.sequence.desc()).limit(limit))
    return tuple(read(row.line.encode(), row.position) for row in rows)


def outcome(connection: sa.Connection, request_id: str, since: float) -> tuple[bool, int | None]:
    """Whether a request that came at that time began to write, and the status with which it ended; None: it did not."""
    told = sa.select(journal.c.position, journal.c.line).where(
        journal.c.stream == AUDIT,
        journal.c.kind.in_((BEGAN, ENDED)),
        journal.c.recorded_at >= since - CLOCKS_APART_SECONDS,
        journal.c.line.contains(request_id, autoescape=True),
    )
    entries = [read(row.line.encode(), row.position) for row in connection.execute(told)]
    mine = [entry for entry in entries if entry.data.get("request_id") == request_id]
    ends = [int(entry.data["status"]) for entry in mine if entry.kind == ENDED]
    # Callers choose the id and may use one twice: where any of them did not end, or was done, that is what is told.
    all_ended = len(ends) >= len(mine) - len(ends)
    return bool(mine), min(ends) if ends and all_ended else None
