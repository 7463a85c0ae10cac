"""What the routes of incidents have in common: which incident, as the caller thinks of it, and how it is answered."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from tocsin.app.desk import Desk
from tocsin.respond.incident.incident import Incident
from tocsin.web.asking import DESK, EXPECTED, Caller, needs, tag
from tocsin.web.shapes import shape

__all__ = ["Here", "IncidentShape", "Name", "Reader", "Writer"]

IncidentShape: Any = shape(Incident)
"""An incident as the API shows it."""
Reader = Annotated[Caller, needs("incident:read")]
Writer = Annotated[Caller, needs("incident:write")]
Name = Annotated[str, Field(min_length=1, max_length=60)]


@dataclass(frozen=True, slots=True)
class Place:
    """An incident that a request is about."""

    desk: Desk
    incident: str
    """As the caller calls it."""
    expected: int | None
    """How many entries the caller thinks it has."""
    response: Response

    def told(self, state: Incident) -> Any:
        """The incident, with its ETag."""
        tag(self.response, state.sequence)
        return msgspec.to_builtins(state)


def _place(
    desk: Annotated[Desk, DESK], incident: Name, expected: Annotated[int | None, EXPECTED], response: Response
) -> Place:
    return Place(desk, incident, expected, response)


Here = Annotated[Place, Depends(_place)]
