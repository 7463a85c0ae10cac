"""Clocks as tables: those that are open by time left, one incident's, and the rules."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.app.clocks.clocks import Standing, regime
from tocsin.cli.render.safe import safe
from tocsin.edge.store.clocks import Shown
from tocsin.respond.clocks import words
from tocsin.respond.clocks.clock import Clock, State
from tocsin.respond.clocks.definition import ClockDefinition

STYLES: Mapping[State, str] = {
    State.RUNNING: "green",
    State.WARNED: "bold yellow",
    State.PAUSED: "cyan",
    State.MET: "green",
    State.BREACHED: "bold red",
    State.WAIVED: "magenta",
    State.SUPERSEDED: "dim",
}
_WHOLE = frozenset({"clock", "duty", "state", "runs"})
"""Columns of short words that people copy: never broken."""


def listed(found: Sequence[Shown], now: float) -> Table:
    """Open clocks, the least time left first."""
    shown = _table("time left", "clock", "what must have happened", "due")
    for each in found:
        clock = each.clock
        drill = Text(" exercise", style="cyan") if each.exercise else Text("")
        shown.add_row(left(clock, now), Text.assemble(safe(clock.id), drill), _says(clock), moment(clock.due_at))
    return shown


def standing(stands: Standing, now: float) -> Table:
    """Every clock of an incident, oldest first."""
    shown = _table("clock", "state", "how it stands", "started", "due", "what must have happened, and why it is so")
    for clock in stands.clocks:
        shown.add_row(
            safe(clock.id.removeprefix(f"{stands.number}:")),
            Text(clock.state.value, style=STYLES[clock.state]),
            left(clock, now),
            moment(clock.started_at),
            moment(clock.due_at),
            _says(clock),
        )
    return shown


def undecided(duties: Sequence[ClockDefinition]) -> Table:
    """Duties that somebody has yet to decide on."""
    shown = _table("duty", "counts from", "how long", "who is told", "what it asks")
    for each in duties:
        shown.add_row(each.id, words.starts(each), words.target(each.target), each.recipient, each.says)
    return shown


def rules(every: Sequence[tuple[ClockDefinition, bool]], now: float) -> Table:
    """Every clock there is, those that run here first."""
    today = dt.datetime.fromtimestamp(now, dt.UTC).date()
    shown = _table("clock", "runs", "how long", "counts from", "told; verified", "what must have happened")
    for each, runs in every:
        known = regime(each)
        verified = known.verification.value if known else ""
        if known and not known.is_in_force:
            verified = "not in force"
        if known and known.is_review_due(today):
            verified += ", to be reviewed"
        shown.add_row(
            safe(each.id),
            Text("yes", style="green") if runs else Text("no", style="dim"),
            words.target(each.target),
            words.starts(each),
            Text.assemble(
                safe(each.recipient), "; " if verified else "", (verified, "" if verified == "high" else "yellow")
            ),
            Text(safe(f"{each.says}{f' ({each.note})' if each.note else ''}")),
        )
    return shown


def left(clock: Clock, now: float) -> Text:
    """How much time there is, in the colour of its state."""
    return Text(words.left(clock, now), style=STYLES[clock.state])


def moment(at: float | None) -> str:
    """A moment in UTC, to the second."""
    return "" if at is None else dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock_json(clock: Clock, now: float, *, number: str, exercise: str) -> dict[str, Any]:
    """A clock for programs. Times are seconds since 1970."""
    told = msgspec.to_builtins(clock)
    seconds = None if clock.due_at is None or not clock.is_open else clock.due_at - now
    extra = {"number": number, "exercise": exercise, "is_open": clock.is_open, "seconds_left": seconds}
    return {**told, **extra, "says_left": words.left(clock, now)}


def rule_json(clock: ClockDefinition, *, runs: bool) -> dict[str, Any]:
    """A rule for programs."""
    known = regime(clock)
    return {
        "id": clock.id,
        "runs": runs,
        "says": clock.says,
        "how_long": words.target(clock.target),
        "counts_from": words.starts(clock),
        "recipient": clock.recipient,
        "obligation": clock.obligation,
        "citation": known.citation if known else "",
        "verification": known.verification.value if known else "",
        "is_in_force": known.is_in_force if known else True,
        "reviewed_on": known.reviewed_on.isoformat() if known else "",
        "note": clock.note,
    }


def _says(clock: Clock) -> Text:
    why = f" ({safe(clock.reason)})" if clock.reason else ""
    return Text(f"{safe(clock.says)}{why}")


def _table(*columns: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for name in columns:
        shown.add_column(name, overflow="fold", no_wrap=name in _WHOLE)
    return shown
