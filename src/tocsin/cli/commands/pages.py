"""
Show whom tocsin paged, every attempt of it, and answer.

## What it does
`list` shows pages, the newest first: of one incident, of one person, or only those that an answer is awaited of.
`show ID` has every attempt of one page: when, on which channel, what became of it, and whether it may be a repeat.
`ack ID` acknowledges the incident of a page in your name, as its link would.

## Exit codes
0: done. 1: the store cannot be read. 2: wrong usage or settings; there is no such page; nothing to acknowledge.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.desk import at_desk
from tocsin.app.paging.answering import answer_page, page_of, pages_of
from tocsin.app.reading_settings import read_settings
from tocsin.cli.acting import As, acting
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render import oncall as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge.store.pages import Wanted

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of a page.")]
SETTINGS = Path("tocsin.toml")


def list_(  # noqa: PLR0913 - options of a command
    config: Config = SETTINGS,
    *,
    incident: Annotated[str, typer.Option(metavar="NUMBER", help="Of one incident alone.")] = "",
    person: Annotated[str, typer.Option(metavar="PERSON", help="Of one person alone.")] = "",
    is_open: Annotated[bool, typer.Option("--open", help="Only those that an answer is awaited of.")] = False,
    most: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 100,
    form: Form = Format.TABLE,
    name: As = "",
) -> None:
    """Show pages, the newest first."""
    with at_desk(read_settings(config, os.environ)) as desk:
        wanted = Wanted(incident=incident, person=person, is_open=is_open)
        found = pages_of(desk, acting(name), wanted, limit=most)
    if form is Format.JSON:
        for page in found:
            typer.echo(json.dumps(asdict(page)))
        return
    if found:
        results().print(shown.pages(found))
    note(f"{count(len(found), 'page')}.")


def show(page: Id, config: Config = SETTINGS, *, form: Form = Format.TABLE, name: As = "") -> None:
    """Show one page with every attempt."""
    with at_desk(read_settings(config, os.environ)) as desk:
        found = page_of(desk, acting(name), page)
    if form is Format.JSON:
        typer.echo(json.dumps(asdict(found)))
        return
    results().print(shown.pages([found.page]))
    results().print(shown.attempts(found.attempts))


def ack(page: Id, config: Config = SETTINGS, *, name: As = "") -> None:
    """Acknowledge the incident of a page."""
    with at_desk(read_settings(config, os.environ)) as desk:
        actor = acting(name)
        answer_page(desk, actor, page, "cli")
    note(f"{actor.id} has it.")


command = Command(
    id="pages",
    subcommands=(("list", list_), ("show", show), ("ack", ack)),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("pages", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
