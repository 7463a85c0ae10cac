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
    columns = sa.select(journal.c.position, journal.c.kind, journal.c.line).order_by(journal.c.position)
    begin = 0
    while True:
        query = columns.where(journal.c.position >= begin).limit(ENTRIES_AT_ONCE)
        with named_errors(), engine.begin() as connection:
            rows = connection.execute(query).all()
        for position, kind, line in rows:
            if kind in kinds:  # here, not in the query: a database would look by kind and sort anew for every page
                yield read(line.encode(), position)
        if len(rows) < ENTRIES_AT_ONCE:
            return
        begin = rows[-1].position + 1
