"""
Whether paging would work: every step of every policy has somebody at every moment, and everybody has a way that works.

And tests of the ways: a marked message with a link to answer. Tests count in no number.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.app.paging.answering import TEST
from tocsin.app.paging.oncall import plan_now
from tocsin.app.paging.pager import link_key
from tocsin.app.telling.teller import Teller
from tocsin.edge.store import on_call, pages
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.on_call import ContactTest, address_digest
from tocsin.model.errors import ChannelBusy, ChannelError, ChannelRefused, NotFound, Unacceptable
from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import Asset, Estate
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.message import Message, MessageKind
from tocsin.respond.oncall.shifts import DAY_SECONDS, MOST_DAYS, shifts
from tocsin.respond.paging import links
from tocsin.respond.paging.page import redacted
from tocsin.respond.paging.policy import Mode, Plan, Policy, Step, TargetKind
from tocsin.respond.paging.reading import faults
from tocsin.respond.paging.targets import Around, contacts, meant, signers
from tocsin.respond.paging.wording import ACKNOWLEDGE_PATH
from tocsin.respond.people import Contact, Person

TESTED_DAYS = 92
"""How old the newest test of a way may be: signers and contacts are tested every quarter (reference, 5.6)."""
AT_ONCE = 16
MOST_TESTED = 1_000


class Weight(StrEnum):
    """How bad a fault is."""

    WRONG = "wrong"
    """Somebody would not be told."""
    NOTE = "note"
    """Not known to work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that may keep a page from somebody."""

    weight: Weight
    where: str
    says: str
    begins: float | None = None
    """For a gap: from when to when."""
    ends: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check came to."""

    faults: tuple[Fault, ...]
    policies: int
    people: int

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not any(fault.weight is Weight.WRONG for fault in self.faults)


def check(desk: Desk, teller: Teller, *, days: float) -> Checked:
    """Check the coming days. Raises `Unacceptable`, `EstateError` and `StoreError`."""
    if not 0 < days <= MOST_DAYS:
        raise Unacceptable(f"{days:g} days cannot be checked at once; ask for up to {MOST_DAYS}")
    now = desk.clock()
    estate, plan = estate_now(desk), plan_now(desk)
    tests = on_call.contact_tests_since(desk.store.engine, since=now - TESTED_DAYS * DAY_SECONDS)
    told = tuple(person for person in estate.people.values() if _is_told(person, plan, estate))
    found = (
        *_whole(plan, estate),
        *(Fault(weight=Weight.WRONG, where="file", says=says) for says in faults(plan, estate)),
        *_steps(plan, estate, now, now + days * DAY_SECONDS),
        *(fault for person in told for fault in _ways(person, teller, tests)),
    )
    return Checked(faults=tuple(dict.fromkeys(found)), policies=len(plan.policies), people=len(told))


def _whole(plan: Plan, estate: Estate) -> Iterator[Fault]:
    if not any(person.contacts for person in estate.people.values()):
        yield Fault(weight=Weight.WRONG, where="estate", says="nobody has a contact: nobody can be paged")
    if not plan.policies:
        yield Fault(weight=Weight.WRONG, where="plan", says="no policy is set up: everybody is told of everything")
    elif not any(_is_for_every(rule.priorities, rule) for rule in plan.rules):
        says = "no rule [[when]] is for every P1: some would go to everybody; end with one for P1 alone"
        yield Fault(weight=Weight.NOTE, where="plan", says=says)


def _is_for_every(priorities: frozenset[Priority], rule: object) -> bool:
    narrows = any(getattr(rule, name) for name in ("assets", "criticalities", "kinds", "teams", "windows"))
    return not narrows and (not priorities or Priority.P1 in priorities)


def _steps(plan: Plan, estate: Estate, begins: float, ends: float) -> Iterator[Fault]:
    for policy in plan.policies.values():
        for number, step in enumerate(policy.steps, 1):
            where = f"policy {policy.id}, step {number}"
            around = _around(plan, estate, _quietest(plan, policy), begins)
            yield from _gaps(step, around, where, ends)
            if step.mode is Mode.QUORUM:
                yield from _quorum(step, plan, estate, where, begins)


