"""What is to be done next with an incident, the most urgent first, each with the command to type."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.respond.incident import gates, machine
from tocsin.respond.incident.incident import PHASES, Incident
from tocsin.respond.incident.tasks import waits_for

MOST_TASKS = 3
"""Tasks that are told at once; `tocsin incident task list` has all."""
_CONTAINED_FROM = PHASES.index("eradicate")


@dataclass(frozen=True, slots=True)
class Next:
    """Something to do: in words, and as it is typed."""

    says: str
    do: str


def next_steps(incident: Incident) -> tuple[Next, ...]:
    """What is to be done next; nothing where it is over."""
    if incident.merged_into:
        return (Next("It goes on in another incident", f"tocsin incident show {incident.merged_into}"),)
    return tuple(step for steps in _STEPS for step in steps(incident))


def _type(incident: Incident, command: str, rest: str = "") -> str:
    return f"tocsin incident {command} {incident.number}{f' {rest}' if rest else ''}"


def _take(one: Incident) -> Iterator[Next]:
    if one.is_open and one.times.acknowledged is None:
        yield Next("Say that you have it: the response clock stops", _type(one, "ack"))
    elif one.status == "reopened":
        yield Next("Say that it is worked on again", _type(one, "ack"))
    elif one.is_open and not one.commander:
        yield Next("Say who leads it", _type(one, "assign", "commander PERSON"))


def _contain(one: Incident) -> Iterator[Next]:
    decided = any(decision.about == "containment" for decision in one.decisions.values())
    if one.is_open and one.times.contained is None and not decided and not one.is_for_nothing:
        rest = '--about containment --what "…" --why "…"'
        yield Next("Decide how to contain it", _type(one, "decision", rest))


def _tasks(one: Incident) -> Iterator[Next]:
    here = [task for task in one.tasks.values() if task.is_open and task.group in (one.phase, "triage", "")]
    ready = [task for task in here if not waits_for(one, task)]
    urgent = sorted(ready, key=lambda task: (not task.is_mandatory, task.due_at or float("inf")))
    if one.is_open and not one.is_for_nothing:
        for task in urgent[:MOST_TASKS]:
            yield Next(task.title, _type(one, "task done", task.id))


def _on(one: Incident) -> Iterator[Next]:
    """The next phase, when nothing of this one is left; and the next status."""
    if not one.is_open or one.phase == "post" or one.is_for_nothing:
        return
    after = PHASES[PHASES.index(one.phase) + 1]
    (row,) = machine.rows_to(one, after)
    if one.commander and not machine.missing(one, row):
        yield Next(f"Go on to {after}, when {row.says}", _type(one, "phase", after))


def _status(one: Incident) -> Iterator[Next]:
    if one.status == "active" and PHASES.index(one.phase) >= _CONTAINED_FROM and not one.is_for_nothing:
        yield Next("Say that the harm spreads no further", _type(one, "status", "stable"))
    if one.status == "stable" and one.phase == "post":
        yield Next("Say that all is recovered", _type(one, "status", "resolved"))


def _close(one: Incident) -> Iterator[Next]:
    """What is still missing for closing, once it is resolved, or there was nothing."""
    if not one.is_open or not (one.status == "resolved" or one.is_for_nothing or one.phase == "post"):
        return
    lacking = [gate for gate in gates.closing(one) if not gate.is_met(one)]
    for gate in lacking:
        says = gate.says(one)
        yield Next(f"Before it is closed: {says}", gate.do(one))
    if not lacking and (one.status == "resolved" or one.is_for_nothing):
        yield Next("Close it", _type(one, "close"))


def _after(one: Incident) -> Iterator[Next]:
    for item in one.items.values():
        if not one.is_open and item.state == "open":
            yield Next(f"{item.owner}: {item.what}", _type(one, "item done", item.id))


_STEPS: Sequence[Callable[[Incident], Iterator[Next]]] = (_take, _contain, _tasks, _on, _status, _close, _after)
"""In the order of urgency."""
