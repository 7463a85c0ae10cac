"""Opening the store: the first thing of every command, so it imports nothing of what the others do not need."""

from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.engine import connect, migrate


@dataclass(frozen=True, slots=True)
class Store:
    """An open database of the newest schema."""

    engine: sa.Engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database, make or upgrade its tables. Raises `SettingError`, `StoreError`."""
    engine = connect(url)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)
