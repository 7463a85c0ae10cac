"""
The roles, and the scopes of each. What stands in none of them is allowed to nobody.

Somebody may have several roles: an administrator of a small team is also its commander. An auditor reads everything
and changes nothing; an administrator sees to users, channels and the estate, not to incidents.
"""

import difflib
from collections.abc import Iterable, Mapping

from tocsin.model.errors import Unacceptable
from tocsin.respond.access.scopes import SELF

_LOOKS = (
    "alert:read",
    "channel:read",
    "clock:read",
    "estate:read",
    "health:read",
    "incident:read",
    "oncall:read",
    "page:read",
    "report:read",
)
_RESPONDS = (
    *_LOOKS,
    "alert:write",
    "evidence:read",
    "evidence:write",
    "incident:write",
    "page:write",
)
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset((SELF, *_LOOKS)),
    "responder": frozenset((SELF, *_RESPONDS)),
    "commander": frozenset((SELF, *_RESPONDS, "channel:write", "clock:write", "oncall:write", "report:write")),
    "communications": frozenset((SELF, *_LOOKS, "channel:write", "report:write")),
    "evidence-custodian": frozenset((SELF, *_LOOKS, "evidence:read", "evidence:write")),
    "auditor": frozenset((SELF, *_LOOKS, "audit:read", "evidence:read", "user:read")),
    "admin": frozenset(
        (
            SELF,
            *_LOOKS,
            "audit:read",
            "channel:write",
            "estate:write",
            "health:write",
            "oncall:write",
            "user:read",
            "user:write",
        )
    ),
}
"""The scopes of each role."""


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """What somebody with these roles may. A role that there is no more allows nothing."""
    return frozenset((SELF,)).union(*(ROLES.get(role, frozenset()) for role in roles))


def known_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """These roles, each once, in order. Raises `Unacceptable` for one that is none, with the nearest spelling."""
    given = sorted(set(roles))
    for role in given:
        if role not in ROLES:
            near = difflib.get_close_matches(role, list(ROLES), n=1, cutoff=0)
            raise Unacceptable(f"no role {role[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(ROLES)}")
    return tuple(given)
