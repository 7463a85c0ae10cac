"""What the demo tells of the response: the alert, the incident as it was opened, whom it would page, what is kept."""

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.app.demo_response import Responded, Telling
from tocsin.cli.render import findings, incident
from tocsin.cli.render.money import beginning, count
from tocsin.cli.render.safe import safe
from tocsin.respond.evidence.item import Item
from tocsin.respond.incident.next_steps import next_steps
from tocsin.respond.reports.material import lasting

INDENT = (0, 0, 0, 2)
SHOWN_DIGITS = 16
MOST_STEPS = 3


def responded(told: Responded) -> Iterator[RenderableType]:
    """The part of the story that begins with the alert."""
    yield Text("\n5. Respond", style="bold")
    yield Padding(_alert(told), INDENT)
    yield _incident(told)
    yield Text()
    yield _heading("Whom it pages", f"policy {safe(told.policy)}, until somebody says that he has it")
    yield Padding(_pages(told), INDENT)
    yield Text()
    yield _heading("Evidence", "captured from the recording (from your nodes when you serve), by SHA-256")
    yield Padding(_evidence(told), INDENT)


def _alert(told: Responded) -> Text:
    """How many findings became one alert, and the alert one incident."""
    alert = told.alert
    return Text.assemble(
        f"{count(alert.findings, 'finding')} about {count(len(alert.story.transactions), 'transaction')} became one ",
        (f"{alert.severity.word} alert", findings.STYLES[alert.severity]),
        f", {alert.story.probability or 0:.0%} sure to be an attack. "
        "What it hits is of the estate, and it opened an incident:",
    )


def _incident(told: Responded) -> RenderableType:
    opened = told.incident
    head = Text.assemble((opened.number, "bold"), "  ", incident.badge(opened.priority), f"  {opened.status}")
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold", ratio=1)
    hit = ", ".join(told.estate.name_of(asset) for asset in opened.hit)
    hanging = ", ".join(told.estate.name_of(asset) for asset in opened.assets if asset not in opened.hit)
    rows.add_row("why so bad", Text(safe("; ".join(opened.because))))
    rows.add_row("hit", Text(safe(hit + (f"; what depends on it: {hanging}" if hanging else ""))))
    for way in incident.ways(opened, told.estate):
        rows.add_row("contain", Text(safe(way)))
    rows.add_row("clocks", incident.clocks(opened, told.now))
    steps = [Text(safe(f"{number}. {step.says}")) for number, step in enumerate(next_steps(opened)[:MOST_STEPS], 1)]
    rows.add_row("next", Text("\n").join(steps))
    return Panel(Group(head, Text(safe(opened.title), style="bold"), Text(), rows), border_style="red", box=box.ROUNDED)


def _heading(name: str, says: str) -> Padding:
    return Padding(Text.assemble((name, "bold"), f": {says}."), INDENT)


def _pages(told: Responded) -> Table:
    shown = _plain()
    for step in told.steps:
        shown.add_row(
            "at once" if not step.after_seconds else f"after {lasting(step.after_seconds)}",
            Text(safe(_people(step, told))),
            Text("page written" if not step.after_seconds and told.pages else "", style="green"),
        )
    return shown


def _people(step: Telling, told: Responded) -> str:
    return ", ".join(f"{person.name} ({', then '.join(told.ways(person))})" for person in step.people)


def _evidence(told: Responded) -> Table:
    shown = _plain()
    for item in sorted(told.evidence, key=_name):
        shown.add_row(Text(_name(item)), Text(f"{item.sha256[:SHOWN_DIGITS]}…", style="cyan"), f"{item.size:,} bytes")
    return shown


def _name(item: Item) -> str:
    """The block and the transaction, as the name of a capture has them."""
    _, _, block, what = item.name.removesuffix(".json").split("-", 3)
    return safe(f"block {block}, transaction {beginning(what)}" if what != "block" else f"block {block}")


def _plain() -> Table:
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        shown.add_column(overflow="fold")
    return shown
