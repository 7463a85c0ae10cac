"""Where responding stands, as counts: what waits, who lags behind, what is open and what has failed."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.clocks import clocks
from tocsin.edge.store.schema.incidents import incidents
from tocsin.edge.store.schema.journal import followers, journal_size
from tocsin.edge.store.schema.paging import pages
from tocsin.edge.store.schema.triage import triage_queue
from tocsin.model.priority import Priority
from tocsin.respond.clocks.clock import State
from tocsin.respond.paging.page import PageState

PAGE_STATES = (*(state for state in PageState if state.is_open), PageState.FAILED)
CLOCK_STATES = (State.RUNNING, State.WARNED, State.PAUSED, State.BREACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Counts by name; every name is there, with nought where there is none."""

    triage_waiting: int
    unread: Mapping[str, int]
    """Entries of the journal by follower."""
    pages: Mapping[str, int]
    """Of open incidents, by state."""
    clocks: Mapping[str, int]
    """Of open incidents, by state."""
    incidents: Mapping[str, int]
    """Open ones by priority, exercises left out."""


def backlog(engine: sa.Engine) -> Backlog:
    """Count. Raises `StoreError`."""
    is_open = sa.and_(incidents.c.is_open, incidents.c.exercise == "")
    of_pages = sa.select(pages.c.state).join(incidents, incidents.c.id == pages.c.incident).where(is_open)
    of_clocks = sa.select(clocks.c.state).join(incidents, incidents.c.id == clocks.c.incident)
    waited_for = of_clocks.where(is_open, clocks.c.is_open)
    with named_errors(), engine.begin() as connection:
        size = connection.scalar(sa.select(sa.func.max(journal_size.c.size))) or 0
        read = connection.execute(sa.select(followers.c.name, followers.c.position)).all()
        return Backlog(
            triage_waiting=connection.scalar(sa.select(sa.func.count()).select_from(triage_queue)) or 0,
            unread={row.name: max(0, size - row.position) for row in read},
            pages=_counts(connection, of_pages, PAGE_STATES),
            clocks=_counts(connection, waited_for, CLOCK_STATES),
            incidents=_counts(connection, sa.select(incidents.c.priority).where(is_open), tuple(Priority)),
        )


def _counts(connection: sa.Connection, of: "sa.Select[tuple[str]]", names: tuple[str, ...]) -> dict[str, int]:
    """How many rows there are of each of these values."""
    values = of.subquery()
    (value,) = values.c
    found = connection.execute(sa.select(value, sa.func.count()).group_by(value)).all()
    counted = {row[0]: row[1] for row in found}
    return {str(name): counted.get(str(name), 0) for name in names}
