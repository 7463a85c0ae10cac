"""Users as administrators see to them: added, given roles, disabled, reset; and the very first one."""

from dataclasses import dataclass
from typing import Any

from tocsin.app.access.audit import NO_TRACE, Trace, draft
from tocsin.app.access.guard import Guard
from tocsin.app.access.login import BREAK_GLASS
from tocsin.edge.store import access, health, journal, sessions
from tocsin.model.actor import Actor
from tocsin.model.errors import NotFound, Unacceptable, Unauthenticated, WrongState
from tocsin.respond.access.accounts import User, user_id
from tocsin.respond.access.password import checked
from tocsin.respond.access.roles import known_roles
from tocsin.respond.access.secrets import digest

SETUP, INVITATION = "setup", "invitation"
INVITATION_SECONDS = 3 * 86_400.0
FIRST_ROLES = ("admin", "commander")
"""Of the first user: somebody must be able to add the others, and to lead an incident meanwhile."""
ADMIN = "admin"
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Who is to be added. Without a password the user is invited to choose one."""

    id: str
    name: str
    roles: tuple[str, ...]
    password: str = ""
    is_break_glass: bool = False
    oidc_subject: str | None = None


def add_user(guard: Guard, actor: Actor, new: NewUser, trace: Trace = NO_TRACE) -> tuple[User, str]:
    """
    Add a user; gives also the token of the invitation, empty where there is a password or another login.

    Raises `Unacceptable`, `WrongState` when the name is taken, `StoreError`.
    """
    user = _user(guard, new)
    with guard.transaction() as connection:
        _write_new(connection, guard, actor, user, trace)
        invited = not user.password_hash and not user.oidc_subject
        return user, _invite(connection, guard, user) if invited else ""


def _user(guard: Guard, new: NewUser) -> User:
    name = new.name.strip()[:LONGEST_NAME] or new.id
    hashed = guard.passwords.hash(checked(new.password, new.id)) if new.password else ""
    return User(
        id=user_id(new.id),
        name=name,
        roles=known_roles(new.roles),
        version=1,
        password_hash=hashed,
        totp_sealed="",
        totp_step=0,
        failures=0,
        locked_until=0.0,
        is_disabled=False,
        is_break_glass=new.is_break_glass,
        oidc_subject=new.oidc_subject,
        created_at=guard.desk.clock(),
    )


def _write_new(connection: Any, guard: Guard, actor: Actor, user: User, trace: Trace) -> None:
    if not access.add_user(connection, user):
        raise WrongState(f"there is a user {user.id} already; choose another name, or change that one's roles")
    more = {"roles": list(user.roles), "is_break_glass": user.is_break_glass}
    _note(connection, guard, actor, "user_added", user.id, trace, more)


def write_new(connection: Any, guard: Guard, actor: Actor, new: NewUser, trace: Trace) -> User:
    """Add a user as part of a larger transaction. Raises like `add_user`."""
    user = _user(guard, new)
    _write_new(connection, guard, actor, user, trace)
    return user


def first_token(guard: Guard) -> str:
    """
    The token with which the first user is made, good once and for a while; empty when there is a user.

    A new one makes those before worthless. Raises `StoreError`.
    """
    with guard.transaction() as connection:
        if access.is_anybody_there(connection):
            return ""
        sessions.forget_challenges(connection, "", SETUP)
        return _ask(connection, guard, SETUP, "")


def set_up(guard: Guard, token: str, new: NewUser, trace: Trace) -> User:
    """Make the first user. Raises `Unauthenticated` for a wrong or used token, `Unacceptable`, `WrongState`."""
    guard.may_try("", trace.address)
    user = _user(guard, NewUser(id=new.id, name=new.name, roles=FIRST_ROLES, password=new.password))
    if not user.password_hash:
        raise Unacceptable("password: choose one")
    with guard.transaction() as connection:
        taken = sessions.take(connection, digest=digest(token), purpose=SETUP, now=guard.desk.clock())
        if taken is None:
            raise Unauthenticated("the set-up token is wrong, was used or has expired; tocsin serve prints a new one")
        if access.is_anybody_there(connection):
            raise WrongState("there is a user already; ask an administrator for an account")
        _write_new(connection, guard, user.actor, user, trace)
    return user


def accept(guard: Guard, token: str, password: str, trace: Trace) -> User:
    """Choose a password with an invitation. Raises `Unauthenticated`, `Unacceptable`, `StoreError`."""
    guard.may_try("", trace.address)
    now, kept = guard.desk.clock(), digest(token)
    with guard.transaction() as connection:
        taken = sessions.take(connection, digest=kept, purpose=INVITATION, now=now)
        if taken is None:
            raise Unauthenticated("the invitation is wrong, was used or has expired; ask an administrator for another")
        user = access.user(connection, taken[0])
        hashed = guard.passwords.hash(checked(password, user.id))
        access.note_user(connection, user.id, password_hash=hashed, failures=0, locked_until=0.0)
        sessions.revoke_sessions(connection, user.id, now)
        _note(connection, guard, user.actor, "password_chosen", user.id, trace, {})
    return user


def reset(guard: Guard, actor: Actor, user: str, trace: Trace = NO_TRACE, *, factors: bool = True) -> str:
    """
    Take password, sessions and, unless told otherwise, second factors from a user; gives the token of an invitation.

    Raises `NotFound`, `StoreError`.
    """
    with guard.transaction() as connection:
        found = access.change_user(connection, user, password_hash="", failures=0, locked_until=0.0)
        if factors:
            access.forget_factors(connection, user)
        sessions.revoke_sessions(connection, user, guard.desk.clock())
        _note(connection, guard, actor, "user_reset", user, trace, {"second_factors": factors})
        return _invite(connection, guard, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different about a user; None stays as it is."""

    name: str | None = None
    roles: tuple[str, ...] | None = None
    is_disabled: bool | None = None
    is_break_glass: bool | None = None


