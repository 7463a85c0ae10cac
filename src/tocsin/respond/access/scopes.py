"""
The scopes: what there is to be allowed. Nothing is allowed that is not in a caller's scopes.

A scope is `thing:read` or `thing:write`. `self` is everybody's: one's own sessions, password and second factors.
"""

import difflib
from collections.abc import Iterable

from tocsin.model.errors import Unacceptable

THINGS = (
    "alert",
    "audit",
    "channel",
    "clock",
    "estate",
    "evidence",
    "health",
    "incident",
    "oncall",
    "page",
    "report",
    "user",
)
"""What is read and written."""
SELF = "self"
"""The scope that everybody has who is known."""
SCOPES = frozenset({SELF, *(f"{thing}:{act}" for thing in THINGS for act in ("read", "write"))})
"""Every scope there is. The audit is read only by people: `audit:write` belongs to nobody."""


def known(scopes: Iterable[str]) -> frozenset[str]:
    """These scopes. Raises `Unacceptable` for one that is none, with the nearest right spelling."""
    given = frozenset(scopes)
    for scope in sorted(given - SCOPES):
        near = difflib.get_close_matches(scope, sorted(SCOPES), n=1, cutoff=0)
        raise Unacceptable(f"no scope {scope[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(sorted(SCOPES))}")
    return given
