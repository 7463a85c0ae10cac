"""
How far an incident can go from where it is: status and phase as tables, with what must be so before
(reference: incident response, 3.12.2, 3.12.3; rows marked † are added here).

A guard is a gate of `gates.py`. What is missing is told with what to do about it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.model.errors import Unacceptable, WrongState
from tocsin.respond.incident import gates
from tocsin.respond.incident.gates import Gate
from tocsin.respond.incident.incident import PHASES, Incident

STATUSES = ("active", "stable", "resolved", "closed", "reopened")


@dataclass(frozen=True, slots=True)
class Row:
    """One way from one state to another."""

    before: str
    after: str
    says: str
    """When it is taken."""
    gates: Callable[[Incident], Sequence[Gate]] = lambda _incident: ()
    needs_reason: bool = False


STATUS_TABLE: Sequence[Row] = (
    Row("active", "stable", "the harm spreads no further"),
    Row("stable", "active", "there is new harm", needs_reason=True),
    Row("stable", "resolved", "all is recovered", lambda _: (gates.RECOVERED,)),
    Row("active", "resolved", "† there was nothing to recover", lambda _: (gates.NOTHING_THERE,)),
    Row("resolved", "active", "† there is new harm after all", needs_reason=True),
    Row("resolved", "closed", "nothing is left to do", gates.closing),
    Row("closed", "reopened", "it is not over after all", needs_reason=True),
    Row("reopened", "active", "somebody leads it again", lambda _: (gates.LED,)),
)
_FORWARD: Sequence[Row] = (
    Row("detect", "triage", "somebody leads it", lambda _: (gates.LED,)),
    Row("triage", "contain", "it is declared and classified"),
    Row("contain", "eradicate", "the containment holds", lambda _: (gates.done_in("contain"),)),
    Row("eradicate", "recover", "the cause is removed, the fix reviewed", lambda _: (gates.done_in("eradicate"),)),
    Row("recover", "post", "it is safe to go on as before", lambda _: (gates.done_in("recover"),)),
    Row("post", "closed", "nothing is left to do", gates.closing),
)
_BACK = tuple(
    Row(before, after, "there is more to do there", needs_reason=True)
    for number, before in enumerate(PHASES[:-1])
    for after in PHASES[:number]
)
_REOPENED = tuple(Row("closed", after, "it is reopened", needs_reason=True) for after in PHASES[:-1])
_FOR_NOTHING = tuple(
    Row(
        before,
        "closed",
        "† there was nothing to contain or recover",
        lambda one: (gates.NOTHING_THERE, *gates.closing(one)),
    )
    for before in PHASES[:-2]
)
PHASE_TABLE: Sequence[Row] = (*_FORWARD, *_BACK, *_REOPENED, *_FOR_NOTHING)


def status_row(incident: Incident, after: str, reason: str) -> Row:
    """The way to another status. Raises `Unacceptable`, `WrongState`."""
    return _way(STATUS_TABLE, incident, incident.status, after, reason)


def phase_rows(incident: Incident, after: str, reason: str) -> tuple[Row, ...]:
    """
    The ways to another phase, one after the other: forward no phase is left out. Raises `Unacceptable`, `WrongState`.

    A phase in which there is nothing to do is passed at once, and each stands in the journal.
    """
    if after not in PHASES:
        raise Unacceptable(f"no phase {after[:50]!r}; known: {', '.join(PHASES)}")
    here, there = PHASES.index(incident.phase), PHASES.index(after)
    if there <= here or (after == "closed" and incident.is_for_nothing):
        return (_way(PHASE_TABLE, incident, incident.phase, after, reason),)
    path = zip(PHASES[here:there], PHASES[here + 1 : there + 1], strict=True)
    return tuple(_way(PHASE_TABLE, incident, before, next_one, reason) for before, next_one in path)


def rows_to(incident: Incident, phase: str) -> tuple[Row, ...]:
    """The way from its phase to another, whatever is still missing for it; none where there is none."""
    return tuple(row for row in PHASE_TABLE if (row.before, row.after) == (incident.phase, phase))


def missing(incident: Incident, row: Row) -> tuple[Gate, ...]:
    """What must still be done before this way is open."""
    return tuple(gate for gate in row.gates(incident) if not gate.is_met(incident))


def _way(table: Sequence[Row], incident: Incident, before: str, after: str, reason: str) -> Row:
    row = next((one for one in table if (one.before, one.after) == (before, after)), None)
    if row is None:
        known = ", ".join(dict.fromkeys(one.after for one in table if one.before == before)) or "none"
        raise WrongState(f"{incident.number} is {before}: no way leads to {after[:50]!r}; from here: {known}")
    if row.needs_reason and not reason.strip():
        raise Unacceptable(f"from {before} to {after} needs a reason: what happened?")
    if lacking := missing(incident, row):
        told = "; ".join(f"{gate.says(incident)} ({gate.do(incident)})" for gate in lacking)
        raise WrongState(f"{incident.number} cannot be {after} yet: {told}")
    return row
