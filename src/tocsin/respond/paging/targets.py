"""Whom a target means at a moment: people of the estate who can be reached, and what stands for nobody."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import Estate
from tocsin.respond.oncall.schedule import Schedule, on_call
from tocsin.respond.paging.policy import Target, TargetKind
from tocsin.respond.people import Contact, Person

URGENT = (Priority.P1, Priority.P2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the meaning of a target depends on."""

    estate: Estate
    schedules: Mapping[str, Schedule]
    roles: Mapping[str, str]
    """Of the incident: role and person."""
    priority: Priority
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Who is to be told, each once, and what of the targets came to nothing."""

    people: tuple[Person, ...]
    nobody: tuple[str, ...]
    """In words, such as `schedule:night: nobody is on call`."""


def contacts(person: Person, priority: Priority) -> tuple[Contact, ...]:
    """The ways to reach somebody about something of this priority, in order."""
    return tuple(way for way in person.contacts if priority in URGENT or not way.is_for_urgent_only)


def meant(targets: Iterable[Target], around: Around) -> Meant:
    """Who is meant by these targets together."""
    found: dict[str, Person] = {}
    nobody: list[str] = []
    for target in targets:
        ids = tuple(_ids(target, around))
        if not ids:
            nobody.append(f"{target}: {_EMPTY[target.kind]}")
        for person_id in ids:
            person = around.estate.people.get(person_id)
            if person is None or not contacts(person, around.priority):
                nobody.append(f"{target}: {_unreachable(person_id, person)}")
            else:
                found[person_id] = person
    return Meant(people=tuple(found.values()), nobody=tuple(nobody))


def _unreachable(person_id: str, person: Person | None) -> str:
    if person is None:
        return f"{person_id} is nobody of the estate"
    return f"{person_id} has no contact" if not person.contacts else f"{person_id} has contacts for P1 and P2 only"


def _ids(target: Target, around: Around) -> Iterator[str]:
    estate = around.estate
    if target.kind is TargetKind.EVERYONE:
        yield from (person.id for person in estate.people.values() if contacts(person, around.priority))
    elif target.kind is TargetKind.PERSON:
        yield target.id
    elif target.kind is TargetKind.TEAM:
        yield from (person.id for person in estate.members(target.id))
    elif target.kind is TargetKind.SCHEDULE and target.id in around.schedules:
        yield from on_call(around.schedules[target.id], around.at)
    elif target.kind is TargetKind.ROLE and around.roles.get(target.id):
        yield around.roles[target.id]
    elif target.kind is TargetKind.SIGNERS:
        yield from signers(target.id, estate)


def signers(safe: str, estate: Estate) -> tuple[str, ...]:
    """The people who sign for a Safe of the estate, by id; addresses that belong to nobody are left out."""
    asset = estate.assets.get(safe)
    addresses = asset.expected.signers or () if asset else ()
    return tuple(person.id for address in addresses if (person := estate.signer(address)) is not None)


_EMPTY: Mapping[TargetKind, str] = {
    TargetKind.EVERYONE: "nobody of the estate has a contact",
    TargetKind.PERSON: "there is no such person",
    TargetKind.TEAM: "there is no such team, or nobody in it",
    TargetKind.SCHEDULE: "nobody is on call",
    TargetKind.ROLE: "nobody has the role",
    TargetKind.SIGNERS: "no signer of it is a person of the estate",
}
