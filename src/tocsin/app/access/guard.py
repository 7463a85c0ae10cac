"""
The guard: who asks, by the token of a session or by an API key.

Everything that lets somebody in, or keeps somebody out, goes through it. What it decides by is in `respond/access/`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin.app.access.audit import Trace
from tocsin.app.desk import Desk
from tocsin.edge.passwords import Passwords
from tocsin.edge.sealing import Seal, seal_in
from tocsin.edge.store import access, sessions
from tocsin.edge.store.errors import named_errors
from tocsin.model.errors import TooOften, Unauthenticated
from tocsin.respond.access.accounts import (
    PASSWORD,
    SEEN_EVERY_SECONDS,
    SESSION_SECONDS,
    Key,
    Session,
    User,
    session_scopes,
)
from tocsin.respond.access.attempts import Buckets, Strangers
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.secrets import TOKEN_BYTES, digest, token

LOGINS_PER_SECOND, LOGINS_AT_ONCE = 0.2, 20.0
"""Attempts to log in from one address: an office behind one address comes to work at once, a guesser does not."""
ACCOUNT_LOGINS_PER_SECOND, ACCOUNT_LOGINS_AT_ONCE = 0.1, 10.0
"""Attempts at one account from anywhere."""
KEPT_AFTER_END_SECONDS = 7 * 86_400.0
"""How long a session that has ended stays in its table."""


def _by_address() -> Buckets:
    return Buckets(per_second=LOGINS_PER_SECOND, burst=LOGINS_AT_ONCE)


def _by_account() -> Buckets:
    return Buckets(per_second=ACCOUNT_LOGINS_PER_SECOND, burst=ACCOUNT_LOGINS_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What it takes to let people in."""

    desk: Desk
    passwords: Passwords
    seal: Seal
    by_address: Buckets = field(default_factory=_by_address)
    by_account: Buckets = field(default_factory=_by_account)
    strangers: Strangers = field(default_factory=Strangers)
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while the buckets and the strangers are looked at: requests run in threads."""

    def new_token(self) -> str:
        """A token that nobody can guess."""
        return token(self.desk.entropy(TOKEN_BYTES))

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A transaction that writes nothing into the journal. Raises `StoreError`."""
        with named_errors(), self.desk.store.engine.begin() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A transaction; the bell rings after it. Raises `StoreError`."""
        with self.reading() as connection:
            yield connection
        self.desk.ring()

    def may_try(self, account: str, address: str) -> None:
        """Count an attempt to log in. Raises `TooOften`."""
        now = self.desk.clock()
        with self.lock:
            waits = (self.by_address.take(address, now), self.by_account.take(account, now) if account else 0.0)
        if (wait := max(waits)) > 0:
            raise TooOften(f"too many attempts to log in; try again in {wait:.0f} seconds", wait)


def guard_of(desk: Desk) -> Guard:
    """The guard of this desk. Raises `SettingError` when the key of the seal cannot be read or made."""
    return Guard(desk=desk, passwords=Passwords(), seal=seal_in(Path(desk.settings.serve.key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A session that began, and what is still due."""

    token: str
    session: Session
    user: User
    due: tuple[str, ...] = ()
    """Which second factors are due: any of `totp`, `passkey`, `recovery`; empty when whole."""


def begin_session(connection: Any, guard: Guard, session: Session) -> str:
    """Write a new session, and its token. What ended long ago is removed meanwhile."""
    new = guard.new_token()
    sessions.forget_sessions(connection, guard.desk.clock() - KEPT_AFTER_END_SECONDS)
    sessions.add_session(connection, session, digest(new))
    return new


def new_session(guard: Guard, user: User, *, stage: str, has_second_factor: bool, trace: Trace, agent: str) -> Session:
    """A session that begins now."""
    now = guard.desk.clock()
    return Session(
        id=guard.desk.new_id(),
        user=user.id,
        stage=stage,
        has_second_factor=has_second_factor,
        created_at=now,
        seen_at=now,
        ends_at=now + SESSION_SECONDS,
        revoked_at=None,
        address=trace.address,
        agent=agent[:200],
    )


def caller_of_session(guard: Guard, session_token: str, trace: Trace) -> Caller:
    """Who holds the token of a session. Raises `Unauthenticated`, `StoreError`."""
    now = guard.desk.clock()
    with guard.reading() as connection:
        session, user = _session(connection, session_token, now)
        if session.stage == PASSWORD:
            raise Unauthenticated("the second factor is due: POST /api/v1/session/code or /api/v1/session/passkey")
        if now - session.seen_at >= SEEN_EVERY_SECONDS:
            sessions.seen(connection, session.id, now)
    required = guard.desk.settings.serve.require_second_factor
    return Caller(
        actor=user.actor,
        scopes=session_scopes(user, session, is_second_factor_required=required),
        request_id=trace.request_id,
        address=trace.address,
        session=session.id,
    )


def pending(connection: Any, guard: Guard, session_token: str) -> tuple[Session, User]:
    """The session that waits for its second factor, and whose it is. Raises `Unauthenticated`."""
    session, user = _session(connection, session_token, guard.desk.clock())
    if session.stage != PASSWORD:
        raise Unauthenticated("no login waits for a second factor; log in first")
    return session, user


def _session(connection: Any, session_token: str, now: float) -> tuple[Session, User]:
    session = sessions.find_session(connection, digest(session_token))
    if session is None or not session.is_good(now):
        raise Unauthenticated("the session has ended; log in")
    user = access.find_user(connection, session.user)
    if user is None or user.is_disabled:
        raise Unauthenticated("the account is disabled; ask an administrator")
    return session, user


def caller_of_key(guard: Guard, key: str, trace: Trace) -> Caller:
    """Which program shows this key. Raises `Unauthenticated`, `StoreError`."""
    now = guard.desk.clock()
    with guard.reading() as connection:
        found = sessions.find_key(connection, digest(key))
        if found is None or not found.is_good(now):
            raise Unauthenticated("the API key is unknown, was revoked or has expired; make another")
        if not found.is_good_from(trace.address):
            raise Unauthenticated("the API key may not be used from this address")
        if found.last_used_at is None or now - found.last_used_at >= SEEN_EVERY_SECONDS:
            sessions.used_key(connection, found.id, now=now, address=trace.address)
    return _caller(found, trace)


def _caller(key: Key, trace: Trace) -> Caller:
    return Caller(
        actor=key.actor,
        scopes=frozenset(key.scopes),
        request_id=trace.request_id,
        address=trace.address,
        key=key.id,
    )


def is_still_good(guard: Guard, caller: Caller) -> bool:
    """Whether the session or key of a caller, who stays connected, is still good. Raises `StoreError`."""
    now = guard.desk.clock()
    with guard.reading() as connection:
        if caller.key:
            key = sessions.key_by_id(connection, caller.key)
            return key is not None and key.is_good(now)
        user = access.find_user(connection, caller.actor.id)
        good = sessions.sessions_of(connection, caller.actor.id, now)
    return user is not None and not user.is_disabled and any(each.id == caller.session for each in good)
