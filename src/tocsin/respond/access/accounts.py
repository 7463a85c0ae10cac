"""What is kept of users, sessions and keys, and what each is good for at a time."""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tocsin.model.actor import Actor, ActorKind
from tocsin.model.errors import Unacceptable
from tocsin.respond.access.roles import scopes_of
from tocsin.respond.access.scopes import SELF

SESSION_SECONDS = 12 * 3600.0
"""A session ends then, however much it is used: one shift (NIST SP 800-63B, 4.2.3: at most 12 hours at AAL2)."""
IDLE_SECONDS = 2 * 3600.0
"""A session that nobody uses ends then. Longer than the 30 minutes of NIST SP 800-63B: a war room is watched, not
clicked through, and the live stream does not count as use."""
SECOND_FACTOR_SECONDS = 600.0
"""How long after the password the second factor may come."""
SEEN_EVERY_SECONDS = 60.0
"""How often at most the use of a session or key is written down."""
PASSWORD, WHOLE = "password", "whole"
_USER_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may log in."""

    id: str
    name: str
    roles: tuple[str, ...]
    version: int
    password_hash: str
    totp_sealed: str
    totp_step: int
    failures: int
    locked_until: float
    is_disabled: bool
    is_break_glass: bool
    oidc_subject: str | None
    created_at: float

    @property
    def actor(self) -> Actor:
        """The person who acts."""
        return Actor(ActorKind.USER, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login that lasts."""

    id: str
    user: str
    stage: str
    """`password`: a second factor is still due; `whole`."""
    has_second_factor: bool
    created_at: float
    seen_at: float
    ends_at: float
    revoked_at: float | None
    address: str
    agent: str

    def is_good(self, now: float) -> bool:
        """Whether it may be used."""
        idle = SECOND_FACTOR_SECONDS if self.stage == PASSWORD else IDLE_SECONDS
        return self.revoked_at is None and now < self.ends_at and now < self.seen_at + idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a program shows."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_by: str
    created_at: float
    ends_at: float | None
    revoked_at: float | None
    last_used_at: float | None
    last_address: str

    @property
    def actor(self) -> Actor:
        """The program that acts."""
        return Actor(ActorKind.SERVICE, self.name)

    def is_good(self, now: float) -> bool:
        """Whether it may be used at this time."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)

    def is_good_from(self, address: str) -> bool:
        """Whether it may be used from there."""
        return not self.networks or is_within(address, self.networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A WebAuthn credential."""

    id: str
    user: str
    name: str
    public_key: bytes
    sign_count: int
    created_at: float
    last_used_at: float | None


def user_id(text: str) -> str:
    """A login name. Raises `Unacceptable`."""
    if not _USER_ID.fullmatch(text):
        raise Unacceptable(
            "a login name is 1 to 63 lower-case letters, digits, dots, hyphens or underscores, and begins with a "
            f"letter or digit; {text[:63]!r} is none"
        )
    return text


def session_scopes(user: User, session: Session, *, is_second_factor_required: bool) -> frozenset[str]:
    """What a session may: only what is one's own, while a second factor that is required is not set up."""
    if is_second_factor_required and not session.has_second_factor:
        return frozenset((SELF,))
    return scopes_of(user.roles)


def networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Networks as they are written for good. Raises `Unacceptable`."""
    try:
        return tuple(str(ip_network(text.strip())) for text in texts)
    except ValueError as error:
        raise Unacceptable(f"not a network: {error}; write 192.0.2.0/24 or 2001:db8::/32") from None


def is_within(address: str, within: tuple[str, ...]) -> bool:
    """Whether an address is in one of these networks; what is no address is in none."""
    try:
        asked = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(asked, "ipv4_mapped", None)
    return any((mapped or asked) in ip_network(network) for network in within)
