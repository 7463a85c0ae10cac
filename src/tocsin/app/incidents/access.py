"""Who may see a restricted incident: those with a role in it, those it was shown to, and whoever declared it."""

from collections.abc import Sequence

from tocsin.app.desk import Desk
from tocsin.app.incidents.incidents import change, person_of
from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, WrongState
from tocsin.respond.incident import events
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.roles import LEADS
from tocsin.respond.incident.texts import LONGEST_NAME, LONGEST_TEXT, bounded


def grant_access(
    desk: Desk, actor: Actor, incident: str, *, person: str, reason: str, expected: int | None = None
) -> Incident:
    """Let a person see a restricted incident."""
    told = events.AccessGranted(person=person_of(desk, actor, person), reason=bounded("reason", reason, LONGEST_TEXT))
    return change(desk, actor, incident, lambda one: (_if_leading(one, actor, told),), expected=expected)


def revoke_access(
    desk: Desk, actor: Actor, incident: str, *, person: str, reason: str, expected: int | None = None
) -> Incident:
    """A person may not see it any more. Whoever has a role in it sees it as long as that lasts."""

    def step(one: Incident) -> Sequence[Event]:
        if person not in one.access:
            raise WrongState(f"{person[:50]!r} was given no access to {one.number}; given: {', '.join(one.access)}")
        return (_if_leading(one, actor, events.AccessRevoked(person=person, reason=reason)),)

    return change(desk, actor, incident, step, expected=expected)


def restrict(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    is_restricted: bool,
    codename: str,
    reason: str,
    expected: int | None = None,
) -> Incident:
    """Show it only to those who are named in it, under a codename; or to everybody again."""
    told = events.RestrictionChanged(
        is_restricted=is_restricted,
        codename=bounded("codename", codename, LONGEST_NAME, may_be_empty=not is_restricted),
        reason=bounded("reason", reason, LONGEST_TEXT),
    )

    def step(one: Incident) -> Sequence[Event]:
        opening = one.is_restricted and not is_restricted
        return (_if_leading(one, actor, told) if opening else told,)

    return change(desk, actor, incident, step, expected=expected)


def _if_leading(incident: Incident, actor: Actor, event: Event) -> Event:
    """Who sees a restricted incident is decided by those who lead it, or declared it while nobody leads."""
    leads = {incident.roles[role] for role in LEADS if role in incident.roles}
    declared_it = not incident.commander and str(actor) == incident.declared_by
    if not (actor.is_person and actor.id in leads) and not declared_it:
        raise NotAllowed(
            f"only those who lead {incident.number} decide who sees it: {', '.join(sorted(leads)) or 'nobody'}"
        )
    return event
