"""Users, their passkeys and recovery codes, as rows. Each function is part of a larger transaction."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tocsin.edge.store.schema.access import passkeys, recovery_codes, users
from tocsin.model.errors import NotFound, Outdated
from tocsin.respond.access.accounts import Passkey, User


def is_anybody_there(connection: sa.Connection) -> bool:
    """Whether there is any user."""
    return connection.execute(sa.select(users.c.id).limit(1)).first() is not None


def find_user(connection: sa.Connection, user: str) -> User | None:
    """The user of this login name, held until the transaction ends."""
    row = connection.execute(sa.select(users).where(users.c.id == user).with_for_update()).one_or_none()
    return None if row is None else _user(row)


def user(connection: sa.Connection, name: str) -> User:
    """The user of this login name. Raises `NotFound`."""
    if (found := find_user(connection, name)) is None:
        raise NotFound(f"no user {name[:63]!r}; see tocsin users list")
    return found


def find_subject(connection: sa.Connection, subject: str) -> User | None:
    """The user who is this at the OpenID Connect provider."""
    row = connection.execute(sa.select(users).where(users.c.oidc_subject == subject)).one_or_none()
    return None if row is None else _user(row)


def hold_users(connection: sa.Connection) -> None:
    """
    Let nobody else change any user until this transaction ends: what is true of all of them stays true.

    In order, so that two who do so wait for each other and do not stand for ever.
    """
    connection.execute(sa.select(users.c.id).order_by(users.c.id).with_for_update()).all()


def list_users(connection: sa.Connection, *, after: str = "", limit: int | None = None) -> tuple[User, ...]:
    """Users by name, from behind one."""
    query = sa.select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    return tuple(_user(row) for row in connection.execute(query))


def add_user(connection: sa.Connection, new: User) -> bool:
    """Write a new user; False when the name is taken, or somebody else is the same at the login provider."""
    return _insert(connection, users, new)


def change_user(connection: sa.Connection, name: str, /, *, expected: int | None = None, **new: Any) -> User:
    """Change what administrators change: the version counts it. Raises `NotFound`, `Outdated`."""
    was = user(connection, name)
    if expected is not None and expected != was.version:
        raise Outdated(f"user {name} was changed meanwhile: it is version {was.version}, not {expected}; look again")
    note_user(connection, name, version=was.version + 1, **new)
    return user(connection, name)


def note_user(connection: sa.Connection, name: str, /, **new: Any) -> None:
    """Note what logging in changes, or one's own password: the version stays."""
    connection.execute(sa.update(users).where(users.c.id == name).values(new))


def passkeys_of(connection: sa.Connection, name: str) -> tuple[Passkey, ...]:
    """A user's passkeys, the oldest first."""
    query = sa.select(passkeys).where(passkeys.c.user == name).order_by(passkeys.c.created_at, passkeys.c.id)
    return tuple(Passkey(**row) for row in connection.execute(query).mappings())


def find_passkey(connection: sa.Connection, credential: str) -> Passkey | None:
    """The passkey of this credential id, held until the transaction ends."""
    query = sa.select(passkeys).where(passkeys.c.id == credential).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Passkey(**row)


def add_passkey(connection: sa.Connection, new: Passkey) -> bool:
    """Write a new passkey; False when it is there already, of whomever."""
    return _insert(connection, passkeys, new)


def used_passkey(connection: sa.Connection, credential: str, *, sign_count: int, now: float) -> None:
    """Note that a passkey was used."""
    new = {"sign_count": sign_count, "last_used_at": now}
    connection.execute(sa.update(passkeys).where(passkeys.c.id == credential).values(new))


def remove_passkey(connection: sa.Connection, name: str, credential: str) -> bool:
    """Take a passkey from a user; False when he has it not."""
    mine = (passkeys.c.user == name, passkeys.c.id == credential)
    return connection.execute(sa.delete(passkeys).where(*mine)).rowcount > 0


def forget_factors(connection: sa.Connection, name: str) -> None:
    """Take every second factor from a user."""
    connection.execute(sa.delete(passkeys).where(passkeys.c.user == name))
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user == name))
    note_user(connection, name, totp_sealed="", totp_step=0)


def replace_recovery_codes(connection: sa.Connection, name: str, digests: tuple[str, ...]) -> None:
    """A user's recovery codes are these from now on."""
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user == name))
    connection.execute(sa.insert(recovery_codes), [{"digest": each, "user": name} for each in digests])


def recovery_codes_left(connection: sa.Connection, name: str) -> int:
    """How many of a user's codes are still good."""
    good = (recovery_codes.c.user == name, recovery_codes.c.used_at.is_(None))
    return connection.scalar(sa.select(sa.func.count()).select_from(recovery_codes).where(*good)) or 0


def take_recovery_code(connection: sa.Connection, name: str, digest: str, now: float) -> bool:
    """Use a code up; False when it is none of his, or was used."""
    good = (recovery_codes.c.user == name, recovery_codes.c.digest == digest, recovery_codes.c.used_at.is_(None))
    return connection.execute(sa.update(recovery_codes).where(*good).values(used_at=now)).rowcount > 0


def _insert(connection: sa.Connection, table: sa.Table, new: User | Passkey) -> bool:
    """Write a row; False when there is one. Another that is being written at this moment is waited for."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {column.name: getattr(new, column.name) for column in table.c}
    statement = insert(table).values(values).on_conflict_do_nothing().returning(table.c.id)
    return connection.execute(statement).first() is not None


def _user(row: "sa.Row[Any]") -> User:
    fields = dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping in SQLAlchemy
    return User(**{**fields, "roles": tuple(fields["roles"])})
