"""Which entries of the journal a caller may see."""

from collections.abc import Collection, Mapping

from tocsin.respond.access.caller import Caller
from tocsin.respond.journal import Entry

SCOPE_OF_STREAM: Mapping[str, str] = {
    "alert": "alert:read",
    "audit": "audit:read",
    "estate": "estate:read",
    "evidence": "evidence:read",
    "incident": "incident:read",
}
"""The scope that the entries of each kind of stream need; those of any other are shown to nobody."""


def may_see(caller: Caller, entry: Entry, viewers: Mapping[str, Collection[str]]) -> bool:
    """Whether a caller may see an entry; `viewers` are the people who may see each restricted stream."""
    scope = SCOPE_OF_STREAM.get(entry.stream.partition(":")[0])
    if scope is None or not caller.may(scope):
        return False
    allowed = viewers.get(entry.stream)
    return allowed is None or (bool(caller.session) and caller.actor.id in allowed)
