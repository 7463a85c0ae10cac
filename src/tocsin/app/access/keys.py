"""API keys: what programs show. Made once, shown once, kept as digests."""

from dataclasses import dataclass
from typing import Any

from tocsin.app.access.audit import ANONYMOUS, NO_TRACE, Trace, draft
from tocsin.app.access.guard import Guard
from tocsin.edge.store import journal, sessions
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import NotAllowed, NotFound, Unacceptable
from tocsin.respond.access.accounts import Key, networks, user_id
from tocsin.respond.access.scopes import SELF, known
from tocsin.respond.access.secrets import TOKEN_BYTES, api_key, digest, key_prefix

TAKEN_NAMES = (TOCSIN.id, ANONYMOUS.id)
LONGEST_SECONDS = 10 * 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that is to be made."""

    name: str
    """Of the program that will use it: its actor in everything it does."""
    scopes: tuple[str, ...]
    networks: tuple[str, ...] = ()
    """From which it may be used; empty: from anywhere."""
    seconds: float | None = None
    """How long it is good; None for ever."""


def add_key(
    guard: Guard, actor: Actor, new: NewKey, trace: Trace = NO_TRACE, *, within: frozenset[str] | None = None
) -> tuple[Key, str]:
    """
    Make a key; gives what is kept of it and the key itself, this once.

    With `within` its scopes must be among these: nobody gives away what is not his. Raises `NotAllowed`,
    `Unacceptable`, `StoreError`.
    """
    shown, key = _made(guard, actor, new)
    if within is not None and (beyond := set(key.scopes) - within):
        raise NotAllowed(f"a key may not do more than whoever makes it: you have not {', '.join(sorted(beyond))}")
    with guard.transaction() as connection:
        sessions.add_key(connection, key, digest(shown))
        more: dict[str, Any] = {"name": key.name, "scopes": list(key.scopes), "networks": list(key.networks)}
        told = draft(guard.desk, actor, "key_added", f"key:{key.prefix}", trace=trace, **more)
        journal.append(connection, [told], now=guard.desk.clock())
    return key, shown


def _made(guard: Guard, actor: Actor, new: NewKey) -> tuple[str, Key]:
    name = user_id(new.name)
    if name in TAKEN_NAMES:
        raise Unacceptable(f"name: {name} is tocsin's own; name the key for the program that uses it")
    if not new.scopes:
        raise Unacceptable("scopes: name at least one, such as alert:read")
    if new.seconds is not None and not 0 < new.seconds <= LONGEST_SECONDS:
        raise Unacceptable("expiry: in the future, and at most ten years off")
    shown, now = api_key(guard.desk.entropy(TOKEN_BYTES)), guard.desk.clock()
    return shown, Key(
        id=guard.desk.new_id(),
        name=name,
        prefix=key_prefix(shown),
        scopes=tuple(sorted(known((*new.scopes, SELF)))),
        networks=networks(new.networks),
        created_by=str(actor),
        created_at=now,
        ends_at=None if new.seconds is None else now + new.seconds,
        revoked_at=None,
        last_used_at=None,
        last_address="",
    )


def keys(guard: Guard, *, after: str = "", limit: int | None = None) -> tuple[Key, ...]:
    """All keys, in the order they were made. Raises `StoreError`."""
    with guard.reading() as connection:
        return sessions.list_keys(connection, after=after, limit=limit)


def revoke_key(guard: Guard, actor: Actor, key: str, trace: Trace = NO_TRACE) -> Key:
    """End a key, named by id or prefix. Raises `NotFound`, `StoreError`."""
    with guard.transaction() as connection:
        found = sessions.key_by_id(connection, key)
        if found is None or not sessions.revoke_key(connection, found.id, guard.desk.clock()):
            raise NotFound(f"no key {key[:60]!r} is good; see tocsin users keys")
        told = draft(guard.desk, actor, "key_revoked", f"key:{found.prefix}", trace=trace)
        journal.append(connection, [told], now=guard.desk.clock())
    return found
