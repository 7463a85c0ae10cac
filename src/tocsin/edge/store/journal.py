"""
The journal's rows: appending, reading, and following.

Only one transaction at a time appends: it holds the row of the size, so that positions are without holes and become
visible in order. The database refuses to change or delete an entry.

A follower acts on every entry once: what it does and how far it has read are written together.
"""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.rows import portions
from tocsin.edge.store.schema.journal import followers, journal, journal_size
from tocsin.model.errors import Outdated
from tocsin.respond.journal import Draft, Entry, leaf, read

ENTRIES_AT_ONCE = 500


def append(
    connection: sa.Connection, drafts: Iterable[Draft], *, now: float, expected: int | None = None
) -> tuple[Entry, ...]:
    """
    Enter these as part of a larger transaction, in order.

    With `expected` the stream of the first must have exactly so many entries before: raises `Outdated` otherwise.
    """
    drafts, size = list(drafts), _hold(connection)
    heads = _heads(connection, {draft.stream for draft in drafts})
    entries: list[Entry] = []
    rows: list[dict[str, object]] = []
    for number, draft in enumerate(drafts):
        sequence, previous = heads.get(draft.stream, (0, ""))
        if number == 0 and expected is not None and sequence != expected:
            raise Outdated(
                f"{draft.stream} was changed meanwhile: it has {sequence} entries, not {expected}; look again"
            )
        entry = _entry(draft, size + number, sequence + 1, previous, now)
        line = entry.line  # worked out once: making it canonical is most of what an entry costs
        digest = leaf(line)
        heads[draft.stream] = (entry.sequence, digest)
        entries.append(entry)
        rows.append(_row(entry, line, digest))
    if entries:
        connection.execute(sa.insert(journal), rows)
        connection.execute(sa.update(journal_size).values(size=size + len(entries)))
    return tuple(entries)


def of_stream(connection: sa.Connection, stream: str, *, after: int = 0) -> tuple[Entry, ...]:
    """The entries of one stream in order, from behind number `after`."""
    return _entries(connection, where=sa.and_(journal.c.stream == stream, journal.c.sequence > after), limit=None)


def since(connection: sa.Connection, position: int, *, limit: int = ENTRIES_AT_ONCE) -> tuple[Entry, ...]:
    """The entries of all streams in order, from `position` on."""
    return _entries(connection, where=journal.c.position >= position, limit=limit)


def stream(engine: sa.Engine, name: str, *, after: int = 0) -> tuple[Entry, ...]:
    """Like `of_stream`, in a transaction of its own. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return of_stream(connection, name, after=after)


def size(engine: sa.Engine) -> int:
    """How many entries there are. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return connection.scalar(sa.select(journal_size.c.size)) or 0


def unread(connection: sa.Connection, follower: str, *, limit: int = ENTRIES_AT_ONCE) -> tuple[Entry, ...]:
    """What this follower has not acted on, held against others of its name until the transaction ends."""
    query = sa.select(followers.c.position).where(followers.c.name == follower).with_for_update()
    position = connection.scalar(query)
    if position is None:
        connection.execute(sa.insert(followers).values(name=follower, position=0))
    return since(connection, position or 0, limit=limit)


def acted_on(connection: sa.Connection, follower: str, entries: Sequence[Entry]) -> None:
    """The follower has acted on these, in this transaction."""
    if entries:
        new = {"position": entries[-1].position + 1}
        connection.execute(sa.update(followers).where(followers.c.name == follower).values(new))


def _hold(connection: sa.Connection) -> int:
    held: int = connection.execute(sa.select(journal_size.c.size).with_for_update()).scalar_one()
    return held


def _heads(connection: sa.Connection, streams: Collection[str]) -> dict[str, tuple[int, str]]:
    """The number and the digest of the last entry of each stream that has any."""
    found: dict[str, tuple[int, str]] = {}
    for some in portions(sorted(streams)):
        last = sa.select(journal.c.stream, sa.func.max(journal.c.sequence).label("last"))
        lasts = last.where(journal.c.stream.in_(some)).group_by(journal.c.stream).subquery()
        at = sa.and_(journal.c.stream == lasts.c.stream, journal.c.sequence == lasts.c.last)
        rows = connection.execute(sa.select(journal.c.stream, journal.c.sequence, journal.c.digest).join(lasts, at))
        found.update({row.stream: (row.sequence, row.digest) for row in rows})
    return found


def _entry(draft: Draft, position: int, sequence: int, previous: str, now: float) -> Entry:
    return Entry(
        stream=draft.stream,
        kind=draft.kind,
        actor=draft.actor,
        occurred_at=draft.occurred_at,
        data=draft.data,
        position=position,
        sequence=sequence,
        recorded_at=now,
        previous=previous,
    )


def _row(entry: Entry, line: bytes, digest: str) -> dict[str, object]:
    return {
        "position": entry.position,
        "stream": entry.stream,
        "sequence": entry.sequence,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at,
        "line": line.decode(),
        "digest": digest,
    }


def _entries(connection: sa.Connection, *, where: "sa.ColumnElement[bool]", limit: int | None) -> tuple[Entry, ...]:
    query = sa.select(journal.c.position, journal.c.line).where(where).order_by(journal.c.position).limit(limit)
    return tuple(read(row.line.encode(), row.position) for row in connection.execute(query))
