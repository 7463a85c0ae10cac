"""Users, sessions and keys as tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table

from tocsin.cli.render.safe import safe
from tocsin.respond.access.accounts import Key, Session, User


def users(found: Sequence[User]) -> Table:
    """One user a row."""
    shown = _table("user", "name", "roles", "login", "state")
    for user in found:
        shown.add_row(user.id, safe(user.name), ", ".join(user.roles), _login(user), _state(user))
    return shown


def sessions(found: Sequence[Session]) -> Table:
    """One session a row."""
    shown = _table("session", "since", "last used", "ends", "from", "with")
    for each in found:
        shown.add_row(
            each.id, *map(_time, (each.created_at, each.seen_at, each.ends_at)), each.address, safe(each.agent)
        )
    return shown


def keys(found: Sequence[Key], now: float) -> Table:
    """One key a row."""
    shown = _table("key", "program", "scopes", "networks", "ends", "last used", "from")
    for key in found:
        ends = "revoked" if key.revoked_at else "never" if key.ends_at is None else _time(key.ends_at)
        ended = " (expired)" if not key.revoked_at and not key.is_good(now) else ""
        used = _time(key.last_used_at) if key.last_used_at else "never"
        scopes = ", ".join(scope for scope in key.scopes if scope != "self")
        shown.add_row(
            key.prefix, key.name, scopes, ", ".join(key.networks) or "any", ends + ended, used, key.last_address
        )
    return shown


def _login(user: User) -> str:
    if user.oidc_subject:
        return "provider"
    ways = ["password"] if user.password_hash else []
    return " + ".join([*ways, *(["one-time code"] if user.totp_sealed else [])]) or "invited"


def _state(user: User) -> str:
    if user.is_disabled:
        return "disabled"
    return "for emergencies" if user.is_break_glass else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    return shown
