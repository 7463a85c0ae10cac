"""
The feed: what is entered into the journal, told to everybody who is connected and may see it.

One reader follows the journal for all of them. Each has a queue of bounded length: who takes too long is cut off, and
begins again where he was.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tocsin.app.bell import heard
from tocsin.app.desk import Desk
from tocsin.app.unbroken import unbroken
from tocsin.edge.store import journal, sight
from tocsin.edge.store.errors import named_errors
from tocsin.model.errors import StoreError, TooOften
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.sight import may_see
from tocsin.respond.journal import Entry

LOOK_SECONDS = 1.0
"""How often it looks without a ring: another process may write."""
MOST_WAITING = 1_000
"""Entries that wait for one client."""
MOST_CLIENTS = 500
MOST_OF_ONE = 20
"""Connections of one caller: browsers open a few tabs."""
Viewers = Mapping[str, frozenset[str]]


@dataclass(slots=True, kw_only=True)
class Client:
    """Somebody who is connected."""

    caller: Caller
    waiting: asyncio.Queue[Entry] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    is_cut: bool = False
    """It took too long: what it has not taken is not kept."""

    def tell(self, entry: Entry, viewers: Viewers) -> None:
        """Put an entry into its queue, if it may see it; cut it off where that is full."""
        if self.is_cut or not may_see(self.caller, entry, viewers):
            return
        try:
            self.waiting.put_nowait(entry)
        except asyncio.QueueFull:
            self.is_cut = True


@dataclass(slots=True, kw_only=True)
class Feed:
    """Follows the journal, and tells its clients."""

    desk: Desk
    rung: asyncio.Event
    """Of the bell."""
    clients: list[Client] = field(default_factory=list)
    position: int | None = None
    """The next entry to tell; None before the first look."""

    def has_room(self, caller: Caller) -> None:
        """Raises `TooOften` when too many are connected."""
        mine = sum(each.caller.actor == caller.actor for each in self.clients)
        if len(self.clients) >= MOST_CLIENTS or mine >= MOST_OF_ONE:
            raise TooOften(f"too many streams are open, {mine} of them yours; close some", 60.0)

    @contextmanager
    def connected(self, caller: Caller) -> Iterator[Client]:
        """A client for the length of a `with` block."""
        client = Client(caller=caller)
        self.clients.append(client)
        try:
            yield client
        finally:
            self.clients.remove(client)

    async def run(self) -> None:
        """Follow until cancelled; while the store is away, wait."""
        while True:
            try:
                more = await self.once()
            except StoreError:
                more = False
            if not more:
                await heard(self.rung, LOOK_SECONDS)

    async def once(self) -> bool:
        """Tell what is new; True when there may be more at once. Raises `StoreError`."""
        if self.position is None:
            self.position = await unbroken(journal.size, self.desk.store.engine)
        entries, viewers = await unbroken(read, self.desk, self.position)
        for entry in entries:
            for client in self.clients:
                client.tell(entry, viewers)
            self.position = entry.position + 1
        return len(entries) >= journal.ENTRIES_AT_ONCE


def read(desk: Desk, position: int) -> tuple[Sequence[Entry], Viewers]:
    """The entries from a position on, a bounded number, and who may see the restricted ones. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        entries = journal.since(connection, position)
    streams = {entry.stream for entry in entries}
    return entries, sight.viewers(desk.store.engine, streams) if streams else {}
