"""
Roles that people have in an incident (reference: incident response, 3.4: PagerDuty, SEAL policy, SEAL war room).

The settings may add more. One person has a role at a time; a person may have several.
"""

import difflib
from collections.abc import Iterable, Mapping

from tocsin.model.errors import Unacceptable
from tocsin.respond.incident.state import COMMANDER

ROLES: Mapping[str, str] = {
    COMMANDER: "leads: decides, and says who does what",
    "deputy": "takes over from the commander, and keeps the overview",
    "scribe": "writes down what happens and what is decided, with times",
    "communications": "tells stakeholders, users and the public",
    "chain_lead": "knows contracts and chains: finds out, contains and fixes there",
    "operations": "works on machines, accounts and access",
    "web_lead": "looks after web pages, domains and hosting",
    "strategy": "thinks ahead: what the attacker does next",
    "funds_tracing": "follows the money and talks to exchanges and issuers",
    "legal": "duties to report, law enforcement, privilege",
    "internal_liaison": "tells management and teams",
    "customer_liaison": "answers customers",
    "decision_maker": "approves what the commander may not decide alone",
    "expert": "knows what is affected",
    "detector": "noticed it",
}
"""Each role by its id, and what whoever has it does."""
LEADS = frozenset({COMMANDER, "deputy"})
"""Who decides on access to a restricted incident."""


def role_of(id: str, more: Iterable[str] = ()) -> str:  # noqa: A002 - the roles' own word
    """The role with this id, with `-` or `_`. Raises `Unacceptable`, with the nearest right spelling."""
    known, role = [*ROLES, *more], id.replace("-", "_").lower()
    if role not in known:
        near = difflib.get_close_matches(role, known, n=1, cutoff=0)
        raise Unacceptable(f"no role {id[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(known)}")
    return role
