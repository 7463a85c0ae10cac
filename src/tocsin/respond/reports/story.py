"""The journal of an incident as a story: one line for each entry that somebody would want to read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.respond.incident.events import event
from tocsin.respond.incident.parts import LineVersion
from tocsin.respond.reports.material import Material, dollars, spelt, units, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the timeline."""

    at: float
    who: str
    text: str
    kind: str
    """Of the entry it is from."""
    is_pinned: bool = False


def story(material: Material) -> tuple[Told, ...]:
    """What happened, in the order in which it happened; lines of people in their newest version."""
    return tuple(sorted((*_entries(material), *_lines(material)), key=lambda told: told.at))


def _entries(material: Material) -> Iterator[Told]:
    for entry in material.entries:
        words = _WORDS.get(entry.kind)
        if words is not None:
            yield Told(
                at=entry.occurred_at,
                who=material.name_of(str(entry.actor)),
                text=words(event(entry), material),
                kind=entry.kind,
            )


def _lines(material: Material) -> Iterator[Told]:
    for line in material.incident.lines.values():
        now: LineVersion = line.now
        if now.in_report:
            text = f"{now.text} [{now.category}]" if now.category else now.text
            yield Told(
                at=now.at, who=material.name_of(now.by), text=text, kind="timeline_written", is_pinned=now.is_pinned
            )


def _because(text: str) -> str:
    return f": {text}" if text else ""


def _moved(told: Any, _material: Material) -> str:
    amount = f"{units(int(told.amount), told.decimals)} {told.symbol}"
    worth = "" if told.usd_cents is None else f" ({dollars(told.usd_cents)})"
    return f"{amount}{worth} from {spelt(told.debit)} to {spelt(told.credit)}{_because(told.note)}"


def _retracted(told: Any, _material: Material) -> str:
    return f"A reorg took back a finding of alert {told.alert}"


def _breached(told: Any, material: Material) -> str:
    return f"Clock {_clock(told, material)} was breached; it was due {when(told.due_at)}"


def _clock(told: Any, material: Material) -> str:
    known = material.incident.clocks.get(told.clock)
    return known.says if known is not None and known.says else told.definition


def _paged(told: Any, material: Material) -> str:
    repeat = "; it may be a repeat" if told.may_be_repeat else ""
    return f"{material.name_of(told.person)} was paged by {told.channel}{repeat}"


Words = Callable[[Any, Material], str]
_WORDS: Mapping[str, Words] = {
    "declared": lambda e, _: f"Declared as {e.number}, {e.priority}, {spelt(e.type)}",
    "classified": lambda e, _: f"Classified as {e.priority}, {spelt(e.type)}{_because('; '.join(e.because))}",
    "described": lambda _e, _: "Title, summary or confidentiality were written anew",
    "time_corrected": lambda e, _: f"The time it was {e.what} is {when(e.at)}{_because(e.reason)}",
    "verdict_given": lambda e, _: f"Verdict: {spelt(e.verdict)}{_because(e.reason)}",
    "status_changed": lambda e, _: f"Status: {e.before} to {e.after}{_because(e.reason)}",
    "phase_changed": lambda e, _: f"Phase: {e.before} to {e.after}{_because(e.reason)}",
    "acknowledged": lambda e, _: f"Acknowledged by {e.via}",
    "alert_linked": lambda e, _: f"Alert: {e.title} ({e.severity})",
    "alert_unlinked": lambda e, _: f"Alert {e.alert} is not about it{_because(e.reason)}",
    "finding_retracted": _retracted,
    "role_assigned": lambda e, m: f"{m.name_of(e.person)} takes the role {spelt(e.role)}",
    "role_released": lambda e, m: f"{m.name_of(e.person)} leaves the role {spelt(e.role)}{_because(e.reason)}",
    "task_added": lambda e, _: f"Task: {e.title}",
    "decision_made": lambda e, _: f"Decided: {e.what}{_because(e.why)}",
    "trigger_met": lambda e, _: f"{spelt(e.trigger).capitalize()} as of {when(e.at)}{_because(e.why)}",
    "funds_moved": _moved,
    "impact_assessed": lambda e, _: f"Impact assessed{_because(e.note)}",
    "evidence_added": lambda e, _: f"Evidence kept: {e.name} (SHA-256 {e.sha256[:16]}…)",
    "clock_paused": lambda e, m: f"Clock {_clock(e, m)} stands still{_because(e.reason)}",
    "clock_met": lambda e, m: f"Clock {_clock(e, m)} was met{' late' if e.is_late else ''}",
    "clock_breached": _breached,
    "clock_waived": lambda e, m: f"Clock {_clock(e, m)} was waived{_because(e.reason)}",
    "page_sent": _paged,
    "page_failed": lambda e, m: f"{m.name_of(e.person)} could not be paged{_because(e.reason)}",
    "page_answered": lambda e, m: f"{m.name_of(e.person)} answered a page: {spelt(e.answer)}",
    "paging_stopped": lambda e, _: f"Paging by {e.policy} stopped{_because(e.reason)}",
    "update_published": lambda e, _: f"Told {e.audience} how things stand",
    "update_postponed": lambda e, _: (
        f"The next update to {e.audience} is put off to {when(e.until)}{_because(e.reason)}"
    ),
    "merged": lambda e, _: f"It goes on in incident {e.into}{_because(e.reason)}",
    "merged_in": lambda e, _: f"Incident {e.incident} goes on in this one{_because(e.reason)}",
    "unmerged": lambda e, _: f"Separated from incident {e.other} again{_because(e.reason)}",
    "access_granted": lambda e, m: f"{m.name_of(e.person)} may see it{_because(e.reason)}",
    "access_revoked": lambda e, m: f"{m.name_of(e.person)} may not see it any more{_because(e.reason)}",
    "restriction_changed": lambda e, _: f"{'Restricted' if e.is_restricted else 'Opened'}{_because(e.reason)}",
    "review_changed": lambda e, _: f"Review: {spelt(e.before)} to {spelt(e.after)}{_because(e.note)}",
    "post_mortem_written": lambda e, _: f"Post-incident review, version {e.version}",
    "action_item_added": lambda e, m: f"Action item for {m.name_of(e.owner)}: {e.what}",
    "action_item_changed": lambda e, _: f"Action item {e.item} is {e.state}{_because(e.note)}",
}
"""How an entry of each kind reads; kinds that are not here say nothing to readers of a report."""
