"""
What people do with incidents: at the command line and over the API alike.

Every change is one transaction: the incident is held and read, `respond/incident/` says what may be done and what then
happened, that is entered into the journal, and whoever follows the journal is woken. An incident is called by its id,
its number or the beginning of either. A restricted one is not there for anybody who is not named in it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_if_readable, estate_now
from tocsin.edge.store import incident_rows, incidents, journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.incident_rows import IncidentRow, Wanted
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import Outdated, Unacceptable
from tocsin.model.priority import MINUTE_SECONDS, Priority
from tocsin.respond.incident import events, steps
from tocsin.respond.incident.classification import Classification, Facts, classify
from tocsin.respond.incident.events import PREFIX, Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.needs import need_open, need_person
from tocsin.respond.incident.texts import LONGEST_NAME, LONGEST_TEXT, bounded, is_storable, nearest
from tocsin.respond.incident.types import type_of
from tocsin.respond.journal import Entry

VIEW_AGAIN_SECONDS = 15 * MINUTE_SECONDS
"""Reading a restricted incident again within this time by the same person is one reading."""
TLP = ("red", "amber+strict", "amber", "green", "clear")
"""Traffic Light Protocol 2.0 (FIRST), the most confidential first."""
Step = Callable[[Incident], Sequence[Event]]
"""Says what happened, of the state before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What whoever declares an incident by hand says."""

    title: str
    type: str
    summary: str = ""
    priority: Priority | None = None
    """None: the table decides. Another one needs a reason."""
    reason: str = ""
    loss: bool | None = None
    in_progress: bool | None = None
    customers: bool | None = None
    assets: tuple[str, ...] = ()
    """Ids of the estate that were hit."""
    began_at: float | None = None
    tlp: str = "amber"
    codename: str = ""
    is_restricted: bool = False
    exercise: str = ""


def change(
    desk: Desk, actor: Actor, incident: str, step: Step, *, expected: int | None = None, at: float | None = None
) -> Incident:
    """
    Let `step` say what happens to an incident, enter it, and return the state after it.

    With `expected`, its last entry must have this number: raises `Outdated` otherwise. `at` is when it happened, where
    that is not now. Raises what `step` raises, `NotFound` and `StoreError`.
    """
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        before = incidents.look_up(connection, incident, actor)
        if expected is not None and before.sequence != expected:
            raise Outdated(
                f"{before.number} was changed meanwhile: it is at {before.sequence}, not {expected}; look again"
            )
        if not (told := storable(step(before))):
            return before
        after = incidents.record(
            connection, before.id, told, actor=actor, occurred_at=now if at is None else at, now=now
        )
    desk.ring()
    return after


def storable(told: Iterable[Event]) -> tuple[Event, ...]:
    """These events, if every database keeps all their text. Raises `Unacceptable`."""
    kept = tuple(told)
    if not all(map(is_storable, _texts(msgspec.to_builtins(kept)))):
        raise Unacceptable("a text in it holds a character that no database keeps; write it without")
    return kept


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def show(desk: Desk, actor: Actor, incident: str) -> Incident:
    """The incident as it stands. Reading a restricted one is entered. Raises `NotFound`, `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        found = incidents.look_up(connection, incident, actor)
    return _viewed(desk, actor, found, "incident")


def entries(desk: Desk, actor: Actor, incident: str, *, after: int = 0) -> tuple[Incident, tuple[Entry, ...]]:
    """The incident, and its entries from behind number `after`. Raises `NotFound`, `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        found = incidents.look_up(connection, incident, actor)
        told = journal.of_stream(connection, PREFIX + found.id, after=after)
    return _viewed(desk, actor, found, "journal"), told


def _viewed(desk: Desk, actor: Actor, found: Incident, what: str) -> Incident:
    """Entered once in a while: who looks at a page that renews itself would fill the journal."""
    last = found.views.get(str(actor), 0.0)
    if not found.is_restricted or actor == TOCSIN or desk.clock() - last < VIEW_AGAIN_SECONDS:
        return found
    return change(desk, actor, found.id, lambda _: (events.Viewed(what=what),))


