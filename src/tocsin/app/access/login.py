"""
Logging in and out: by name and password, then by a second factor where one is set up.

A wrong name costs as long as a wrong password and is refused in the same words, so that nobody learns which names there
are. Every attempt is in the audit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.app.access.audit import ANONYMOUS, Trace, draft
from tocsin.app.access.guard import Guard, Login, begin_session, new_session, pending
from tocsin.edge.store import access, health, journal, sessions
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import TooOften, Unacceptable, Unauthenticated
from tocsin.respond.access.accounts import PASSWORD, WHOLE, Session, User
from tocsin.respond.access.attempts import wait_seconds
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.password import MOST_CHARACTERS, normalised
from tocsin.respond.access.secrets import digest, written
from tocsin.respond.access.totp import step_of

WRONG = "wrong name or password, or no login by password for this account"
WRONG_CODE = "wrong or used code"
TOTP, PASSKEY, RECOVERY = "totp", "passkey", "recovery"
BREAK_GLASS = "break-glass"
"""The kind of the health alert that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody tries to log in."""

    user: str
    password: str
    reason: str = ""
    """Why, for an account that is for emergencies only."""
    agent: str = ""
    """What the browser calls itself."""


def log_in(guard: Guard, attempt: Attempt, trace: Trace) -> Login:
    """Log in by password. Raises `Unauthenticated`, `TooOften`, `Unacceptable`, `StoreError`."""
    name = attempt.user.strip().lower()[:63]
    guard.may_try(name, trace.address)
    with guard.reading() as connection:
        user = access.find_user(connection, name)
    _not_locked(guard, user, name)
    hashed = user.password_hash if user else ""
    is_right = _is_right(guard, hashed, attempt.password)
    if user is None or not is_right or user.is_disabled:
        _failed(guard, user, name, trace, how="password")
        raise Unauthenticated(WRONG)
    if user.is_break_glass and not attempt.reason.strip():
        raise Unacceptable("reason: this account is for emergencies; say why it is used")
    return _let_in(guard, user, attempt, trace)


def _is_right(guard: Guard, hashed: str, password: str) -> bool:
    return len(password) <= MOST_CHARACTERS and guard.passwords.is_right(hashed, normalised(password))


def _not_locked(guard: Guard, user: User | None, name: str) -> None:
    now = guard.desk.clock()
    with guard.lock:
        until = user.locked_until if user else guard.strangers.locked_until(name)
    if until > now:
        raise TooOften(f"too many wrong attempts at this account; try again in {until - now:.0f} seconds", until - now)


def _failed(guard: Guard, user: User | None, name: str, trace: Trace, *, how: str) -> None:
    """Count the failure, and write it down."""
    now = guard.desk.clock()
    with guard.transaction() as connection:
        known = access.find_user(connection, user.id) if user else None
        if known is not None:
            failures = known.failures + 1
            locked = now + wait_seconds(failures)
            access.note_user(connection, known.id, failures=failures, locked_until=locked)
        told = draft(guard.desk, ANONYMOUS, "login_failed", f"user:{name}", trace=trace, how=how)
        journal.append(connection, [told], now=now)
    if user is None:
        with guard.lock:
            guard.strangers.failed(name, now)


def _let_in(guard: Guard, user: User, attempt: Attempt, trace: Trace) -> Login:
    renewed = guard.passwords.is_old(user.password_hash) and guard.passwords.hash(normalised(attempt.password))
    with guard.transaction() as connection:
        if renewed:
            access.note_user(connection, user.id, password_hash=renewed)
        due = factors(connection, user)
        login = enter(
            connection,
            guard,
            Entering(user=user, how="password", is_whole=not due, agent=attempt.agent, reason=attempt.reason),
            trace,
        )
    return Login(token=login.token, session=login.session, user=user, due=due)


def factors(connection: Any, user: User) -> tuple[str, ...]:
    """Which second factors a user has set up; a recovery code stands in for any of them."""
    found = [TOTP] if user.totp_sealed else []
    found += [PASSKEY] if access.passkeys_of(connection, user.id) else []
    has_codes = bool(found) and access.recovery_codes_left(connection, user.id) > 0
    return (*found, RECOVERY) if has_codes else tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Somebody has shown what lets him in."""

    user: User
    how: str
    is_whole: bool = True
    has_second_factor: bool = False
    agent: str = ""
    reason: str = ""
    is_continued: bool = False
    """Whether it completes a login that was written down before."""


