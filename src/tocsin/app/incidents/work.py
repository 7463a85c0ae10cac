"""
The work on an incident: tasks, decisions, notes, lines of the timeline, funds, impact, review, post-mortem, items.

Ids of what people add are short, t1, d2, n3, so that they can be typed; they are unique in their incident.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.app.incidents.incidents import change, person_of, while_open
from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, NotFound, Unacceptable
from tocsin.respond.incident import events, ledger, steps, tasks, timeline_import
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.needs import need_open, need_own, need_person
from tocsin.respond.incident.texts import LONGEST_NAME, LONGEST_TEXT, bounded, nearest

ITEM_STATES = ("open", "done", "verified", "cancelled")
MOST_AT_ONCE = 100
"""Reasons, lessons and the like in one list."""


def fresh(letter: str, taken: Collection[str]) -> str:
    """The next short id, such as t3, that is not taken."""
    number = len(taken) + 1
    while f"{letter}{number}" in taken:
        number += 1
    return f"{letter}{number}"


def add_task(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    title: str,
    group: str = "",
    is_mandatory: bool = False,
    assignees: Sequence[str] = (),
    due_at: float | None = None,
    after: Sequence[str] = (),
    expected: int | None = None,
) -> Incident:
    """Something to be done."""
    people = tuple(person_of(desk, actor, one) for one in assignees)
    says = bounded("title", title, LONGEST_NAME)

    def step(one: Incident) -> Sequence[Event]:
        need_open(one)
        task = events.TaskAdded(
            task=fresh("t", one.tasks),
            title=says,
            group=bounded("group", group, LONGEST_NAME, may_be_empty=True),
            is_mandatory=is_mandatory,
            assignees=people,
            due_at=due_at,
            after=tuple(tasks.task_of(one, name).id for name in after),
        )
        return (task,)

    return change(desk, actor, incident, step, expected=expected)


def change_tasks(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    names: Sequence[str],
    *,
    state: str | None = None,
    assignees: Sequence[str] | None = None,
    due_at: float | None = None,
    note: str = "",
    expected: int | None = None,
) -> Incident:
    """Change the state, the people or the time of tasks; several are changed in the order given, all or none."""
    people = None if assignees is None else tuple(person_of(desk, actor, one) for one in assignees)
    says = bounded("note", note, LONGEST_TEXT, may_be_empty=True)

    def step(one: Incident) -> Sequence[Event]:
        told: list[events.TaskChanged] = []
        for name in names:
            told.append(tasks.changed(one, name, state=state, assignees=people, due_at=due_at, note=says))
            one = tasks.after_change(one, told[-1])
        return told

    return change(desk, actor, incident, step, expected=expected)


def decide(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    what: str,
    why: str,
    options: Sequence[str] = (),
    decided_by: str = "",
    about: str = "",
    expected: int | None = None,
) -> Incident:
    """A decision, with the options there were and the reason; `about` is `containment` where it is about that."""
    need_person(actor, "decide")
    told = {
        "what": bounded("what was decided", what, LONGEST_TEXT),
        "why": bounded("why", why, LONGEST_TEXT),
        "options": texts("options", options),
        "decided_by": person_of(desk, actor, decided_by or actor.id),
        "about": bounded("about", about, LONGEST_NAME, may_be_empty=True),
    }

    def step(one: Incident) -> Sequence[Event]:
        need_open(one)
        return (events.DecisionMade(decision=fresh("d", one.decisions), **told),)  # type: ignore[arg-type] # named above

    return change(desk, actor, incident, step, expected=expected)


def texts(what: str, several: Sequence[str]) -> tuple[str, ...]:
    """A list of texts, each bounded. Raises `Unacceptable`."""
    if len(several) > MOST_AT_ONCE:
        raise Unacceptable(f"{what}: {len(several)} are too many; at most {MOST_AT_ONCE}")
    return tuple(bounded(what, one, LONGEST_TEXT) for one in several)


def write_note(
    desk: Desk, actor: Actor, incident: str, *, text: str, note: str = "", expected: int | None = None
) -> Incident:
    """A note, or with the id of one a new version of it."""
    says = bounded("note", text, LONGEST_TEXT)

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        if note and note not in one.notes:
            raise NotFound(f"{one.number} has no note {note[:50]!r}{nearest(note, one.notes)}")
        versions = one.notes[note].versions if note else ()
        return (events.NoteWritten(note=note or fresh("n", one.notes), text=says, version=len(versions) + 1),)

    return change(desk, actor, incident, step, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line of the timeline as a person writes it."""

    at: float
    text: str
    category: str = ""
    is_pinned: bool = False
    in_report: bool = True
    evidence: tuple[str, ...] = ()
    time_zone: str = "UTC"


def write_line(
    desk: Desk, actor: Actor, incident: str, told: Told, *, line: str = "", expected: int | None = None
) -> Incident:
    """A line of the timeline, or with the id of one a new version of it."""
    says, category = bounded("text", told.text, LONGEST_TEXT), told.category

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        if line and line not in one.lines:
            raise NotFound(f"{one.number} has no line {line[:50]!r}{nearest(line, one.lines)}")
        versions = one.lines[line].versions if line else ()
        return (
            events.TimelineWritten(
                line=line or fresh("l", one.lines),
                at=told.at,
                text=says,
                category=bounded("category", category, LONGEST_NAME, may_be_empty=True),
                version=len(versions) + 1,
                is_pinned=told.is_pinned,
                in_report=told.in_report,
                evidence=told.evidence,
                time_zone=told.time_zone,
            ),
        )

    return change(desk, actor, incident, step, expected=expected)


