"""The rows of the estate: what was changed beside its file, and what its assets held."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store import journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.estate import estate_holdings, estate_items
from tocsin.model.errors import Outdated
from tocsin.respond.estate.value import Holding
from tocsin.respond.journal import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An item as it was changed beside the file."""

    id: str
    kind: str
    version: int
    content: Mapping[str, Any] | None
    """The fields of its table; None where it was removed."""
    changed_at: float
    changed_by: str


def changes(connection: sa.Connection) -> tuple[Changed, ...]:
    """Everything that was changed, in the order of ids."""
    rows = connection.execute(sa.select(estate_items).order_by(estate_items.c.id)).mappings()
    return tuple(Changed(**{**row, "content": row["content"] and json.loads(row["content"])}) for row in rows)


def version(engine: sa.Engine) -> int:
    """How many changes there were: the same number, the same changes. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return connection.scalar(sa.select(sa.func.sum(estate_items.c.version))) or 0


def change(connection: sa.Connection, new: Changed, draft: Draft, expected: int | None) -> Changed:
    """
    Write an item as it is from now on, enter the draft into the journal, and return the item with its version.

    Raises `Outdated` where it is not at the version that is expected.
    """
    journal.append(connection, [draft], now=new.changed_at)  # holds every other change back until this one is committed
    mine = estate_items.c.id == new.id
    before = connection.scalar(sa.select(estate_items.c.version).where(mine)) or 0
    if expected not in (None, before):
        raise Outdated(f"{new.id} was changed meanwhile: it is at version {before}, not {expected}; look again")
    written = replace(new, version=before + 1)
    row = {**asdict(written), "content": None if new.content is None else json.dumps(new.content)}
    connection.execute((sa.update(estate_items).where(mine) if before else sa.insert(estate_items)).values(row))
    return written


def keep_holdings(engine: sa.Engine, counted: Iterable[str], found: Iterable[Holding]) -> None:
    """Put these in place of what was known of the assets that were counted. Raises `StoreError`."""
    rows = [{**asdict(each), "amount": str(each.amount)} for each in found]
    with named_errors(), engine.begin() as connection:
        for asset in counted:
            connection.execute(sa.delete(estate_holdings).where(estate_holdings.c.asset == asset))
        if rows:
            connection.execute(sa.insert(estate_holdings), rows)


def holdings(engine: sa.Engine) -> tuple[Holding, ...]:
    """What every asset held when it was last read, what is worth most first. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(sa.select(estate_holdings)).mappings().all()
    found = [Holding(**{**row, "amount": int(row["amount"])}) for row in rows]
    return tuple(sorted(found, key=lambda each: (-(each.dollars or 0.0), each.asset, each.token)))


def held_by(
    connection: sa.Connection, assets: Sequence[str] | None = None, tokens: Sequence[str] | None = None
) -> tuple[Holding, ...]:
    """What these assets held when they were last read, or who held these tokens, in the order of assets."""
    table = estate_holdings.c
    wanted = [] if assets is None else [table.asset.in_(assets)]
    wanted += [] if tokens is None else [table.token.in_(tokens)]
    query = sa.select(estate_holdings).where(*wanted).order_by(table.asset, table.chain_id, table.token)
    return tuple(Holding(**{**row, "amount": int(row["amount"])}) for row in connection.execute(query).mappings().all())
