"""What everybody sees to for himself: sessions, the password, one-time codes, recovery codes."""

from dataclasses import dataclass
from typing import Any

from tocsin.app.access.audit import Trace, draft
from tocsin.app.access.guard import Guard
from tocsin.app.access.login import factors, use_code
from tocsin.edge.store import access, journal, sessions
from tocsin.model.errors import NotAllowed, NotFound, Unacceptable, WrongState
from tocsin.respond.access.accounts import Passkey, Session, User
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.password import checked, normalised
from tocsin.respond.access.secrets import RECOVERY_BYTES, RECOVERY_CODES, digest, recovery_code
from tocsin.respond.access.totp import SECRET_BYTES, link, new_secret, step_of

ENROL_TOTP = "enrol-totp"
ENROL_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """How one's own account stands."""

    user: User
    factors: tuple[str, ...]
    passkeys: tuple[Passkey, ...]
    recovery_codes_left: int


def person(caller: Caller) -> str:
    """The login name of a person who is logged in. Raises `NotAllowed` for a program."""
    if not caller.session:
        raise NotAllowed("an API key has no account of its own; log in as a person")
    return caller.actor.id


def own(guard: Guard, caller: Caller) -> Own:
    """One's own account. Raises `NotAllowed`, `StoreError`."""
    name = person(caller)
    with guard.reading() as connection:
        user = access.user(connection, name)
        return Own(
            user=user,
            factors=factors(connection, user),
            passkeys=access.passkeys_of(connection, name),
            recovery_codes_left=access.recovery_codes_left(connection, name),
        )


def own_sessions(guard: Guard, caller: Caller) -> tuple[Session, ...]:
    """One's own sessions that are good. Raises `NotAllowed`, `StoreError`."""
    return sessions_of(guard, person(caller))


def sessions_of(guard: Guard, user: str) -> tuple[Session, ...]:
    """Somebody's sessions that are good. Raises `StoreError`."""
    with guard.reading() as connection:
        return sessions.sessions_of(connection, user, guard.desk.clock())


def revoke(guard: Guard, caller: Caller, user: str, session: str, trace: Trace) -> None:
    """End one session of a user. Raises `NotFound`, `StoreError`."""
    with guard.transaction() as connection:
        if not sessions.revoke_sessions(connection, user, guard.desk.clock(), only=session):
            raise NotFound(f"no session {session[:50]!r} of {user[:63]!r} is open")
        _note(connection, guard, caller, "session_revoked", f"session:{session}", trace)


def revoke_others(guard: Guard, caller: Caller, trace: Trace) -> int:
    """End all one's own sessions but this. Raises `NotAllowed`, `StoreError`."""
    name = person(caller)
    with guard.transaction() as connection:
        ended = sessions.revoke_sessions(connection, name, guard.desk.clock(), but=caller.session)
        _note(connection, guard, caller, "sessions_revoked", f"user:{name}", trace)
    return ended


def change_password(guard: Guard, caller: Caller, old: str, new: str, trace: Trace) -> None:
    """Take another password; every other session ends. Raises `Unacceptable`, `NotAllowed`."""
    name = person(caller)
    guard.may_try(name, trace.address)
    with guard.reading() as connection:
        user = access.user(connection, name)
    if not guard.passwords.is_right(user.password_hash, normalised(old)):
        raise Unacceptable("old_password: it is not the password of this account")
    hashed = guard.passwords.hash(checked(new, name))
    with guard.transaction() as connection:
        access.note_user(connection, name, password_hash=hashed)
        sessions.revoke_sessions(connection, name, guard.desk.clock(), but=caller.session)
        _note(connection, guard, caller, "password_changed", f"user:{name}", trace)


def begin_totp(guard: Guard, caller: Caller) -> tuple[str, str]:
    """
    A new secret for an authenticator, and its link; it counts once a code of it came.

    Raises `NotAllowed`, and `WrongState` where there is one: whoever found an open session must not put his own in its
    place.
    """
    name, secret = person(caller), new_secret(guard.desk.entropy(SECRET_BYTES))
    with guard.transaction() as connection:
        if access.user(connection, name).totp_sealed:
            raise WrongState("an authenticator is set up; remove it first, with a code of it or a recovery code")
        sessions.forget_challenges(connection, name, ENROL_TOTP)
        sessions.ask(
            connection,
            digest=digest(f"{ENROL_TOTP}:{name}"),
            purpose=ENROL_TOTP,
            user=name,
            data={"sealed": guard.seal.seal(secret, f"totp:{name}")},
            ends_at=guard.desk.clock() + ENROL_SECONDS,
        )
    return secret, link(secret, name)


def confirm_totp(guard: Guard, caller: Caller, code: str, trace: Trace) -> tuple[str, ...]:
    """
    Begin to use the new secret, of which this is a code; gives the recovery codes, this once.

    Raises `WrongState` when none was begun, `Unacceptable` for a wrong code (then begin anew), `NotAllowed`.
    """
    name, now = person(caller), guard.desk.clock()
    guard.may_try(name, trace.address)
    with guard.transaction() as connection:
        taken = sessions.take(connection, digest=digest(f"{ENROL_TOTP}:{name}"), purpose=ENROL_TOTP, now=now)
    if taken is None:
        raise WrongState("no authenticator is being set up, or it took too long; begin anew")
    step = step_of(guard.seal.open(taken[1]["sealed"], f"totp:{name}"), code, now=now, after=0)
    if step is None:
        raise Unacceptable("code: it is not the authenticator's; check its clock, and begin anew")
    with guard.transaction() as connection:
        access.note_user(connection, name, totp_sealed=taken[1]["sealed"], totp_step=step)
        sessions.note_second_factor(connection, caller.session)
        _note(connection, guard, caller, "totp_set_up", f"user:{name}", trace)
        return new_recovery_codes(connection, guard, name)


def new_recovery_codes(connection: Any, guard: Guard, name: str) -> tuple[str, ...]:
    """Ten codes for the day when the authenticator is lost; those before are worthless."""
    codes = tuple(recovery_code(guard.desk.entropy(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
    access.replace_recovery_codes(connection, name, tuple(map(digest, codes)))
    return codes


def renew_recovery_codes(guard: Guard, caller: Caller, code: str, trace: Trace) -> tuple[str, ...]:
    """New recovery codes, for somebody who shows a good code. Raises `Unacceptable`, `NotAllowed`, `StoreError`."""
    name = person(caller)
    with guard.transaction() as connection:
        _shown(connection, guard, name, code, trace)
        _note(connection, guard, caller, "recovery_codes_made", f"user:{name}", trace)
        return new_recovery_codes(connection, guard, name)


def remove_totp(guard: Guard, caller: Caller, code: str, trace: Trace) -> None:
    """Use one-time codes no more, for somebody who shows a good one. Raises `Unacceptable`, `NotAllowed`."""
    name = person(caller)
    with guard.transaction() as connection:
        _shown(connection, guard, name, code, trace)
        access.note_user(connection, name, totp_sealed="", totp_step=0)
        _note(connection, guard, caller, "totp_removed", f"user:{name}", trace)


def _shown(connection: Any, guard: Guard, name: str, code: str, trace: Trace) -> None:
    guard.may_try(name, trace.address)
    if not use_code(connection, guard, access.user(connection, name), code):
        raise Unacceptable("code: wrong or used")


def _note(connection: Any, guard: Guard, caller: Caller, action: str, thing: str, trace: Trace) -> None:
    told = draft(guard.desk, caller.actor, action, thing, trace=trace)
    journal.append(connection, [told], now=guard.desk.clock())
