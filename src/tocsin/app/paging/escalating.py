"""
What one pass of the pager does in its transaction: follow the journal, fire timers, write pages.

Everything here happens wholly or not at all, together with how far the journal was read. Events of one incident are
collected and entered together at the end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tocsin.edge.store import escalations, health, incidents, journal, page_notes, pages
from tocsin.edge.store.on_call import Connection
from tocsin.edge.store.values import HealthAlert
from tocsin.model.actor import TOCSIN
from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import Estate
from tocsin.respond.incident import events
from tocsin.respond.incident.incident import Incident
from tocsin.respond.message import MessageKind
from tocsin.respond.paging import links, timers
from tocsin.respond.paging.page import REMINDER, Page, PageState
from tocsin.respond.paging.policy import DEFAULT, Plan, Policy, Target, TargetKind
from tocsin.respond.paging.targets import Around, contacts, meant
from tocsin.respond.paging.timers import Timer, TimerState
from tocsin.respond.people import Person

ESTATE_STREAM = "estate"
"""Where changes of the estate beside its file are entered."""
ENDED = ("resolved", "closed")
"""Statuses of incidents that nobody is told of."""
WORKED_ON = ("active", "reopened")
"""Statuses in which an acknowledged P1 must make progress."""
PUT_OFF_SECONDS = 30.0
"""When a timer that failed is tried again."""
PRIORITIES = tuple(Priority)
EVERYONE = Target(TargetKind.EVERYONE)


@dataclass(slots=True, kw_only=True)
class Turn:
    """One pass: what it knows, and what it has to say."""

    connection: Connection
    now: float
    estate: Estate
    plan: Plan
    """With the overrides and swaps of now."""
    key: bytes
    """That signs links."""
    new_id: Callable[[], str]
    follow_up: frozenset[str] = frozenset()
    """The channels on which pages are followed by notes."""
    known: dict[str, Incident] = field(default_factory=dict)
    said: dict[str, list[events.Event]] = field(default_factory=dict)

    def incident(self, incident: str) -> Incident:
        """The incident as it was when the pass began."""
        if incident not in self.known:
            self.known[incident] = incidents.load(self.connection, incident)
        return self.known[incident]

    def say(self, incident: str, event: events.Event) -> None:
        """Enter it at the end of the pass."""
        self.said.setdefault(incident, []).append(event)

    def enter(self) -> None:
        """Enter what was said."""
        for incident, said in self.said.items():
            incidents.record(self.connection, incident, said, actor=TOCSIN, occurred_at=self.now, now=self.now)
        self.said.clear()

    def trouble(self, key: str, detail: str) -> None:
        """Open a health alert, or count it again."""
        alert = HealthAlert(key=f"paging:{key}", kind="paging", chain_id=None, detail=detail, times=1)
        health.open_within(self.connection, alert, self.now)

    def fine(self, *keys: str) -> None:
        """Close health alerts."""
        for key in keys:
            health.close_within(self.connection, f"paging:{key}", self.now)

    def around(self, incident: Incident) -> Around:
        """What targets mean for this incident now."""
        return Around(
            estate=self.estate,
            schedules=self.plan.schedules,
            roles=incident.roles,
            priority=incident.priority,
            at=self.now,
        )


def is_told_of(incident: Incident) -> bool:
    """Whether anybody is to be woken for it."""
    return incident.is_open and incident.status not in ENDED


def begin_paging(turn: Turn, incident: Incident, why: str) -> None:
    """Tell of an incident from the first step on; what was told before gives way."""
    if not is_told_of(incident):
        return
    policy = policy_of(turn, incident)
    before = escalations.of_incident(turn.connection, incident.id)
    _stop(turn, incident, [t for t in before if t.policy != policy.id], f"{policy.id} took over: {why}")
    escalations.write(turn.connection, *(timers.stop(t) for t in before if t.number >= len(policy.steps)))
    for page in pages.open_of(turn.connection, incident.id):
        pages.end(turn.connection, page, PageState.SUPERSEDED, turn.now)
    escalations.write(turn.connection, *timers.begin(policy, incident.id, turn.now, before))


def stop_paging(turn: Turn, incident: Incident, why: str) -> None:
    """Nobody is told any more."""
    _stop(turn, incident, escalations.of_incident(turn.connection, incident.id), why)
    for page in pages.open_of(turn.connection, incident.id):
        pages.end(turn.connection, page, PageState.SUPERSEDED, turn.now)
    turn.fine(f"unanswered:{incident.number}")
    note(turn, incident, MessageKind.RESOLVED)


def note(turn: Turn, incident: Incident, kind: MessageKind) -> None:
    """Tell those who were paged, where a channel can use it, that somebody has it or that it is over."""
    page_notes.follow(turn.connection, incident.id, kind, turn.follow_up, turn.now)


def due_timers(turn: Turn) -> tuple[Timer, ...]:
    """The timers that are due."""
    return escalations.due(turn.connection, turn.now)


def fire(turn: Turn, timer: Timer) -> None:
    """Do what a timer that is due asks for."""
    with turn.connection.begin_nested():
        incident = turn.incident(timer.incident)
        if not is_told_of(incident):
            escalations.write(turn.connection, timers.stop(timer))
        elif timer.policy == REMINDER:
            _remind(turn, incident, timer)
        else:
            _fire(turn, incident, timer)


def put_off(turn: Turn, timer: Timer) -> None:
    """Try a timer again later: what it asks for could not be done."""
    escalations.write(turn.connection, replace(timer, next_at=turn.now + PUT_OFF_SECONDS))


def tell(turn: Turn, incident: Incident, person: Person, page: Page) -> bool:
    """Write a page, its ways and its link; False where there is one of its key already."""
    if not pages.add(turn.connection, page, contacts(person, page.priority)):
        return False
    token = links.token(ticket_of(page), turn.key)
    pages.add_token(turn.connection, links.digest(token), page.id, ticket_of(page).expires_at)
    queued = events.PageQueued(
        page=page.id, person=page.person, policy=page.policy, step=page.step, round=page.round, reason=page.reason
    )
    turn.say(incident.id, queued)
    return True


def ticket_of(page: Page) -> links.Ticket:
    """What the link of a page says: the same at every attempt."""
    return links.Ticket(page=page.id, expires_at=int(page.created_at) + links.VALID_SECONDS)


def hurry(turn: Turn, incident: Incident, policy: str) -> bool:
    """Let the next step of a policy come now; False where none waits."""
    waiting = [t for t in escalations.of_incident(turn.connection, incident.id) if t.policy == policy]
    sooner = timers.hurry(waiting, turn.now)
    if sooner is not None:
        escalations.write(turn.connection, sooner)
    return sooner is not None


def policy_of(turn: Turn, incident: Incident) -> Policy:
    """The policy for an incident as it is now; that none is written for it is told."""
    assets = [turn.estate.assets[asset] for asset in incident.assets if asset in turn.estate.assets]
    policy = turn.plan.policy_for(incident.priority, assets, turn.now)
    if policy.id.startswith(DEFAULT):
        why = "no rule [[when]] of the on-call file fits it" if turn.plan.rules else "no policy is set up"
        says = (
            f"{incident.number} ({incident.priority}): {why}; everybody who can be reached is told. See docs/paging.md"
        )
        turn.trouble("default", says)
    else:
        turn.fine("default")
    return policy


def _stop(turn: Turn, incident: Incident, stopped: Iterable[Timer], why: str) -> None:
    waiting = [timer for timer in stopped if timer.is_waiting]
    escalations.write(turn.connection, *map(timers.stop, waiting))
    for policy in dict.fromkeys(timer.policy for timer in waiting):
        turn.say(incident.id, events.PagingStopped(policy=policy, reason=why))


def _fire(turn: Turn, incident: Incident, timer: Timer) -> None:
    found = meant(timer.step.targets, turn.around(incident))
    fired = timers.fire(timer, tuple(person.id for person in found.people), turn.now)
    escalations.write(turn.connection, fired.timer)
    if found.people:
        reason = f"policy {timer.policy}, step {timer.number + 1}, round {timer.round + 1}"
        _tell_all(turn, incident, [p for p in found.people if p.id in fired.people], timer, reason)
        turn.fine(f"step:{timer.policy}:{timer.number}")
    else:
        _nobody(turn, incident, timer, "; ".join(found.nobody))
    if fired.timer.state is TimerState.OVER:
        _over(turn, incident, timer.policy)


def _tell_all(turn: Turn, incident: Incident, people: Iterable[Person], timer: Timer, reason: str) -> None:
    for person in people:
        page = _page(turn, incident, person, timer.policy, reason)
        tell(turn, incident, person, replace(page, step=timer.number, round=timer.round))
        turn.fine("nobody")


def _page(turn: Turn, incident: Incident, person: Person, policy: str, reason: str) -> Page:
    return Page(
        id=turn.new_id(),
        incident=incident.id,
        person=person.id,
        policy=policy,
        step=0,
        round=0,
        priority=incident.priority,
        reason=reason,
        state=PageState.PENDING,
        created_at=turn.now,
    )


def _nobody(turn: Turn, incident: Incident, timer: Timer, why: str) -> None:
    """A step reaches nobody: the next one comes now; after the last everybody is told, and else it is an alarm."""
    turn.say(incident.id, events.PagingStopped(policy=timer.policy, step=timer.number, reason=f"nobody to tell: {why}"))
    turn.trouble(f"step:{timer.policy}:{timer.number}", f"policy {timer.policy}, step {timer.number + 1}: {why}")
    if timer.needs_each or hurry(turn, incident, timer.policy):
        return
    everyone = meant((EVERYONE,), turn.around(incident))
    _tell_all(turn, incident, everyone.people, timer, f"policy {timer.policy} reaches nobody: {why}")
    if not everyone.people:
        turn.trouble("nobody", f"{incident.number} ({incident.priority}): nobody can be told: {why}")


def _over(turn: Turn, incident: Incident, policy: str) -> None:
    mine = [t for t in escalations.of_incident(turn.connection, incident.id) if t.policy == policy]
    if not any(timer.is_waiting for timer in mine):
        says = f"{incident.number} ({incident.priority}): all rounds of policy {policy} were told, and nobody answered"
        turn.trouble(f"unanswered:{incident.number}", says)


def _remind(turn: Turn, incident: Incident, timer: Timer) -> None:
    """Nothing was done about an acknowledged P1 for a while: whoever leads it, or has it, is told again."""
    progress = _last_progress(turn, incident)
    if incident.status not in WORKED_ON or progress > turn.now - timer.every_seconds:
        later = max(progress, turn.now - timer.every_seconds + 1) + timer.every_seconds
        escalations.write(turn.connection, replace(timer, next_at=later))
        return
    minutes = round((turn.now - progress) / 60)
    reason = f"nothing was done about it for {minutes} minutes; write what is being done, or hand it over"
    tell_whoever_has_it(turn, incident, REMINDER, reason)
    escalations.write(turn.connection, replace(timer, round=timer.round + 1, next_at=turn.now + timer.every_seconds))


def _last_progress(turn: Turn, incident: Incident) -> float:
    """When a person last did something about it."""
    entries = journal.of_stream(turn.connection, events.PREFIX + incident.id)
    return max((entry.recorded_at for entry in entries if entry.actor.is_person), default=incident.times.declared)


def tell_whoever_has_it(turn: Turn, incident: Incident, policy: str, reason: str) -> None:
    """Tell the commander, or who acknowledged; everybody where neither can be reached."""
    around = turn.around(incident)
    tell_now(turn, incident, whoever_has_it(turn, incident) or meant((EVERYONE,), around).people, policy, reason)


def whoever_has_it(turn: Turn, incident: Incident) -> tuple[Person, ...]:
    """The commander, or who acknowledged; nobody where neither can be reached."""
    has_it = [Target(TargetKind.PERSON, one) for one in (incident.commander, incident.acknowledged_by) if one]
    around = turn.around(incident)
    return meant(has_it[:1], around).people or meant(has_it[1:], around).people


def tell_now(turn: Turn, incident: Incident, people: Iterable[Person], policy: str, reason: str) -> None:
    """Tell these people at once, outside any policy."""
    number = pages.next_round(turn.connection, incident.id, policy)
    for person in people:
        tell(turn, incident, person, replace(_page(turn, incident, person, policy, reason), round=number))
