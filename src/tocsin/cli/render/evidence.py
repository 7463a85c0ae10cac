"""Evidence as tables: pieces, custody, and what verifying found."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.safe import safe
from tocsin.respond.evidence.item import Item, State
from tocsin.respond.evidence.standalone import FAIL, OPEN, PASS, Told
from tocsin.respond.journal import Entry

STYLES = {PASS: "green", FAIL: "bold red", OPEN: "yellow"}


def items(pieces: Sequence[Item]) -> Table:
    """One piece a row; its digest is shown with the piece alone."""
    shown = _table("id", "kept since", "what")
    for item in pieces:
        marks = [item.type.value, f"{item.size:,} bytes"]
        marks += [item.state.value] if item.state is not State.KEPT else []
        marks += ["legal hold"] if item.legal_hold else []
        what = Text.assemble(safe(item.name), "\n", (", ".join(marks), "dim"))
        shown.add_row(item.id, time(item.added_at), what)
    return shown


def facts(item: Item) -> Table:
    """Everything that is known of one piece."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    told = (
        ("id", item.id),
        ("name", item.name),
        ("type", f"{item.type.value}, {item.copy.value}" + (f" of {item.parent}" if item.parent else "")),
        ("SHA-256", item.sha256),
        ("bytes", f"{item.size:,}"),
        ("media", item.media),
        ("source", item.source),
        ("method", item.method),
        ("tool", item.tool),
        ("incident", item.incident or ""),
        ("state", item.state.value + (", under legal hold" if item.legal_hold else "")),
        ("kept since", f"{time(item.added_at)} by {item.added_by}"),
    )
    for name, value in told:
        shown.add_row(Text(name, style="dim"), Text(safe(value)))
    return shown


def custody(entries: Sequence[Entry]) -> Table:
    """Who did what with it, and why; an act in which the bytes were not the same is red."""
    shown = _table("when", "who", "what", "why", "bytes")
    for entry in entries:
        before, after = str(entry.data.get("before", "")), str(entry.data.get("after", ""))
        changed = bool(before) and bool(after) and before != after
        to = f" (to {entry.data['to']})" if entry.data.get("to") else ""
        same = Text("changed", style="bold red") if changed else Text("as kept" if after else "")
        who, why = Text(safe(str(entry.actor))), Text(safe(f"{entry.data.get('why', '')}{to}"))
        shown.add_row(time(entry.occurred_at), who, Text(safe(entry.kind)), why, same)
    return shown


def found(told: Sequence[Told]) -> Table:
    """One check a row; failures first."""
    shown = _table("", "what", "")
    order = {FAIL: 0, OPEN: 1, PASS: 2}
    for each in sorted(told, key=lambda each: order[each.outcome]):
        shown.add_row(Text(each.outcome, style=STYLES[each.outcome]), Text(safe(each.what)), Text(safe(each.says)))
    return shown


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold", no_wrap=heading == "id")
    return shown


def time(seconds: float) -> str:
    """A moment, to the second, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
