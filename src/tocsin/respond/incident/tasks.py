"""
Tasks: what is to be done first, by type, as data; their states; and what must be done before.

The groups are the phases, so that a phase is left when its mandatory tasks are done. Sources: SEAL playbooks and the
unpause gate (reference: incident response, 6.5, 10.6), SEAL: actions on a compromised key within 30 minutes (4.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tocsin.model.errors import NotFound, Unacceptable, WrongState
from tocsin.model.priority import HOUR_SECONDS, MINUTE_SECONDS, Priority
from tocsin.respond.incident.events import TaskAdded, TaskChanged
from tocsin.respond.incident.needs import need_open
from tocsin.respond.incident.parts import Task
from tocsin.respond.incident.state import Incident
from tocsin.respond.incident.types import TYPES

STATES = ("todo", "in_progress", "on_hold", "done", "cancelled")
DAY_SECONDS = 24 * HOUR_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A task that incidents of some types begin with."""

    id: str
    """Short, to be typed."""
    title: str
    group: str
    """The phase it belongs to."""
    types: frozenset[str] | None = None
    """None: all types."""
    until: Priority = Priority.P2
    """The least bad priority that has it."""
    is_mandatory: bool = True
    due_seconds: float | None = None
    """After it was declared."""
    after: tuple[str, ...] = ()


_ON_CHAIN = frozenset({"exploit", "bridge-exploit", "oracle-manipulation", "governance-takeover", "malicious-token"})
_KEYS = frozenset({"key-compromise", "hot-wallet-theft", "governance-takeover", "insider"})
_SYSTEMS = frozenset({"front-end-hijack", "supply-chain", "data-breach", "extortion"})
_THEFT = frozenset(
    {"exploit", "bridge-exploit", "oracle-manipulation", "hot-wallet-theft", "key-compromise", "phishing"}
)
_REPORTED = frozenset(TYPES) - {"performance", "maintenance", "training", "informational"}

TEMPLATES: Sequence[Template] = (
    Template(
        id="war-room",
        title="Open a channel that the attacker cannot read, and bring the people who can contain it",
        group="triage",
        is_mandatory=False,
        due_seconds=10 * MINUTE_SECONDS,
    ),
    Template(
        id="scope",
        title="Find out what is affected and what else can be: contracts, chains, keys, users",
        group="triage",
        until=Priority.P3,
        is_mandatory=False,
        due_seconds=30 * MINUTE_SECONDS,
    ),
    Template(
        id="pause",
        title="Pause or limit what is being attacked, and check on chain that it holds",
        group="contain",
        types=_ON_CHAIN,
        due_seconds=30 * MINUTE_SECONDS,
    ),
    Template(
        id="rotate-keys",
        title="Move funds and rights to keys that are safe, and revoke the old ones",
        group="contain",
        types=_KEYS,
        due_seconds=30 * MINUTE_SECONDS,
    ),
    Template(
        id="cut-off",
        title="Take down what was tampered with, and warn users not to sign or log in",
        group="contain",
        types=_SYSTEMS | frozenset({"social-account-takeover", "phishing"}),
        due_seconds=30 * MINUTE_SECONDS,
    ),
    Template(
        id="follow-funds",
        title="Book what was taken, and follow where it goes: exchanges, bridges, mixers",
        group="contain",
        types=_THEFT,
        is_mandatory=False,
        due_seconds=HOUR_SECONDS,
    ),
    Template(
        id="ask-to-freeze",
        title="Ask exchanges and issuers to freeze what arrives there",
        group="contain",
        types=_THEFT,
        is_mandatory=False,
        due_seconds=2 * HOUR_SECONDS,
        after=("follow-funds",),
    ),
    Template(
        id="duties",
        title="Decide with legal which authorities and partners must be told, and until when",
        group="contain",
        types=_REPORTED,
        due_seconds=4 * HOUR_SECONDS,
    ),
    Template(id="root-cause", title="Find the cause, with proof", group="eradicate"),
    Template(id="fix", title="Remove the cause", group="eradicate", after=("root-cause",)),
    Template(
        id="fix-reviewed",
        title="Have the fix reviewed by somebody other than its author",
        group="eradicate",
        after=("fix",),
    ),
    Template(
        id="simulate",
        title="Simulate going live again: the attack fails, ordinary use works",
        group="recover",
        types=_ON_CHAIN,
    ),
    Template(id="watch-closely", title="Have a monitoring rule for it in place, for a week at least", group="recover"),
    Template(id="going-live-approved", title="Have going live again approved by those who must", group="recover"),
    Template(
        id="retrospective",
        title="Hold the retrospective and write the post-mortem",
        group="post",
        due_seconds=3 * DAY_SECONDS,
    ),
)
"""Tasks by type. Going live again needs all of: reviewed fix, simulation, monitoring, approval (10.6)."""


