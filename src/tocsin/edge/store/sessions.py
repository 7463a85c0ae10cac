"""Sessions, API keys and challenges, as rows. Each function is part of a larger transaction."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.schema.access import api_keys, challenges, sessions
from tocsin.respond.access.accounts import Key, Session


def add_session(connection: sa.Connection, session: Session, digest: str) -> None:
    """Write a new session; the digest is of its token."""
    names = [name for name in sessions.c.keys() if name != "digest"]  # noqa: SIM118 - columns, not a dictionary
    connection.execute(sa.insert(sessions).values(digest=digest, **{name: getattr(session, name) for name in names}))


def find_session(connection: sa.Connection, digest: str) -> Session | None:
    """The session of the token with this digest, good or not."""
    row = connection.execute(_sessions().where(sessions.c.digest == digest)).mappings().one_or_none()
    return None if row is None else Session(**row)


def sessions_of(connection: sa.Connection, user: str, now: float) -> tuple[Session, ...]:
    """A user's sessions that are good, the newest first."""
    query = _sessions().where(sessions.c.user == user, sessions.c.revoked_at.is_(None), sessions.c.ends_at > now)
    found = connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.id)).mappings()
    return tuple(each for each in (Session(**row) for row in found) if each.is_good(now))


def seen(connection: sa.Connection, session: str, now: float) -> None:
    """Note that a session is used."""
    connection.execute(sa.update(sessions).where(sessions.c.id == session).values(seen_at=now))


def revoke_sessions(
    connection: sa.Connection, user: str, now: float, *, only: str | None = None, but: str | None = None
) -> int:
    """End a user's sessions: all, only one, or all but one. How many were ended."""
    which = [sessions.c.user == user, sessions.c.revoked_at.is_(None)]
    which += [sessions.c.id == only] if only is not None else []
    which += [sessions.c.id != but] if but is not None else []
    return connection.execute(sa.update(sessions).where(*which).values(revoked_at=now)).rowcount


def note_second_factor(connection: sa.Connection, session: str) -> None:
    """The session has shown a second factor."""
    connection.execute(sa.update(sessions).where(sessions.c.id == session).values(has_second_factor=True))


def forget_sessions(connection: sa.Connection, before: float) -> None:
    """Remove sessions that ended before this; the audit keeps that they were."""
    connection.execute(sa.delete(sessions).where(sessions.c.ends_at < before))


def add_key(connection: sa.Connection, key: Key, digest: str) -> None:
    """Write a new API key."""
    names = [name for name in api_keys.c.keys() if name != "digest"]  # noqa: SIM118 - columns, not a dictionary
    connection.execute(sa.insert(api_keys).values(digest=digest, **{name: getattr(key, name) for name in names}))


def find_key(connection: sa.Connection, digest: str) -> Key | None:
    """The key with this digest, good or not."""
    row = connection.execute(_keys().where(api_keys.c.digest == digest)).mappings().one_or_none()
    return None if row is None else _key(row)


def key_by_id(connection: sa.Connection, key: str) -> Key | None:
    """The key of this id or prefix."""
    row = connection.execute(_keys().where(sa.or_(api_keys.c.id == key, api_keys.c.prefix == key)))
    found = row.mappings().one_or_none()
    return None if found is None else _key(found)


def list_keys(connection: sa.Connection, *, after: str = "", limit: int | None = None) -> tuple[Key, ...]:
    """All keys in the order they were made, from behind one."""
    query = _keys().where(api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
    return tuple(_key(row) for row in connection.execute(query).mappings())


def used_key(connection: sa.Connection, key: str, *, now: float, address: str) -> None:
    """Note that a key is used, and from where."""
    new = {"last_used_at": now, "last_address": address}
    connection.execute(sa.update(api_keys).where(api_keys.c.id == key).values(new))


def revoke_key(connection: sa.Connection, key: str, now: float) -> bool:
    """End a key; False when it was ended before, or never was."""
    good = (api_keys.c.id == key, api_keys.c.revoked_at.is_(None))
    return connection.execute(sa.update(api_keys).where(*good).values(revoked_at=now)).rowcount > 0


def ask(
    connection: sa.Connection, *, digest: str, purpose: str, user: str, data: Mapping[str, Any], ends_at: float
) -> None:
    """Write down what is to come back."""
    row = {"digest": digest, "purpose": purpose, "user": user, "data": dict(data), "ends_at": ends_at}
    connection.execute(sa.insert(challenges).values(row))


def take(connection: sa.Connection, *, digest: str, purpose: str, now: float) -> tuple[str, Mapping[str, Any]] | None:
    """The user and the data of what came back, once; None for what was not asked, came before, or comes too late."""
    mine = (challenges.c.digest == digest, challenges.c.purpose == purpose)
    query = sa.select(challenges).where(*mine).with_for_update()
    row = connection.execute(query).one_or_none()
    connection.execute(sa.delete(challenges).where(sa.or_(challenges.c.ends_at < now, sa.and_(*mine))))
    return None if row is None or row.ends_at < now else (row.user, row.data)


def forget_challenges(connection: sa.Connection, user: str, purpose: str) -> None:
    """What was asked of a user for this purpose must not come back any more."""
    connection.execute(sa.delete(challenges).where(challenges.c.user == user, challenges.c.purpose == purpose))


def _sessions() -> "sa.Select[Any]":
    return sa.select(*(column for column in sessions.c if column.name != "digest"))


def _keys() -> "sa.Select[Any]":
    return sa.select(*(column for column in api_keys.c if column.name != "digest"))


def _key(row: Mapping[Any, Any]) -> Key:
    return Key(**{**row, "scopes": tuple(row["scopes"]), "networks": tuple(row["networks"])})