def change(
    guard: Guard, actor: Actor, user: str, new: Change, trace: Trace = NO_TRACE, *, expected: int | None = None
) -> User:
    """
    Change a user; who is disabled is logged out at once.

    Raises `NotFound`, `Outdated` (by version), `Unacceptable`, `WrongState` when nobody could administer afterwards.
    """
    given = {field: getattr(new, field) for field in Change.__slots__ if getattr(new, field) is not None}
    if "roles" in given:
        given["roles"] = known_roles(given["roles"])
    with guard.transaction() as connection:
        access.hold_users(connection)
        changed = access.change_user(connection, user, expected=expected, **given)
        _somebody_administers(connection)
        if changed.is_disabled:
            sessions.revoke_sessions(connection, user, guard.desk.clock())
        told = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
        _note(connection, guard, actor, "user_changed", user, trace, {"changed": told})
    return changed


def _somebody_administers(connection: Any) -> None:
    if not any(ADMIN in user.roles and not user.is_disabled for user in access.list_users(connection)):
        raise WrongState("nobody could administer then; give another user the role admin first")


def users(guard: Guard, *, after: str = "", limit: int | None = None) -> tuple[User, ...]:
    """The users by name. Raises `StoreError`."""
    with guard.reading() as connection:
        return access.list_users(connection, after=after, limit=limit)


def user(guard: Guard, name: str) -> User:
    """One user. Raises `NotFound`, `StoreError`."""
    with guard.reading() as connection:
        return access.user(connection, name)


def reviewed(guard: Guard, actor: Actor, user: str, note: str, trace: Trace = NO_TRACE) -> None:
    """Say that the use of an account for emergencies was looked into: closes its alarm. Raises `NotFound`."""
    with guard.transaction() as connection:
        if not health.close_within(connection, f"{BREAK_GLASS}:{user}", guard.desk.clock()):
            raise NotFound(f"no alarm is open about the account {user[:63]!r}")
        _note(connection, guard, actor, "break_glass_reviewed", user, trace, {"note": note})


def _invite(connection: Any, guard: Guard, user: User) -> str:
    sessions.forget_challenges(connection, user.id, INVITATION)
    return _ask(connection, guard, INVITATION, user.id)


def _ask(connection: Any, guard: Guard, purpose: str, user: str) -> str:
    token = guard.new_token()
    ends_at = guard.desk.clock() + INVITATION_SECONDS
    sessions.ask(connection, digest=digest(token), purpose=purpose, user=user, data={}, ends_at=ends_at)
    return token


def _note(connection: Any, guard: Guard, actor: Actor, action: str, user: str, trace: Trace, more: Any) -> None:  # noqa: PLR0913, PLR0917 - the parts of an entry
    told = draft(guard.desk, actor, action, f"user:{user}", trace=trace, **more)
    journal.append(connection, [told], now=guard.desk.clock())
