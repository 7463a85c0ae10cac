"""All tables: of every module of this package, whoever adds one."""

import importlib
import pkgutil

import sqlalchemy as sa

import tocsin.edge.store.schema
from tocsin.edge.store.schema.base import metadata


def tables() -> sa.MetaData:
    """The description of the newest schema, whole."""
    package = tocsin.edge.store.schema
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return metadata
