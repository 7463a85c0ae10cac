"""Bringing a database to the newest schema, by the steps in `edge/migrations`."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tocsin.model.errors import SettingError


def upgrade(connection: sa.Connection) -> None:
    """Take every step that is not taken yet. Raises `SettingError` when the schema is newer than this tocsin."""
    configuration = Config()
    configuration.set_main_option("script_location", str(files("tocsin.edge") / "migrations"))
    configuration.attributes["connection"] = connection
    _refuse_newer(connection, ScriptDirectory.from_config(configuration))
    command.upgrade(configuration, "head")


def _refuse_newer(connection: sa.Connection, known: ScriptDirectory) -> None:
    """Nothing is written to tables that this tocsin does not know."""
    here = MigrationContext.configure(connection).get_current_revision()
    if here is not None and here not in {one.revision for one in known.walk_revisions()}:
        newest = known.get_current_head()
        raise SettingError(
            f"[store] url: the store has the schema {here}, and this tocsin knows those up to {newest}: a newer tocsin "
            "made it. Upgrade tocsin, or name another store. Nothing was changed"
        )
