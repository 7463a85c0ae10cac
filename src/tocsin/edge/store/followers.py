"""How far everybody who follows the journal has read."""

from collections.abc import Mapping

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.journal import followers


def positions(engine: sa.Engine) -> Mapping[str, int]:
    """The next entry for each follower, by its name. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(sa.select(followers.c.name, followers.c.position).order_by(followers.c.name))
        return {row.name: row.position for row in rows}
