"""
What people do with an incident, as events: each function checks that it may be done and says what then happened.

They read the state and return events; nothing is written here. Raises `WrongState`, `NotAllowed`, `Unacceptable`.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, Unacceptable, WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events, machine
from tocsin.respond.incident.classification import Classification
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import COMMANDER, PHASES, Incident
from tocsin.respond.incident.needs import need_open, need_own, need_person
from tocsin.respond.incident.roles import role_of
from tocsin.respond.incident.tasks import first_tasks
from tocsin.respond.incident.types import type_of
from tocsin.respond.triage.verdicts import verdict

Events = tuple[Event, ...]


def acknowledge(incident: Incident, actor: Actor, via: str, page: str = "") -> Events:
    """
    A person has it. Where nobody leads yet, whoever says so does, until somebody else is assigned. One that was
    reopened is active again.

    Only a person acknowledges: what a program says stops no clock (reference: incident response, 4.1).
    """
    need_person(actor, "acknowledge an incident")
    need_open(incident)
    leading = _led(incident, incident.commander) if incident.commander else assign(incident, COMMANDER, actor.id)
    return (events.Acknowledged(via=via, page=page), *leading)


def assign(incident: Incident, role: str, person: str, more_roles: Iterable[str] = ()) -> Events:
    """
    A person takes a role. The first commander brings the incident from detection to triage, and out of reopened.

    Nothing happens where the person has it already.
    """
    need_open(incident)
    taken = role_of(role, more_roles)
    if not person.strip():
        raise Unacceptable("name the person who takes the role")
    if incident.roles.get(taken) == person:
        return ()
    given = events.RoleAssigned(role=taken, person=person)
    return (given, *(_led(incident, person) if taken == COMMANDER else ()))


def _led(incident: Incident, person: str) -> Events:
    why = f"{person} leads it"
    triage = events.PhaseChanged(before="detect", after="triage", reason=why)
    active = events.StatusChanged(before="reopened", after="active", reason=why)
    in_detection, is_reopened = incident.phase == "detect", incident.status == "reopened"
    return (*((triage,) if in_detection else ()), *((active,) if is_reopened else ()))


def release(incident: Incident, role: str, reason: str, more_roles: Iterable[str] = ()) -> Events:
    """Nobody has a role any more. The commander of an open incident hands over instead."""
    freed = role_of(role, more_roles)
    if freed not in incident.roles:
        raise WrongState(f"nobody is {freed} of {incident.number}")
    if freed == COMMANDER and incident.is_open:
        raise WrongState(f"{incident.number} is open and needs a commander: assign the next one instead")
    return (events.RoleReleased(role=freed, person=incident.roles[freed], reason=reason),)


def override(
    incident: Incident,
    actor: Actor,
    *,
    reason: str,
    type: str | None = None,  # noqa: A002 - the incident's own word
    priority: Priority | None = None,
) -> Events:
    """
    A person says what it is and how bad, against the table. Lowering needs the commander; both need a reason.

    Tasks of the new type are added; those of the old one stay until somebody cancels them.
    """
    need_open(incident)
    need_person(actor, "override a classification")
    if not reason.strip():
        raise Unacceptable("say why: the reason stands in the record")
    kind = incident.type if type is None else type_of(type).id
    after = incident.priority if priority is None else priority
    if (kind, after) == (incident.type, incident.priority):
        raise Unacceptable(f"{incident.number} is {kind}, {after} already")
    if after > incident.priority and actor.id != incident.commander:
        who = incident.commander or "nobody yet"
        raise NotAllowed(f"only the commander of {incident.number} ({who}) may lower its priority")
    return _classified(incident, events.Classified(type=kind, priority=after, because=(reason,), rule=""))


def reclassify(incident: Incident, found: Classification) -> Events:
    """
    More became known. A program raises a priority and never lowers one; what it says as well changes nothing.

    A row of the table that a person overruled does not raise it again; another one does.
    """
    overruled = _overruled(incident)
    if not incident.is_open or found.priority >= incident.priority or found.rule in overruled:
        return ()
    new = events.Classified(type=found.type, priority=found.priority, because=found.because, rule=found.rule)
    return _classified(incident, new)


def _overruled(incident: Incident) -> frozenset[str]:
    """The rows that decided before the last time a person did."""
    by_hand = [number for number, rating in enumerate(incident.ratings) if not rating.rule]
    return frozenset(rating.rule for rating in incident.ratings[: by_hand[-1]]) if by_hand else frozenset()


def _classified(incident: Incident, new: events.Classified) -> Events:
    return (new, *first_tasks(new.type, new.priority, incident.times.declared, incident.tasks))


def change_status(incident: Incident, after: str, reason: str = "") -> Events:
    """Another status. Closing and reopening have functions of their own: they change the phase too."""
    if after == "closed":
        return close(incident, reason)
    if after == "reopened":
        return reopen(incident, reason)
    need_own(incident)
    row = machine.status_row(incident, after, reason)
    return (events.StatusChanged(before=row.before, after=row.after, reason=reason),)


def change_phase(incident: Incident, after: str, reason: str = "") -> Events:
    """Another phase, with all that lie between."""
    if after == "closed":
        return close(incident, reason)
    need_open(incident)
    rows = machine.phase_rows(incident, after, reason)
    return tuple(events.PhaseChanged(before=row.before, after=row.after, reason=reason) for row in rows)


def close(incident: Incident, reason: str = "") -> Events:
    """It is over: status and phase are closed at once, if all gates are met. Where there was nothing, from anywhere."""
    need_open(incident)
    from_anywhere = incident.is_for_nothing and incident.status in ("active", "stable")
    statuses = ("resolved", "closed") if from_anywhere else ("closed",)
    machine.status_row(incident, statuses[0], reason)
    rows = machine.phase_rows(incident, "closed", reason)
    before = (incident.status, *statuses)
    return (
        *(events.StatusChanged(before=one, after=after, reason=reason) for one, after in pairwise(before)),
        *(events.PhaseChanged(before=row.before, after=row.after, reason=reason) for row in rows),
    )


def reopen(incident: Incident, reason: str, phase: str = "triage") -> Events:
    """It is not over after all: it goes on in an earlier phase, and a new review is due."""
    need_own(incident)
    status = machine.status_row(incident, "reopened", reason)
    if phase == "closed":
        raise Unacceptable(f"it goes on in an earlier phase: {', '.join(PHASES[:-1])}")
    (row,) = machine.phase_rows(incident, phase, reason)
    review = events.ReviewChanged(before=incident.review.state, after="not_reviewed", note=reason)
    return (
        events.StatusChanged(before=status.before, after=status.after, reason=reason),
        events.PhaseChanged(before=row.before, after=row.after, reason=reason),
        *((review,) if incident.review.state != "not_reviewed" else ()),
    )


def give_verdict(incident: Incident, word: str, reason: str) -> Events:
    """What it turned out to be."""
    need_open(incident)
    return (events.VerdictGiven(verdict=verdict(word, reason), reason=reason),)


REVIEWS: Mapping[str, tuple[str, ...]] = {
    "not_reviewed": ("pending", "in_progress", "reviewed"),
    "pending": ("not_reviewed", "in_progress", "reviewed"),
    "in_progress": ("pending", "reviewed"),
    "reviewed": ("pending", "in_progress"),
}
"""The review by a peer, and what may come after what (reference: incident response, 3.12.9)."""


def review(incident: Incident, actor: Actor, after: str, note: str = "", reviewer: str = "") -> Events:
    """The review by a peer goes on. Whoever leads or led the incident does not finish it."""
    need_open(incident)
    need_person(actor, "review an incident")
    if after not in REVIEWS[incident.review.state]:
        known = ", ".join(REVIEWS[incident.review.state])
        raise WrongState(f"the review of {incident.number} is {incident.review.state}; from there: {known}")
    led = {one.person for one in incident.assignments if one.role == COMMANDER}
    if after == "reviewed" and actor.id in led:
        raise NotAllowed(f"{actor.id} leads or led {incident.number}: somebody else reviews it")
    who = actor.id if after == "reviewed" else reviewer or incident.review.reviewer
    return (events.ReviewChanged(before=incident.review.state, after=after, reviewer=who, note=note),)