def _gaps(step: Step, around: Around, where: str, ends: float) -> Iterator[Fault]:
    """Who a step means changes only where a schedule of it does."""
    if all(target.kind is TargetKind.ROLE for target in step.targets):
        says = "depends on who has a role alone: nobody has it when an incident begins"
        yield Fault(weight=Weight.NOTE, where=where, says=says)
        return
    named = [target.id for target in step.targets if target.kind is TargetKind.SCHEDULE]
    laid = (stretch for name in named for stretch in shifts(around.schedules[name], around.at, ends))
    ordered = sorted({around.at, *(stretch.begins for stretch in laid)})
    for begin, end in zip(ordered, [*ordered[1:], ends], strict=True):
        found = meant(step.targets, replace(around, at=begin))
        if not found.people:
            says = f"has nobody: {'; '.join(found.nobody)}"
            yield Fault(weight=Weight.WRONG, where=where, says=says, begins=begin, ends=end)
        else:
            yield from (Fault(weight=Weight.NOTE, where=where, says=says) for says in found.nobody)


def _quietest(plan: Plan, policy: Policy) -> Priority:
    """The least urgent priority that the policy is for: contacts for urgent things alone do not count there."""
    used = [each for rule in plan.rules if rule.policy == policy.id for each in (rule.priorities or Priority)]
    return max(used, default=Priority.P1)


def _quorum(step: Step, plan: Plan, estate: Estate, where: str, at: float) -> Iterator[Fault]:
    people = meant(step.targets, _around(plan, estate, Priority.P1, at)).people
    if len(people) < step.needed:
        says = f"needs {step.needed} answers and reaches {len(people)}: it can never have enough"
        yield Fault(weight=Weight.WRONG, where=where, says=says)


def _around(plan: Plan, estate: Estate, priority: Priority, at: float) -> Around:
    return Around(estate=estate, schedules=plan.schedules, roles={}, priority=priority, at=at)


def _is_told(person: Person, plan: Plan, estate: Estate) -> bool:
    """Whether a policy may mean the person. Without one everybody is told."""
    if not plan.policies:
        return True
    kinds = {(target.kind, target.id) for p in plan.policies.values() for s in p.steps for target in s.targets}
    teams = {team for kind, team in kinds if kind is TargetKind.TEAM}
    safes = {safe for kind, safe in kinds if kind is TargetKind.SIGNERS}
    return (
        (TargetKind.EVERYONE, "") in kinds
        or (TargetKind.PERSON, person.id) in kinds
        or any(person in estate.members(team) for team in teams)
        or any(person.id in signers(safe, estate) for safe in safes)
        or any(person.id in _named(plan, name) for kind, name in kinds if kind is TargetKind.SCHEDULE)
    )


def _named(plan: Plan, schedule: str) -> Iterator[str]:
    for layer in plan.schedules[schedule].layers:
        yield from layer.rotation.people if layer.rotation else ()
        yield from (shift.person for shift in layer.shifts)
    yield from (override.person for override in plan.schedules[schedule].overrides)


def _ways(person: Person, teller: Teller, tests: Iterable[ContactTest]) -> Iterator[Fault]:
    where = f"person {person.id}"
    if not person.contacts:
        yield Fault(weight=Weight.WRONG, where=where, says="has no contact")
    elif not contacts(person, Priority.P3):
        yield Fault(weight=Weight.NOTE, where=where, says="has contacts for P1 and P2 only")
    newest = {(test.channel, test.address_digest): test for test in tests if test.person == person.id}
    for way in person.contacts:
        yield from _way(way, where, teller, newest.get((way.channel, address_digest(way.address))))


def _way(way: Contact, where: str, teller: Teller, newest: ContactTest | None) -> Iterator[Fault]:
    try:
        problem = teller.configured(way.channel).channel.misaddressed(way.address)
    except ChannelRefused as error:
        problem = str(error)
    if problem:
        yield Fault(weight=Weight.WRONG, where=where, says=problem)
    elif newest is None:
        says = f"{way.channel} {redacted(way.address)} not tested in the last {TESTED_DAYS} days: tocsin oncall test"
        yield Fault(weight=Weight.NOTE, where=where, says=says)
    elif newest.outcome in ("busy", "refused"):
        says = f"{way.channel} {redacted(way.address)} failed its last test: {newest.detail}"
        yield Fault(weight=Weight.WRONG, where=where, says=says)


