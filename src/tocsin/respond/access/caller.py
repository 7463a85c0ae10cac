"""Who asks: a person with a session, or a program with a key."""

from dataclasses import dataclass

from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who is known, and what he may."""

    actor: Actor
    scopes: frozenset[str]
    """Of `respond/access/scopes.py`."""
    request_id: str = ""
    """Of the request, as it stands in the log, the audit and the answer."""
    address: str = ""
    """The network address the request came from."""
    session: str = ""
    """The id of the session; empty for a key."""
    key: str = ""
    """The id of the API key; empty for a session."""

    def may(self, scope: str) -> bool:
        """Whether this is allowed."""
        return scope in self.scopes

    def must(self, scope: str) -> None:
        """Raises `NotAllowed` where this is not allowed."""
        if not self.may(scope):
            raise NotAllowed(
                f"{self.actor} may not: it needs the scope {scope}; ask an administrator for a role with it"
            )