def first_tasks(
    type: str,  # noqa: A002 - the incident's own word
    priority: Priority,
    declared_at: float,
    there: Iterable[str] = (),
) -> tuple[TaskAdded, ...]:
    """The tasks that an incident of this type and priority begins with, without those that are there already."""
    fitting = [one for one in TEMPLATES if (one.types is None or type in one.types) and priority <= one.until]
    ids, before = {one.id for one in fitting} | set(there), set(there)
    return tuple(_added(one, declared_at, ids) for one in fitting if one.id not in before)


def _added(one: Template, declared_at: float, ids: set[str]) -> TaskAdded:
    return TaskAdded(
        task=one.id,
        title=one.title,
        group=one.group,
        is_mandatory=one.is_mandatory,
        due_at=None if one.due_seconds is None else declared_at + one.due_seconds,
        after=tuple(task for task in one.after if task in ids),
    )


def task_of(incident: Incident, id: str) -> Task:  # noqa: A002 - the task's own word
    """The task with this id, or the only one whose id begins so. Raises `NotFound`, `Unacceptable`."""
    found = [task for name, task in incident.tasks.items() if name == id] or [
        task for name, task in incident.tasks.items() if id and name.startswith(id)
    ]
    if not found:
        raise NotFound(f"{incident.number} has no task {id[:50]!r}; it has: {', '.join(incident.tasks) or 'none'}")
    if len(found) > 1:
        raise Unacceptable(f"{id[:50]!r} could be {', '.join(task.id for task in found)}; write more of it")
    return found[0]


def waits_for(incident: Incident, task: Task) -> tuple[Task, ...]:
    """The tasks that must be done before this one can be begun."""
    before: Mapping[str, Task] = incident.tasks
    return tuple(before[name] for name in task.after if name in before and before[name].is_open)


def changed(
    incident: Incident,
    id: str,  # noqa: A002 - the task's own word
    *,
    state: str | None = None,
    assignees: tuple[str, ...] | None = None,
    due_at: float | None = None,
    note: str = "",
) -> TaskChanged:
    """
    The change of a task; what is None stays. Raises `NotFound`, `Unacceptable`, `WrongState`.

    A mandatory task is cancelled only with a note that says why.
    """
    need_open(incident)
    task = task_of(incident, id)
    after = task.state if state is None else state
    if after not in STATES:
        raise Unacceptable(f"no state {after[:50]!r} of a task; known: {', '.join(STATES)}")
    if after == "cancelled" and task.is_mandatory and not note.strip():
        raise Unacceptable(f"task {task.id} is mandatory: say with a note why it is not done")
    if after in ("in_progress", "done") and (before := waits_for(incident, task)):
        raise WrongState(f"task {task.id} waits for {', '.join(one.id for one in before)}; do that first, or cancel it")
    return TaskChanged(
        task=task.id,
        state=after,
        assignees=task.assignees if assignees is None else assignees,
        due_at=task.due_at if due_at is None else due_at,
        note=note or task.note,
    )


def after_change(incident: Incident, event: TaskChanged) -> Incident:
    """The incident as it will be: what is changed with it may wait for that task."""
    task = msgspec.structs.replace(incident.tasks[event.task], state=event.state)
    return msgspec.structs.replace(incident, tasks={**incident.tasks, event.task: task})