async def try_contacts(desk: Desk, teller: Teller, people: Iterable[str]) -> tuple[ContactTest, ...]:
    """
    Send a test on every way of these people; all of the estate where none is named.

    Raises `NotFound`, `Unacceptable`, `EstateError` and `StoreError`.
    """
    told = _wanted(estate_now(desk), tuple(people))
    every = [(person, way) for person in told for way in person.contacts]
    if len(every) > MOST_TESTED:
        raise Unacceptable(f"{len(every)} ways are too many at once; name people")
    run, free = desk.new_id(), asyncio.Semaphore(AT_ONCE)

    async def one(person: Person, way: Contact) -> ContactTest:
        async with free:
            return await _test(desk, teller, run, person, way)

    found = tuple(await asyncio.gather(*(one(person, way) for person, way in every)))
    on_call.add_tests(desk.store.engine, found)
    return found


def _wanted(estate: Estate, names: tuple[str, ...]) -> tuple[Person, ...]:
    for name in names:
        if name not in estate.people:
            raise NotFound(f"{shown(name)} is nobody of the estate; {nearest(name, estate.people)}")
    return tuple(estate.people[name] for name in dict.fromkeys(names or estate.people))


async def _test(desk: Desk, teller: Teller, run: str, person: Person, way: Contact) -> ContactTest:
    test_id, now = desk.new_id(), desk.clock()
    link = await asyncio.to_thread(_link, desk, test_id, now)
    test = ContactTest(
        id=test_id,
        run=run,
        person=person.id,
        channel=way.channel,
        address=redacted(way.address),
        address_digest=address_digest(way.address),
        tried_at=now,
        outcome="sent",
        detail="",
    )
    try:
        receipt = await teller.tell(way.channel, way.address, _message(test_id, person, link))
    except ChannelError as error:
        outcome = "busy" if isinstance(error, ChannelBusy) else "refused"
        return replace(test, outcome=outcome, detail=str(error)[:500])
    return replace(test, outcome="delivered") if receipt.is_delivered else test


def _link(desk: Desk, test_id: str, now: float) -> str:
    ticket = links.Ticket(page=TEST + test_id, expires_at=int(now) + links.VALID_SECONDS)
    with named_errors(), desk.store.engine.begin() as connection:
        token = links.token(ticket, link_key(connection, desk))
        pages.add_token(connection, links.digest(token), ticket.page, ticket.expires_at)
    return f"{desk.settings.serve.public_url.rstrip('/')}{ACKNOWLEDGE_PATH}{token}"


def _message(test_id: str, person: Person, link: str) -> Message:
    return Message(
        key=test_id,
        subject=test_id,
        kind=MessageKind.TEST,
        title="tocsin can reach you here",
        text=f"{person.name}, this is a test of how you are paged. Nothing has happened. Please answer it.",
        priority=Priority.P4,
        tlp="clear",
        acknowledge_link=link,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How fast the signers of a Safe answered a run of tests (reference: incident response, 5.6)."""

    safe: str
    threshold: int
    answered: tuple[tuple[str, float], ...]
    """Person and seconds, the fastest first."""
    silent: tuple[str, ...]
    """Signers of the estate who did not answer."""
    unknown: int
    """Signers who are nobody of the estate."""

    @property
    def quorum_seconds(self) -> float | None:
        """When enough had answered; None: the Safe would miss its quorum."""
        return self.answered[self.threshold - 1][1] if 0 < self.threshold <= len(self.answered) else None


def reachability(desk: Desk, run: str = "") -> tuple[Reached, ...]:
    """How fast each Safe's signers answered a run of tests, the newest where none is named. Raises `StoreError`."""
    tests = on_call.contact_tests_since(desk.store.engine, run=run)
    run = run or (tests[-1].run if tests else "")
    seconds: dict[str, float] = {}
    for test in tests:
        if test.run == run and test.answered_at is not None:
            took = test.answered_at - test.tried_at
            seconds[test.person] = min(took, seconds.get(test.person, took))
    estate = estate_now(desk)
    return tuple(_reached(asset, estate, seconds) for asset in estate.assets.values() if asset.expected.signers)


def _reached(safe: Asset, estate: Estate, seconds: dict[str, float]) -> Reached:
    people = signers(safe.id, estate)
    answered = sorted(((person, seconds[person]) for person in people if person in seconds), key=lambda each: each[1])
    return Reached(
        safe=safe.id,
        threshold=safe.expected.threshold or len(safe.expected.signers or ()),
        answered=tuple(answered),
        silent=tuple(person for person in people if person not in seconds),
        unknown=len(safe.expected.signers or ()) - len(people),
    )