def import_lines(desk: Desk, actor: Actor, incident: str, text: str, *, expected: int | None = None) -> Incident:
    """Take over the timeline of another tool (`respond/incident/timeline_import.py`), wholly or not at all."""
    lines = timeline_import.read(text)

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        first = len(one.lines) + 1
        return [
            events.TimelineWritten(
                line=f"l{number}", at=each.at, text=each.text, category=each.category, time_zone=each.time_zone
            )
            for number, each in enumerate(lines, first)
        ]

    return change(desk, actor, incident, step, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Funds that moved, as a person books it. `amount` is in smallest units, decimal digits."""

    debit: str
    credit: str
    amount: str
    chain_id: int
    token: str = ledger.NATIVE
    symbol: str = ""
    decimals: int = 18
    transactions: tuple[str, ...] = ()
    usd_cents: int | None = None
    price_source: str = ""
    block_number: int | None = None
    confidence: float = 1.0
    note: str = ""


def move_funds(
    desk: Desk, actor: Actor, incident: str, move: Move, *, at: float | None = None, expected: int | None = None
) -> Incident:
    """Book an amount from one account of the ledger to another; `at` is when it moved."""
    told = {name: getattr(move, name) for name in Move.__dataclass_fields__}
    told |= {
        "symbol": bounded("symbol", move.symbol or move.token[:10], LONGEST_NAME),
        "note": bounded("note", move.note, LONGEST_TEXT, may_be_empty=True),
        "transactions": texts("transactions", move.transactions),
        "price_source": bounded("price source", move.price_source, LONGEST_NAME, may_be_empty=True),
    }

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        posting = events.FundsMoved(posting=fresh("f", one.postings), **told)
        return (ledger.checked(posting, one.postings.values()),)

    return change(desk, actor, incident, step, expected=expected, at=at)


def assess_impact(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    people: int | None = None,
    customers: int | None = None,
    services: Sequence[str] = (),
    data: Sequence[str] = (),
    note: str = "",
    expected: int | None = None,
) -> Incident:
    """Whom and what else it hit, as far as is known now; the newest assessment counts."""
    if any(number is not None and number < 0 for number in (people, customers)):
        raise Unacceptable("a number of people or customers is not negative")
    told = events.ImpactAssessed(
        people=people,
        customers=customers,
        services=texts("services", services),
        data=texts("kinds of data", data),
        note=bounded("note", note, LONGEST_TEXT, may_be_empty=True),
    )
    return change(desk, actor, incident, while_open(told), expected=expected)


def review(  # noqa: PLR0913 - all but three by name
    desk: Desk,
    actor: Actor,
    incident: str,
    *,
    state: str,
    note: str = "",
    reviewer: str = "",
    expected: int | None = None,
) -> Incident:
    """The review by a peer goes on."""
    who = person_of(desk, actor, reviewer) if reviewer else ""
    says = bounded("note", note, LONGEST_TEXT, may_be_empty=True)
    return change(desk, actor, incident, lambda one: steps.review(one, actor, state, says, who), expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What there is to learn."""

    root_cause: str
    five_whys: tuple[str, ...] = ()
    contributing: tuple[str, ...] = ()
    went_well: tuple[str, ...] = ()
    went_wrong: tuple[str, ...] = ()
    got_lucky: tuple[str, ...] = ()
    counterfactual: str = ""
    lessons: tuple[str, ...] = ()


def write_post_mortem(
    desk: Desk, actor: Actor, incident: str, learned: Learned, *, expected: int | None = None
) -> Incident:
    """What there is to learn; a new version replaces the one before, which stays in the journal."""
    lists = {
        name: texts(name.replace("_", " "), getattr(learned, name))
        for name in ("five_whys", "contributing", "went_well", "went_wrong", "got_lucky", "lessons")
    }
    root_cause = bounded("root cause", learned.root_cause, LONGEST_TEXT)
    otherwise = bounded("counterfactual", learned.counterfactual, LONGEST_TEXT, may_be_empty=True)

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        version = one.post_mortem.version + 1 if one.post_mortem else 1
        return (events.PostMortemWritten(version=version, root_cause=root_cause, counterfactual=otherwise, **lists),)

    return change(desk, actor, incident, step, expected=expected)


def add_item(  # noqa: PLR0913 - all but three by name
    desk: Desk, actor: Actor, incident: str, *, what: str, owner: str, due_at: float, expected: int | None = None
) -> Incident:
    """What is to change, who sees to it, until when."""
    says, who = bounded("what is to change", what, LONGEST_TEXT), person_of(desk, actor, owner)

    def step(one: Incident) -> Sequence[Event]:
        need_own(one)
        return (events.ActionItemAdded(item=fresh("a", one.items), what=says, owner=who, due_at=due_at),)

    return change(desk, actor, incident, step, expected=expected)


def change_item(  # noqa: PLR0913 - all but four by name
    desk: Desk, actor: Actor, incident: str, item: str, *, state: str, note: str = "", expected: int | None = None
) -> Incident:
    """An action item is done, verified by somebody other than its owner, or cancelled with a reason."""
    if state not in ITEM_STATES:
        raise Unacceptable(f"{state[:50]!r} is no state of an action item{nearest(state, ITEM_STATES)}")
    says = bounded("note", note, LONGEST_TEXT, may_be_empty=state != "cancelled")

    def step(one: Incident) -> Sequence[Event]:
        if item not in one.items:
            raise NotFound(f"{one.number} has no action item {item[:50]!r}{nearest(item, one.items)}")
        if state == "verified" and actor.id == one.items[item].owner:
            raise NotAllowed(f"{actor.id} owns {item}: somebody else verifies it")
        return (events.ActionItemChanged(item=item, state=state, note=says),)

    return change(desk, actor, incident, step, expected=expected)
