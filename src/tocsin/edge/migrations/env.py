"""Alembic's way in: runs the migrations on the connection the store gives."""

from alembic import context

from tocsin.edge.store.schema.every import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=tables(), render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
