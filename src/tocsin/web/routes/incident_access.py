"""
What belongs to an incident, and who may see it: links, merges, access, restriction.

Whoever leads an incident, or declared it while nobody does, says who sees it.
"""

from typing import Any

from fastapi import APIRouter

from tocsin.app.incidents import access as incidents_access
from tocsin.app.incidents import joined as incidents_joined
from tocsin.web.resource import Resource
from tocsin.web.routes import _incident_bodies as body
from tocsin.web.routes._incident_here import Here, IncidentShape, Name, Writer

router = APIRouter(prefix="/incidents")


@router.post("/{incident}/links", status_code=201, response_model=IncidentShape)
def link(caller: Writer, one: Here, told: body.Link) -> Any:
    """Say at both incidents that they belong together."""
    state = incidents_joined.link(
        one.desk, caller.actor, one.incident, other=told.incident, how=told.how, expected=one.expected
    )
    return one.told(state)


@router.post("/{incident}/merge", response_model=IncidentShape)
def merge(caller: Writer, one: Here, told: body.Merge) -> Any:
    """Let it go on in another incident, which is the answer."""
    return one.told(
        incidents_joined.merge(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected)
    )


@router.post("/{incident}/unmerge", response_model=IncidentShape)
def unmerge(caller: Writer, one: Here, told: body.Because) -> Any:
    """Let a merged incident stand by itself again."""
    state = incidents_joined.unmerge(one.desk, caller.actor, one.incident, reason=told.reason, expected=one.expected)
    return one.told(state)


@router.post("/{incident}/access", status_code=201, response_model=IncidentShape)
def grant_access(caller: Writer, one: Here, told: body.Access) -> Any:
    """Let a person see it while it is restricted."""
    state = incidents_access.grant_access(
        one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected
    )
    return one.told(state)


@router.post("/{incident}/access/{person}/revoke", response_model=IncidentShape)
def revoke_access(caller: Writer, one: Here, person: Name, told: body.Because) -> Any:
    """A person may not see it any more."""
    state = incidents_access.revoke_access(
        one.desk, caller.actor, one.incident, person=person, reason=told.reason, expected=one.expected
    )
    return one.told(state)


@router.put("/{incident}/restriction", response_model=IncidentShape)
def restrict(caller: Writer, one: Here, told: body.Restriction) -> Any:
    """Show it only to those who are named in it, or to everybody again."""
    state = incidents_access.restrict(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected)
    return one.told(state)


resource = Resource(id="incident-access", router=router)
