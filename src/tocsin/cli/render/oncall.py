"""Schedules, pages and checks of paging as tables; times are local to a schedule, else UTC."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.app.paging.check import Checked, Fault, Reached, Weight
from tocsin.app.paging.oncall import LaidOut
from tocsin.cli.render.safe import safe
from tocsin.edge.store.on_call import ContactTest, KeptOverride, KeptSwap
from tocsin.respond.oncall.shifts import HandOver, Stretch
from tocsin.respond.paging.page import Attempt, Page, PageState

NOBODY = Text("nobody", style="bold red")
_STYLES: Mapping[str, str] = {
    PageState.PENDING: "yellow",
    PageState.FAILED: "bold red",
    PageState.ANSWERED: "green",
    Weight.WRONG: "bold red",
    Weight.NOTE: "cyan",
    "refused": "bold red",
    "busy": "yellow",
    "unknown": "yellow",
}
HOUR_SECONDS = 3_600
_WHOLE = ("page", "override", "swap", "person", "priority", "state", "outcome", "channel", "schedule")
"""Columns of ids and of single words, which are copied: never broken."""


def at(moment: float | None, zone: tzinfo = UTC) -> str:
    """A moment as people read it."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment, zone):%a %Y-%m-%d %H:%M %Z}"


def now(people: Mapping[str, Sequence[str]]) -> Table:
    """Who is on call by each schedule."""
    shown = _table("schedule", "on call")
    for schedule, who in people.items():
        shown.add_row(safe(schedule), _people(who))
    return shown


def stretches(found: Iterable[Stretch], zone: tzinfo) -> Table:
    """Who is on call from when to when."""
    shown = _table("from", "to", "hours", "on call")
    for each in found:
        hours = f"{(each.ends - each.begins) / HOUR_SECONDS:.1f}"
        shown.add_row(at(each.begins, zone), at(each.ends, zone), hours, _people(each.people))
    return shown


def hand_overs(found: Iterable[HandOver], zone: tzinfo) -> Table:
    """When who hands over to whom."""
    shown = _table("hand-over", "leaving", "coming")
    for each in found:
        shown.add_row(at(each.at, zone), safe(", ".join(each.leaving)), _people(each.coming))
    return shown


def gaps(found: Mapping[str, LaidOut]) -> Table:
    """When nobody is on call, by schedule."""
    shown = _table("schedule", "from", "to", "hours")
    for name, laid in found.items():
        for each in laid.gaps:
            zone = laid.schedule.zone
            hours = f"{(each.ends - each.begins) / HOUR_SECONDS:.1f}"
            shown.add_row(safe(name), at(each.begins, zone), at(each.ends, zone), hours)
    return shown


def overrides(found: Iterable[KeptOverride]) -> Table:
    """What was changed beside the file."""
    shown = _table("override", "schedule", "who", "instead of", "from", "to", "reason, by")
    for kept in found:
        each = kept.override
        who = _people((each.person,) if each.person else ())
        why = safe(f"{kept.reason} ({kept.made_by})".strip())
        shown.add_row(
            each.id, safe(kept.schedule), who, safe(each.instead_of or "all"), at(each.begins), at(each.ends), why
        )
    return shown


def swaps(found: Iterable[KeptSwap]) -> Table:
    """Who asks whom to take a shift."""
    shown = _table("swap", "schedule", "takes", "for", "from", "to", "gives back", "state")
    for kept in found:
        each = kept.swap
        back = "" if each.back_begins is None else f"{at(each.back_begins)} to {at(each.back_ends)}"
        shown.add_row(
            each.id, safe(kept.schedule), each.takes, each.asks, at(each.begins), at(each.ends), back, kept.state
        )
    return shown


def faults(checked: Checked) -> Table:
    """What may keep a page from somebody, what is wrong last: it stands above the prompt."""
    shown = _table("", "where", "says", "from", "to")
    for each in sorted(checked.faults, key=lambda fault: fault.weight is Weight.WRONG):
        shown.add_row(_word(each.weight), safe(each.where), safe(each.says), at(each.begins), at(each.ends))
    return shown


def fault_json(fault: Fault) -> dict[str, object]:
    """A fault for programs."""
    names = ("where", "says", "begins", "ends")
    return {"weight": fault.weight.value, **{name: getattr(fault, name) for name in names}}


def tests(found: Iterable[ContactTest]) -> Table:
    """What tests of contacts came to."""
    shown = _table("person", "channel", "address", "outcome", "says")
    for each in found:
        shown.add_row(safe(each.person), safe(each.channel), safe(each.address), _word(each.outcome), safe(each.detail))
    return shown


def reached(found: Iterable[Reached]) -> Table:
    """How fast signers answered."""
    shown = _table("safe", "quorum after", "answered", "silent", "not in the estate")
    for each in found:
        seconds = each.quorum_seconds
        quorum = Text(f"{seconds:.0f} s", style="green") if seconds is not None else Text("missed", style="bold red")
        answered = ", ".join(f"{person} {took:.0f} s" for person, took in each.answered)
        counted = Text(f"{len(each.answered)} of {each.threshold}, ") + quorum
        shown.add_row(safe(each.safe), counted, safe(answered), safe(", ".join(each.silent)), str(each.unknown))
    return shown


def pages(found: Iterable[Page]) -> Table:
    """Pages, the newest first."""
    shown = _table("page", "person", "priority", "state", "made, and why")
    for each in found:
        after = "" if each.sent_at is None else f", sent after {each.sent_at - each.created_at:.1f} s"
        made = f"{at(each.created_at)}{after}: {safe(each.reason)}"
        shown.add_row(each.id, safe(each.person), each.priority, _word(each.state), made)
    return shown


def attempts(found: Iterable[Attempt]) -> Table:
    """Every try to send a page."""
    shown = _table("tried", "channel", "address", "outcome", "took", "may repeat", "says")
    for each in found:
        took = "" if each.ended_at is None else f"{each.ended_at - each.tried_at:.2f} s"
        says = safe(each.detail or each.provider_id)
        repeat = "yes" if each.may_be_repeat else ""
        shown.add_row(
            at(each.tried_at), safe(each.channel), safe(each.address), _word(each.outcome), took, repeat, says
        )
    return shown


def _people(who: Sequence[str]) -> Text:
    return Text(safe(", ".join(who))) if who else NOBODY


def _word(word: str) -> Text:
    return Text(str(word), style=_STYLES.get(word, ""))


def _table(*columns: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for column in columns:
        shown.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    return shown