def listing(
    desk: Desk, actor: Actor, wanted: Wanted, *, limit: int, after: str = "", worst_first: bool = False
) -> tuple[tuple[IncidentRow, ...], str]:
    """A page of what `actor` may see, and where the next begins, empty at the end. Raises `StoreError`."""
    return incident_rows.find(
        desk.store.engine, wanted, viewer=actor, limit=limit, after=after, worst_first=worst_first
    )


def declare(desk: Desk, actor: Actor, told: Declaration) -> Incident:
    """Declare an incident by hand: it is classified, numbered, and has its first tasks. Raises `Unacceptable`."""
    now, rated = desk.clock(), _rated(desk, told)
    declared = events.Declared(
        number="",
        title=bounded("title", told.title, LONGEST_NAME),
        type=rated.type,
        priority=rated.priority,
        because=rated.because,
        rule=rated.rule,
        detected_at=now,
        began_at=told.began_at,
        summary=bounded("summary", told.summary, LONGEST_TEXT, may_be_empty=True),
        tlp=tlp_of(told.tlp),
        codename=bounded("codename", told.codename, LONGEST_NAME, may_be_empty=True),
        is_restricted=told.is_restricted,
        exercise=told.exercise,
    )
    if told.began_at is not None and told.began_at > now:
        raise Unacceptable("it began in the future; look at the time and its zone")
    first = storable((declared, *_hit(desk, told)))
    with named_errors(), desk.store.engine.begin() as connection:
        state = incidents.declare(
            connection, incident=desk.new_id(), events=first, actor=actor, occurred_at=now, now=now
        )
    desk.ring()
    return state


def _rated(desk: Desk, told: Declaration) -> Classification:
    """By the table; a person who says otherwise gives a reason."""
    kind = type_of(told.type).id
    assets = [asset for name, asset in estate_if_readable(desk).assets.items() if name in told.assets]
    worst = max((asset.criticality for asset in assets), key=lambda one: one.rank, default=None)
    found = classify(
        Facts(
            types=frozenset({kind}),
            concerns_us=True,
            loss=told.loss,
            in_progress=told.in_progress,
            customers=told.customers,
            criticality=str(worst or ""),
        )
    )
    if told.priority is None or told.priority == found.priority:
        return found
    why = bounded("reason for another priority than the table's", told.reason, LONGEST_TEXT)
    return Classification(kind, told.priority, (why, f"the table says {found.priority}: {found.because[0]}"), "")


def _hit(desk: Desk, told: Declaration) -> tuple[Event, ...]:
    if not told.assets:
        return ()
    known = estate_now(desk).assets
    for name in told.assets:
        if name not in known:
            raise Unacceptable(f"the estate has no asset {name[:50]!r}{nearest(name, known)}")
    return (events.AssetsIdentified(assets=told.assets, directly=told.assets),)


def tlp_of(word: str) -> str:
    """A level of TLP 2.0. Raises `Unacceptable`."""
    level = word.lower().removeprefix("tlp:")
    if level not in TLP:
        raise Unacceptable(f"{word[:50]!r} is no level of TLP 2.0; known: {', '.join(TLP)}")
    return level


def acknowledge(
    desk: Desk, actor: Actor, incident: str, *, via: str, page: str = "", expected: int | None = None
) -> Incident:
    """A person has it; he leads it where nobody does yet."""
    return change(desk, actor, incident, lambda one: steps.acknowledge(one, actor, via, page), expected=expected)


def assign(desk: Desk, actor: Actor, incident: str, *, role: str, person: str, expected: int | None = None) -> Incident:
    """A person takes a role."""
    known = person_of(desk, actor, person)
    return change(
        desk,
        actor,
        incident,
        lambda one: steps.assign(one, role, known, desk.settings.respond.roles),
        expected=expected,
    )


def release(
    desk: Desk, actor: Actor, incident: str, *, role: str, reason: str, expected: int | None = None
) -> Incident:
    """Nobody has a role any more."""
    return change(
        desk,
        actor,
        incident,
        lambda one: steps.release(one, role, reason, desk.settings.respond.roles),
        expected=expected,
    )


