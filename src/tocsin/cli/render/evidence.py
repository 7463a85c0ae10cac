"""Evidence as tables: pieces, custody, and what verifying found."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.respond.evidence.item import Item, State
from tocsin.respond.evidence.standalone import FAIL, KEY, OPEN, PASS, Told
from tocsin.respond.journal import Entry

WORST_FIRST = (FAIL, OPEN, PASS)
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


def found(told: Sequence[Told], *, is_all: bool = False) -> Group:
    """By file of the bundle: each check that failed or is open on a line, of those that passed how many; or all."""
    shown: list[RenderableType] = []
    for name, checks in _by_file(told).items():
        lines = [(part, each) for part, each in checks if is_all or each.outcome != PASS]
        if lines:
            shown.append(_heading(name, [each for _, each in checks]))
            shown += [_line(part, each) for part, each in lines]
    if not is_all and (passed := sum(each.outcome == PASS for each in told)):
        shown.append(Text(f"{PASS}  {count(passed, 'check')}; --all shows each", style=STYLES[PASS]))
    return Group(*shown)


def _heading(name: str, checks: Sequence[Told]) -> Text:
    worst = min((each.outcome for each in checks), key=WORST_FIRST.index)
    passed = sum(each.outcome == PASS for each in checks)
    told = f"  {passed} of {count(len(checks), 'check')} passed"
    return Text.assemble((f"{worst}  ", STYLES[worst]), (safe(name), "bold"), (told, "dim"))


def _line(part: str, told: Told) -> Padding:
    says = f"{part}: {told.says}" if part else told.says
    return Padding(Text.assemble((f"{told.outcome}  ", STYLES[told.outcome]), safe(says)), (0, 0, 0, 6), expand=False)


def verdict(told: Sequence[Told]) -> str:
    """What verifying found, in plain words; whose key it is, a bundle cannot prove of itself."""
    failed, still = (sum(each.outcome == outcome for each in told) for outcome in (FAIL, OPEN))
    of = count(len(told), "check")
    if failed:
        return f"FAILED: {failed} of {of}. Do not rely on this bundle; keep it, and ask who sent it."
    left = f" {still} of them could not be decided here: they are marked OPEN." if still else ""
    if any(each.what == KEY and each.outcome == OPEN for each in told):
        return f"UNCHANGED since it was signed ({of}, none failed), but by whom is not shown: give --key.{left}"
    return f"VERIFIED: unchanged since the key you gave signed it; {of}, none failed.{left}"


def _by_file(told: Sequence[Told]) -> dict[str, list[tuple[str, Told]]]:
    """Checks under the file they are of, the worst first; `what` begins with its name."""
    files: dict[str, list[tuple[str, Told]]] = {}
    for each in told:
        name, _, part = each.what.partition(": ")
        if not part:
            name, _, part = each.what.partition(", ")
        files.setdefault(name, []).append((part, each))
    rank = WORST_FIRST.index
    return dict(sorted(files.items(), key=lambda item: min(rank(each.outcome) for _, each in item[1])))


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold", no_wrap=heading == "id")
    return shown


def time(seconds: float) -> str:
    """A moment, to the second, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
