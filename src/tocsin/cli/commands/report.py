"""
Make reports of incidents, and export them for other programs.

## What it does
`make 42` writes a report of incident 42: --kind incident (everything), executive, regulator or review; or only the
--sections that you name; as Markdown, HTML or PDF. Amounts and digests are exact. Every page says how confidential it
is, and whether it was an exercise. What nobody has written down yet is said in it. --keep keeps it as evidence too.

`export 42 stix` writes the incident for other programs: stix (STIX 2.1), misp, ocsf (Incident Finding), timeline-csv.

`sections` lists the sections and which kind of report has which, and `formats` the exports.

That a report was made, by whom, and its digest stand in the audit.

## Exit codes
0: done. 1: the store cannot be read. 2: wrong usage, no such incident, or the settings are wrong.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

import tocsin.respond.exports
import tocsin.respond.reports.sections
from tocsin.app import reports as app
from tocsin.app.reports import Form, Made
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._incident_shared import SETTINGS, As, Config, Name, at_work
from tocsin.cli.options import names
from tocsin.cli.render.console import note, results
from tocsin.edge.whole_file import write_whole
from tocsin.model.extension import load_with_modules, summary
from tocsin.respond.export import Export
from tocsin.respond.reports.building import kinds, sections
from tocsin.respond.reports.section import Section

STANDARD_OUTPUT = "-"
_FORMS = {".pdf": Form.PDF, ".html": Form.HTML, ".htm": Form.HTML}
"""By how a file is called."""
Output = Annotated[
    str, typer.Option("--output", "--out", "-o", metavar="FILE", help="Where to write it; - for standard output.")
]


def make(  # noqa: PLR0913 - the options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    kind: Annotated[str, typer.Option(help="incident, executive, regulator or review.")] = "incident",
    only: Annotated[str, typer.Option("--sections", metavar="A,B", help="Only these; `sections` lists them.")] = "",
    form: Annotated[
        Form | None, typer.Option("--format", help="How to write it; else as the file is called, or as Markdown.")
    ] = None,
    output: Output = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep it as evidence of the incident, too.")] = False,
    who: As = "",
) -> None:
    """Write a report."""
    chosen = form or _FORMS.get(Path(output).suffix.lower(), Form.MARKDOWN)
    with at_work(config, who) as (desk, actor):
        made = app.report(desk, actor, incident, form=chosen, kind=kind, sections=names(only))
        if keep:
            item = app.keep(desk, actor, made, f"the {kind} report as it was told")
            note(f"Kept as evidence {item.id}.")
    _write(made, output or ("" if chosen is not Form.PDF else made.name))


def export(
    incident: Name,
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="stix, misp, ocsf or timeline-csv.")],
    config: Config = SETTINGS,
    *,
    output: Output = "",
    who: As = "",
) -> None:
    """Write the incident for other programs."""
    with at_work(config, who) as (desk, actor):
        made = app.export(desk, actor, incident, form)
    _write(made, output)


def list_sections() -> None:
    """List the sections of reports."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in ("section", "in", "what is in it"):
        shown.add_column(heading, overflow="fold")
    says = {each.id: summary(module) for each, module in load_with_modules(tocsin.respond.reports.sections, Section)}
    for each in sections():
        within = [kind for kind, chosen in kinds().items() if each in chosen and kind != "incident"]
        shown.add_row(each, ", ".join(within), says[each])
    results().print(shown)
    note("A report of the kind `incident` has all of them.")


def formats() -> None:
    """List the formats of exports."""
    for each, module in load_with_modules(tocsin.respond.exports, Export):
        results().print(f"{each.id:14} {summary(module)}")


def _write(made: Made, output: str) -> None:
    if output in ("", STANDARD_OUTPUT):
        typer.echo(made.content, nl=False)
        return
    write_whole(Path(output), lambda file: file.write(made.content))
    note(f"Written: {output}, SHA-256 {made.sha256}")


command = Command(
    id="report",
    subcommands=(("make", make), ("export", export), ("sections", list_sections), ("formats", formats)),
    samples=(
        Sample(says="What a report may have", arguments=("report", "sections"), shows=("timeline", "executive")),
        Sample(says="For which programs", arguments=("report", "formats"), shows=("stix", "OCSF")),
        Sample(
            says="No settings are there",
            arguments=("report", "make", "42", "--as", "ada", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