def enter(connection: Any, guard: Guard, entering: Entering, trace: Trace) -> Login:
    """Begin a session, and write it down; an account for emergencies raises an alarm."""
    user, now = entering.user, guard.desk.clock()
    stage = WHOLE if entering.is_whole else PASSWORD
    session = new_session(
        guard,
        user,
        stage=stage,
        has_second_factor=entering.has_second_factor,
        trace=trace,
        agent=entering.agent,
    )
    token = begin_session(connection, guard, session)
    if entering.is_whole:
        access.note_user(connection, user.id, failures=0, locked_until=0.0)
    action = "logged_in" if entering.is_whole else "password_accepted"
    told = [draft(guard.desk, user.actor, action, f"session:{session.id}", trace=trace, how=entering.how)]
    if user.is_break_glass and not entering.is_continued:
        told.append(_alarm(connection, guard, entering, trace))
    journal.append(connection, told, now=now)
    return Login(token=token, session=session, user=user)


def _alarm(connection: Any, guard: Guard, entering: Entering, trace: Trace) -> Any:
    user = entering.user
    detail = f"{user.id} used the account for emergencies from {trace.address}: {entering.reason[:300]}"
    alert = HealthAlert(key=f"{BREAK_GLASS}:{user.id}", kind=BREAK_GLASS, chain_id=None, detail=detail, times=1)
    health.open_within(connection, alert, guard.desk.clock())
    reason = entering.reason[:1_000]
    return draft(guard.desk, user.actor, "break_glass_used", f"user:{user.id}", trace=trace, reason=reason)


def second_factor(guard: Guard, session_token: str, code: str, trace: Trace) -> Login:
    """
    Complete a login with a one-time code or a recovery code.

    Raises `Unauthenticated`, `TooOften`, `StoreError`.
    """

    def use(connection: Any, user: User) -> str:
        return use_code(connection, guard, user, code)

    return complete(guard, session_token, trace, use)


def complete(guard: Guard, session_token: str, trace: Trace, use: Callable[[Any, User], str]) -> Login:
    """
    Complete a login that waits; `use` gives the name of the factor that was shown, empty where it was wrong.

    The session gets a new token: one that somebody saw before is worth nothing.
    """
    with guard.reading() as connection:
        session, user = pending(connection, guard, session_token)
    guard.may_try(user.id, trace.address)
    _not_locked(guard, user, user.id)
    with guard.transaction() as connection:
        session, user = pending(connection, guard, session_token)
        how = use(connection, user)
        login = _completed(connection, guard, session, user, how, trace) if how else None
    if login is None:
        _failed(guard, user, user.id, trace, how="second factor")
        raise Unauthenticated(WRONG_CODE)
    return login


def _completed(connection: Any, guard: Guard, session: Session, user: User, how: str, trace: Trace) -> Login:
    sessions.revoke_sessions(connection, user.id, guard.desk.clock(), only=session.id)
    entering = Entering(user=user, how=how, has_second_factor=True, agent=session.agent, is_continued=True)
    return enter(connection, guard, entering, trace)


def use_code(connection: Any, guard: Guard, user: User, code: str) -> str:
    """Use a one-time code or a recovery code up; gives which it was, empty for neither."""
    now = guard.desk.clock()
    if user.totp_sealed:
        secret = guard.seal.open(user.totp_sealed, f"totp:{user.id}")
        if (step := step_of(secret, code, now=now, after=user.totp_step)) is not None:
            access.note_user(connection, user.id, totp_step=step)
            return TOTP
    return RECOVERY if access.take_recovery_code(connection, user.id, digest(written(code)), now) else ""


def log_out(guard: Guard, caller: Caller, trace: Trace) -> None:
    """End the session of the caller. Raises `Unacceptable` for a key, which has none."""
    if not caller.session:
        raise Unacceptable("an API key has no session to end; revoke the key instead")
    with guard.transaction() as connection:
        sessions.revoke_sessions(connection, caller.actor.id, guard.desk.clock(), only=caller.session)
        told = draft(guard.desk, caller.actor, "logged_out", f"session:{caller.session}", trace=trace)
        journal.append(connection, [told], now=guard.desk.clock())
