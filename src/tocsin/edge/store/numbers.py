"""Reading the journal from its first entry to its last, only what numbers need, without keeping others from writing."""

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.journal import journal
from tocsin.respond.journal import Entry, read

ENTRIES_AT_ONCE = 5_000
"""In one short transaction: what was read does not change, so that pages make one whole."""


def entries(engine: sa.Engine, kinds: Collection[str]) -> Iterator[Entry]:
    """The entries of these kinds, in order. Raises `StoreError`."""
    position = -1
    columns = sa.select(journal.c.position, journal.c.line).where(journal.c.kind.in_(sorted(kinds)))
    while True:
        query = columns.where(journal.c.position > position).order_by(journal.c.position).limit(ENTRIES_AT_ONCE)
        with named_errors(), engine.begin() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield read(row.line.encode(), row.position)
        if len(rows) < ENTRIES_AT_ONCE:
            return
        position = rows[-1].position
