"""
See to who may log in, to API keys, and to sessions.

## What it does
Works on the store directly, for whoever may use this machine: it needs no login, and everything it does is in the
audit. `add` invites a user: it prints a token with which he chooses a password, or asks for one here with
`--ask-password`. `reset` takes password, second factors and sessions away, and invites anew. `key-add` prints an API
key, this once.

## Exit codes
0: done. 1: the store cannot be used. 2: wrong usage, wrong settings, or what is asked for cannot be done.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.app.access import keys as access_keys
from tocsin.app.access import own as access_own
from tocsin.app.access import users as access_users
from tocsin.app.access.guard import Guard, guard_of
from tocsin.app.access.keys import NewKey
from tocsin.app.access.users import Change, NewUser
from tocsin.app.desk import at_desk
from tocsin.app.reading_settings import read_settings
from tocsin.cli.acting import As, acting
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render import users as shown
from tocsin.cli.render.console import note, results
from tocsin.model.actor import Actor
from tocsin.respond.access.accounts import User

SETTINGS = Path("tocsin.toml")
SECONDS_A_DAY = 86_400.0
_SECRETS = ("password_hash", "totp_sealed", "totp_step", "oidc_subject")
Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
Name = Annotated[str, typer.Argument(metavar="USER", help="The login name.")]
Roles = Annotated[list[str], typer.Option("--role", help="A role; once for each.")]


@contextmanager
def _at_work(config: Path, who: str = "") -> Iterator[tuple[Guard, Actor]]:
    """A guard, and who is at it."""
    actor = acting(who)
    with at_desk(read_settings(config, os.environ)) as desk:
        yield guard_of(desk), actor


def add(  # noqa: PLR0913 - options of a command
    user: Name,
    roles: Roles,
    name: Annotated[str, typer.Option("--name", help="The person's name.")] = "",
    *,
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for a password here.")] = False,
    for_emergencies: Annotated[
        bool, typer.Option("--for-emergencies", help="Every use needs a reason and raises an alarm.")
    ] = False,
    who: As = "",
    config: Config = SETTINGS,
) -> None:
    """Add a user."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask_password else ""
    new = NewUser(id=user, name=name, roles=tuple(roles), password=password, is_break_glass=for_emergencies)
    with _at_work(config, who) as (guard, actor):
        made, token = access_users.add_user(guard, actor, new)
        note(f"{made.id} is a user now: {', '.join(made.roles) or 'no role'}.")
        _invitation(guard, token)


def listing(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """List the users."""
    with _at_work(config) as (guard, _):
        found = access_users.users(guard)
    if form is Format.JSON:
        _json([_plain(user) for user in found])
    elif found:
        results().print(shown.users(found))
    else:
        note("There is no user yet: tocsin users add NAME --role admin.")


def role(user: Name, roles: Roles, who: As = "", config: Config = SETTINGS) -> None:
    """Give a user these roles, and no others."""
    with _at_work(config, who) as (guard, actor):
        made = access_users.change(guard, actor, user, Change(roles=tuple(roles)))
    note(f"{made.id}: {', '.join(made.roles)}.")


def disable(user: Name, who: As = "", config: Config = SETTINGS) -> None:
    """Let a user in no more; his sessions end at once."""
    with _at_work(config, who) as (guard, actor):
        access_users.change(guard, actor, user, Change(is_disabled=True))
    note(f"{user} is disabled, and logged out.")


def enable(user: Name, who: As = "", config: Config = SETTINGS) -> None:
    """Let a user in again."""
    with _at_work(config, who) as (guard, actor):
        access_users.change(guard, actor, user, Change(is_disabled=False))
    note(f"{user} may log in again.")


def reset(
    user: Name,
    *,
    keep_factors: Annotated[bool, typer.Option("--keep-factors", help="Keep the second factors.")] = False,
    who: As = "",
    config: Config = SETTINGS,
) -> None:
    """Take password, second factors and sessions from a user, and invite him anew."""
    with _at_work(config, who) as (guard, actor):
        token = access_users.reset(guard, actor, user, factors=not keep_factors)
        _invitation(guard, token)


def reviewed(
    user: Name,
    text: Annotated[str, typer.Option("--note", help="What came out of it.")],
    who: As = "",
    config: Config = SETTINGS,
) -> None:
    """Say that the use of an account for emergencies was looked into: ends its alarm."""
    with _at_work(config, who) as (guard, actor):
        access_users.reviewed(guard, actor, user, text)
    note("The alarm is closed.")


def sessions(user: Name, config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """List a user's sessions."""
    with _at_work(config) as (guard, _):
        access_users.user(guard, user)
        found = access_own.sessions_of(guard, user)
    if form is Format.JSON:
        _json([asdict(each) for each in found])
    elif found:
        results().print(shown.sessions(found))
    else:
        note(f"{user} is not logged in.")


def keys(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """List the API keys."""
    with _at_work(config) as (guard, _):
        found, now = access_keys.keys(guard), guard.desk.clock()
    if form is Format.JSON:
        _json([asdict(each) for each in found])
    elif found:
        results().print(shown.keys(found, now))
    else:
        note("There is no key yet: tocsin users key-add PROGRAM --scope alert:read.")


def key_add(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="What will use it: its name in the record.")],
    scopes: Annotated[list[str], typer.Option("--scope", help="Such as alert:read; once for each.")],
    networks: Annotated[list[str] | None, typer.Option("--network", help="From which it may be used.")] = None,
    days: Annotated[float | None, typer.Option(min=0.01, help="How long it is good; for ever without.")] = None,
    who: As = "",
    config: Config = SETTINGS,
) -> None:
    """Make an API key, and print it, this once."""
    seconds = None if days is None else days * SECONDS_A_DAY
    new = NewKey(name=program, scopes=tuple(scopes), networks=tuple(networks or ()), seconds=seconds)
    with _at_work(config, who) as (guard, actor):
        key, secret = access_keys.add_key(guard, actor, new)
    note(f"The key of {key.name}, shown this once:")
    typer.echo(secret)


def key_revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or how it begins.")],
    who: As = "",
    config: Config = SETTINGS,
) -> None:
    """End an API key."""
    with _at_work(config, who) as (guard, actor):
        found = access_keys.revoke_key(guard, actor, key)
    note(f"The key {found.prefix}… of {found.name} is good no more.")


def _invitation(guard: Guard, token: str) -> None:
    if token:
        url = guard.desk.settings.serve.public_url.rstrip("/")
        note(
            f"Good once, for three days, to choose a password with (POST {url}/api/v1/session/invitation; docs/api.md):"
        )
        typer.echo(token)


def _plain(user: User) -> dict[str, Any]:
    told = {name: value for name, value in asdict(user).items() if name not in _SECRETS}
    return {**told, "has_password": bool(user.password_hash), "has_totp": bool(user.totp_sealed)}


def _json(lines: Sequence[dict[str, Any]]) -> None:
    for line in lines:
        typer.echo(json.dumps(line))


command = Command(
    id="users",
    subcommands=(
        ("add", add),
        ("list", listing),
        ("role", role),
        ("disable", disable),
        ("enable", enable),
        ("reset", reset),
        ("reviewed", reviewed),
        ("sessions", sessions),
        ("keys", keys),
        ("key-add", key_add),
        ("key-revoke", key_revoke),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("users", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
