"""
Check and show rules written in YAML, or make them from OpenZeppelin Monitor's monitors.

## What it does
`check PATH` reads rule files, or all below a directory, and lists what would run; a rule that cannot be meant is
refused with its file, line and field, and so is one that has the name of a detector. `show PATH` prints each rule's
page. `import FILE` rewrites monitors as rules, one file each in --out, and shows what was translated, what was not, and
why; the monitors' network files in --networks say which chain each is about. Rules are tested with `tocsin detectors
test PATH`.

## Exit codes
0: done. 1: a monitor could not be translated as a whole. 2: no such file, or a rule or monitor is malformed.
"""

from typing import Annotated

import typer
from rich import box
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from tocsin.app import rules as app
from tocsin.cli.command import Command, Sample
from tocsin.cli.render.console import note, results
from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.detect.rules.loading import Compiled, running
from tocsin.detect.rules.openzeppelin.translation import LEFT_OUT, Told

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Rule files, or directories of them.")]
Force = Annotated[bool, typer.Option("--force", help="Take rules that would match nearly everything.")]


def check(paths: Paths, force: Force = False) -> None:
    """Read rules and list them; refuse those that cannot be meant."""
    rules = app.compiled(paths, force=force)
    on = {each.detector.id for each in running(rules)}
    shown = _table("rule", "level", "finds", "reads")
    for each in rules:
        title = each.heading.title if each.detector.id in on else f"{each.heading.title} ({_why_not(each)})"
        reads = Text(", ".join(each.detector.reads))
        shown.add_row(Text(safe(each.detector.id)), badge(each.detector.severity), Text(safe(title)), reads)
    results().print(shown)
    note(
        f"{count(len(rules), 'rule')}, {len(on)} of them {'gives' if len(on) == 1 else 'give'} findings. "
        "Test them: tocsin detectors test PATH"
    )


def _why_not(rule: Compiled) -> str:
    return "only for a correlation" if rule.heading.runs else "switched off"


def show(paths: Paths, force: Force = False) -> None:
    """Show the page of each rule."""
    for each in app.compiled(paths, force=force):
        page = "\n".join(map(safe, each.page.splitlines()))
        results().print(Markdown(f"# {safe(each.detector.id)}\n\n{page}"))


def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Monitor files (JSON) of OpenZeppelin Monitor.")],
    out: Annotated[str, typer.Option(metavar="DIR", help="Where to write the rules.")] = "rules",
    networks: Annotated[str, typer.Option(metavar="DIR", help="Network files: which chain a slug is.")] = "",
) -> None:
    """Rewrite monitors of OpenZeppelin Monitor as rules, and say what became of each part."""
    translations = app.translated(files, networks)
    written = app.write(translations, out)
    shown = _table("monitor", "part", "", "how or why")
    for told in (told for each in translations for told in each.told):
        shown.add_row(*_row(told))
    results().print(shown)
    for name in written:
        note(f"Written: {name}")
    note(f"{count(len(translations), 'monitor')}; written as rules: {len(written)}. Look through them before they run.")
    if any(not each.text for each in translations):
        raise typer.Exit(1)


def _row(told: Told) -> tuple[Text, Text, Text, Text]:
    style = "yellow" if told.outcome == LEFT_OUT else ""
    return Text(safe(told.monitor)), Text(safe(told.part)), Text(told.outcome, style), Text(safe(told.why))


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    return shown


command = Command(
    id="rules",
    subcommands=(("check", check), ("show", show), ("import", import_)),
    samples=(
        Sample(
            says="What would run, and how bad it is",
            arguments=("rules", "check", "my-rules"),
            shows=("large-approval", "1 rule, 1 of them gives findings"),
        ),
        Sample(
            says="One rule's page",
            arguments=("rules", "show", "my-rules/large-approval.yml"),
            shows=("large-approval", "Blind spots"),
        ),
        Sample(says="A file that is not there", arguments=("rules", "check", "rulez"), exit_code=2, shows=("rulez",)),
        Sample(
            says="A monitor that is not there",
            arguments=("rules", "import", "monitor.json", "--out", "rules"),
            exit_code=2,
            shows=("monitor.json",),
        ),
    ),
)
