"""What must be so before anything is done with an incident at all."""

from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, WrongState
from tocsin.respond.incident.state import Incident


def need_person(actor: Actor, what: str) -> None:
    """Raises `NotAllowed` for a program."""
    if not actor.is_person:
        raise NotAllowed(f"only a person may {what}, and {actor} is none")


def need_own(incident: Incident) -> None:
    """Raises `WrongState` for what goes on in another incident."""
    if incident.merged_into:
        raise WrongState(f"{incident.number} goes on in another incident ({incident.merged_into}); do it there")


def need_open(incident: Incident) -> None:
    """Raises `WrongState` for what is closed, or goes on elsewhere."""
    need_own(incident)
    if not incident.is_open:
        raise WrongState(f"{incident.number} is closed; reopen it first: tocsin incident reopen {incident.number}")
