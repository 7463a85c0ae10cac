"""
What must be so before an incident goes on: each gate says what is missing, and what to type about it.

Closing needs mandatory tasks done, required fields filled, a verdict and a peer review (reference: incident response,
3.4). What is required depends on how bad it is and on whether there was anything: `REQUIRED` is the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.model.priority import Priority
from tocsin.respond.clocks.internal import TARGETS
from tocsin.respond.incident.parts import Clock, Task
from tocsin.respond.incident.state import Incident

Says = Callable[[Incident], str]


@dataclass(frozen=True, slots=True)
class Gate:
    """Something that must be so."""

    id: str
    is_met: Callable[[Incident], bool]
    says: Says
    """What is missing."""
    do: Says
    """The command that sees to it."""


def _type(command: str) -> Says:
    return lambda incident: f"tocsin incident {command.format(n=incident.number)}"


def _words(text: str) -> Says:
    return lambda _incident: text


LED = Gate("led", lambda one: bool(one.commander), _words("nobody leads it"), _type("assign {n} commander PERSON"))
RECOVERED = Gate(
    "recovered",
    lambda one: one.phase == "post" or one.is_for_nothing,
    lambda one: f"its phase is {one.phase}, and must be post",
    _type("phase {n} post"),
)
NOTHING_THERE = Gate(
    "nothing-there",
    lambda one: one.is_for_nothing,
    _words("no verdict says that there was nothing"),
    _type("verdict {n} false_positive --why WHY"),
)
TASKS = Gate(
    "tasks",
    lambda one: not open_mandatory(one),
    lambda one: f"mandatory tasks are open: {_titles(open_mandatory(one))}",
    lambda one: _type("task done {n} " + " ".join(task.id for task in open_mandatory(one)))(one),
)
VERDICT = Gate(
    "verdict",
    lambda one: one.verdict is not None,
    _words("nobody said what it turned out to be"),
    _type("verdict {n} tp_impact --why WHY"),
)
SUMMARY = Gate(
    "summary", lambda one: bool(one.summary.strip()), _words("it has no summary"), _type("describe {n} --summary TEXT")
)
BEGINNING = Gate(
    "beginning",
    lambda one: one.times.occurred is not None,
    _words("nobody said when it began"),
    _type("correct {n} occurred TIME --why WHY"),
)
IMPACT = Gate(
    "impact",
    lambda one: one.impact is not None or bool(one.postings),
    _words("its impact was not assessed"),
    _type("impact {n} --customers N --note TEXT"),
)
POST_MORTEM = Gate(
    "post-mortem",
    lambda one: one.post_mortem is not None,
    _words("it has no post-mortem"),
    _type("postmortem {n} --root-cause TEXT"),
)
REVIEWED = Gate(
    "reviewed",
    lambda one: one.review.state == "reviewed",
    _words("no peer has reviewed it"),
    _type("review {n} reviewed --as PEER"),
)

DUTIES = Gate(
    "duties",
    lambda one: not open_duties(one),
    lambda one: (
        f"duties to report are open: {', '.join(clock.says or clock.definition for clock in open_duties(one))}; "
        f"where one does not apply: tocsin clocks not-reportable {_first_duty(one)} --why WHY"
    ),
    lambda one: f"tocsin clocks submit {_first_duty(one)} --what WHAT",
)

REQUIRED: Mapping[Priority, tuple[Gate, ...]] = {
    Priority.P1: (SUMMARY, BEGINNING, IMPACT, POST_MORTEM, REVIEWED),
    Priority.P2: (SUMMARY, BEGINNING, IMPACT, POST_MORTEM, REVIEWED),
    Priority.P3: (SUMMARY, REVIEWED),
    Priority.P4: (),
}
"""What closing needs beside a verdict, the mandatory tasks, and duties to report that are done or do not apply."""
REQUIRED_FOR_NOTHING: Mapping[Priority, tuple[Gate, ...]] = {
    Priority.P1: (REVIEWED,),
    Priority.P2: (REVIEWED,),
    Priority.P3: (),
    Priority.P4: (),
}
"""The same where the verdict is that there was nothing: that is what a peer looks at."""


def closing(incident: Incident) -> tuple[Gate, ...]:
    """What must be so before it is closed. The worst priority it ever had counts: lowering it spares no review."""
    if incident.is_for_nothing:
        return (VERDICT, DUTIES, *REQUIRED_FOR_NOTHING[worst(incident)])
    return (TASKS, VERDICT, DUTIES, *REQUIRED[worst(incident)])


def open_duties(incident: Incident) -> tuple[Clock, ...]:
    """The clocks of regulators and contracts that still wait for something, the next due first."""
    mine = [clock for clock in incident.clocks.values() if clock.is_open and clock.definition not in TARGETS]
    return tuple(sorted(mine, key=lambda clock: (clock.due_at is not None, clock.due_at or 0.0)))


def _first_duty(incident: Incident) -> str:
    """The incident and the duty that is due next, as they are typed."""
    duties = open_duties(incident)
    return f"{incident.number} {duties[0].definition if duties else 'RULE'}"


def worst(incident: Incident) -> Priority:
    """The worst priority that it ever had."""
    return min(Priority(rating.priority) for rating in incident.ratings)


def open_mandatory(incident: Incident, group: str = "") -> tuple[Task, ...]:
    """The mandatory tasks, of a group or of all, that are neither done nor cancelled."""
    tasks = incident.tasks.values()
    return tuple(task for task in tasks if task.is_mandatory and task.is_open and group in ("", task.group))


def done_in(group: str) -> Gate:
    """Whether the mandatory tasks of a phase are done."""
    return Gate(
        f"done-in-{group}",
        lambda one: not open_mandatory(one, group),
        lambda one: f"mandatory tasks of {group} are open: {_titles(open_mandatory(one, group))}",
        lambda one: _type("task done {n} " + " ".join(task.id for task in open_mandatory(one, group)))(one),
    )


def _titles(tasks: tuple[Task, ...]) -> str:
    return ", ".join(f"{task.id} ({task.title})" for task in tasks)