def person_of(desk: Desk, actor: Actor, person: str) -> str:
    """A person of the estate, or whoever asks. Where the estate names nobody, any name. Raises `Unacceptable`."""
    known = estate_if_readable(desk).people
    if known and person not in known and person != actor.id:
        raise Unacceptable(f"the estate knows nobody called {person[:50]!r}{nearest(person, known)}")
    return bounded("person", person, LONGEST_NAME)


def override(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    reason: str,
    type: str | None = None,  # noqa: A002 - the incident's own word
    priority: Priority | None = None,
    expected: int | None = None,
) -> Incident:
    """A person says what it is and how bad, against the table."""
    why = bounded("reason", reason, LONGEST_TEXT)
    return change(
        desk,
        actor,
        incident,
        lambda one: steps.override(one, actor, reason=why, type=type, priority=priority),
        expected=expected,
    )


def describe(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    title: str | None = None,
    summary: str | None = None,
    tlp: str | None = None,
    expected: int | None = None,
) -> Incident:
    """Write title, summary or confidentiality anew; what is None stays."""
    told = events.Described(
        title=None if title is None else bounded("title", title, LONGEST_NAME),
        summary=None if summary is None else bounded("summary", summary, LONGEST_TEXT),
        tlp=None if tlp is None else tlp_of(tlp),
    )
    if told == events.Described():
        raise Unacceptable("say what to write anew: title, summary or TLP")
    return change(desk, actor, incident, while_open(told), expected=expected)


def correct(  # noqa: PLR0913 - all but three by name
    desk: Desk, actor: Actor, incident: str, *, what: str, at: float, reason: str, expected: int | None = None
) -> Incident:
    """One of the derived times was wrong; both stay in the record."""
    if what not in CORRECTABLE:
        raise Unacceptable(f"{what[:50]!r} is no time that is corrected{nearest(what, CORRECTABLE)}")
    if at > desk.clock():
        raise Unacceptable("that is in the future; look at the time and its zone")
    told = events.TimeCorrected(what=what, at=at, reason=bounded("reason", reason, LONGEST_TEXT))  # type: ignore[arg-type] # looked up above
    return change(desk, actor, incident, while_open(told), expected=expected)


CORRECTABLE = ("occurred", "detected", "contained", "eradicated", "recovered")
"""Those a person may know better than the record."""


def change_status(
    desk: Desk, actor: Actor, incident: str, *, status: str, reason: str = "", expected: int | None = None
) -> Incident:
    """Another status."""
    return change(desk, actor, incident, lambda one: steps.change_status(one, status, reason), expected=expected)


def change_phase(
    desk: Desk, actor: Actor, incident: str, *, phase: str, reason: str = "", expected: int | None = None
) -> Incident:
    """Another phase, with all that lie between."""
    return change(desk, actor, incident, lambda one: steps.change_phase(one, phase, reason), expected=expected)


def give_verdict(
    desk: Desk, actor: Actor, incident: str, *, verdict: str, reason: str, expected: int | None = None
) -> Incident:
    """What it turned out to be."""
    return change(desk, actor, incident, lambda one: steps.give_verdict(one, verdict, reason), expected=expected)


def close(desk: Desk, actor: Actor, incident: str, *, reason: str = "", expected: int | None = None) -> Incident:
    """It is over, when all gates are met."""
    need_person(actor, "close an incident")
    return change(desk, actor, incident, lambda one: steps.close(one, reason), expected=expected)


def reopen(
    desk: Desk, actor: Actor, incident: str, *, reason: str, phase: str = "triage", expected: int | None = None
) -> Incident:
    """It is not over after all."""
    why = bounded("reason", reason, LONGEST_TEXT)
    return change(desk, actor, incident, lambda one: steps.reopen(one, why, phase), expected=expected)


def while_open(*told: Event) -> Step:
    """These, if it is open. Raises `WrongState` otherwise."""

    def step(incident: Incident) -> Sequence[Event]:
        need_open(incident)
        return told

    return step
