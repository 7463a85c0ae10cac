"""Changes of schedules, tests of contacts, and the key of links, as rows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.paging import contact_tests, on_call_overrides, on_call_swaps, paging_keys
from tocsin.model.errors import NotFound
from tocsin.respond.oncall.schedule import Override, Swap

Connection: TypeAlias = sa.Connection
"""A transaction that others go on with."""
ASKED, TAKEN, DECLINED, WITHDRAWN = "asked", "taken", "declined", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOverride:
    """An override, and who made it why."""

    schedule: str
    override: Override
    reason: str
    made_by: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSwap:
    """A swap, and how it stands."""

    schedule: str
    swap: Swap
    state: str
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTest:
    """One test of one way to reach a person."""

    id: str
    run: str
    person: str
    channel: str
    address: str
    """Redacted."""
    address_digest: str
    tried_at: float
    outcome: str
    detail: str
    answered_at: float | None = None


def link_key(connection: sa.Connection) -> bytes | None:
    """The key that signs links; None before the first use."""
    found: bytes | None = connection.scalar(sa.select(paging_keys.c.secret))
    return found


def keep_link_key(connection: sa.Connection, secret: bytes, now: float) -> None:
    """Keep the key, made at first use."""
    connection.execute(sa.insert(paging_keys).values(id=1, secret=secret, made_at=now))


def add_override(connection: sa.Connection, kept: KeptOverride) -> None:
    """Keep an override."""
    override = kept.override
    names = ("id", "person", "instead_of", "begins", "ends")
    row = {name: getattr(override, name) for name in names}
    row |= {name: getattr(kept, name) for name in ("schedule", "reason", "made_by", "made_at")}
    connection.execute(sa.insert(on_call_overrides).values(row))


def remove_override(connection: sa.Connection, override: str, now: float) -> None:
    """It holds no more; the row stays. Raises `NotFound`."""
    mine = (on_call_overrides.c.id == override, on_call_overrides.c.removed_at.is_(None))
    if connection.execute(sa.update(on_call_overrides).where(*mine).values(removed_at=now)).rowcount == 0:
        raise NotFound(f"there is no override {override[:50]!r}; `tocsin oncall show` has them")


def overrides(connection: sa.Connection, since: float) -> tuple[KeptOverride, ...]:
    """The overrides that have not ended by then, in the order in which they were made."""
    columns = on_call_overrides.c
    query = sa.select(on_call_overrides).where(columns.removed_at.is_(None), columns.ends > since)
    return tuple(map(_override, connection.execute(query.order_by(columns.made_at, columns.id)).mappings()))


def add_swap(connection: sa.Connection, kept: KeptSwap) -> None:
    """Keep a swap that somebody asks for."""
    names = ("id", "asks", "takes", "begins", "ends", "back_begins", "back_ends")
    row = {name: getattr(kept.swap, name) for name in names}
    row |= {"schedule": kept.schedule, "state": kept.state, "made_at": kept.made_at}
    connection.execute(sa.insert(on_call_swaps).values(row))


def swap(connection: sa.Connection, swap_id: str) -> KeptSwap:
    """One swap, held until the transaction ends. Raises `NotFound`."""
    query = sa.select(on_call_swaps).where(on_call_swaps.c.id == swap_id).with_for_update()
    if (row := connection.execute(query).mappings().one_or_none()) is None:
        raise NotFound(f"there is no swap {swap_id[:50]!r}; `tocsin oncall show` has them")
    return _swap(row)


def decide_swap(connection: sa.Connection, swap_id: str, state: str, now: float) -> None:
    """It was taken, declined or withdrawn."""
    connection.execute(
        sa.update(on_call_swaps).where(on_call_swaps.c.id == swap_id).values(state=state, decided_at=now)
    )


def swaps(connection: sa.Connection, since: float) -> tuple[KeptSwap, ...]:
    """The swaps that have not ended by then and are asked for or taken, in the order of their making."""
    columns = on_call_swaps.c
    last = sa.case((columns.back_ends > columns.ends, columns.back_ends), else_=columns.ends)
    query = sa.select(on_call_swaps).where(columns.state.in_([ASKED, TAKEN]), last > since)
    return tuple(map(_swap, connection.execute(query.order_by(columns.made_at, columns.id)).mappings()))


def add_tests(engine: sa.Engine, tests: Iterable[ContactTest]) -> None:
    """Keep what tests of contacts came to. Raises `StoreError`."""
    names = tuple(ContactTest.__dataclass_fields__)
    rows = [{name: getattr(test, name) for name in names} for test in tests]
    if rows:
        with named_errors(), engine.begin() as connection:
            connection.execute(sa.insert(contact_tests), rows)


def contact_tests_since(engine: sa.Engine, *, since: float = 0.0, run: str = "") -> tuple[ContactTest, ...]:
    """The tests of contacts, oldest first. Raises `StoreError`."""
    query = sa.select(contact_tests).where(contact_tests.c.tried_at >= since)
    query = query.where(contact_tests.c.run == run) if run else query
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.order_by(contact_tests.c.tried_at, contact_tests.c.id)).mappings().all()
    return tuple(ContactTest(**row) for row in rows)


def answer_test(connection: sa.Connection, test: str, now: float) -> str:
    """The person answered a test; who. Raises `NotFound`."""
    mine = contact_tests.c.id == test
    person: str | None = connection.scalar(sa.select(contact_tests.c.person).where(mine))
    if person is None:
        raise NotFound("this test is not known here")
    unanswered = (mine, contact_tests.c.answered_at.is_(None))
    connection.execute(sa.update(contact_tests).where(*unanswered).values(answered_at=now))
    return person


def address_digest(address: str) -> str:
    """What tells two addresses apart without keeping them."""
    return hashlib.sha256(address.encode()).hexdigest()


def _override(row: "sa.RowMapping") -> KeptOverride:
    names = ("id", "person", "instead_of", "begins", "ends")
    told = {name: row[name] for name in ("schedule", "reason", "made_by", "made_at")}
    return KeptOverride(override=Override(**{name: row[name] for name in names}), **told)


def _swap(row: "sa.RowMapping") -> KeptSwap:
    names = ("id", "asks", "takes", "begins", "ends", "back_begins", "back_ends")
    told = {name: row[name] for name in ("schedule", "state", "made_at")}
    return KeptSwap(swap=Swap(**{name: row[name] for name in names}), **told)
