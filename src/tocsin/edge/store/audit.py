"""Reading the audit: one stream of the journal, from its end."""

import sqlalchemy as sa

from tocsin.edge.store.schema.journal import journal
from tocsin.respond.journal import AUDIT, Entry, read


def before(connection: sa.Connection, sequence: int | None, *, limit: int) -> tuple[Entry, ...]:
    """The newest entries of the audit from before this number in it; None for the newest of all."""
    query = sa.select(journal.c.position, journal.c.line).where(journal.c.stream == AUDIT)
    older = query if sequence is None else query.where(journal.c.sequence < sequence)
    rows = connection.execute(older.order_by(journal.c.sequence.desc()).limit(limit))
    return tuple(read(row.line.encode(), row.position) for row in rows)
