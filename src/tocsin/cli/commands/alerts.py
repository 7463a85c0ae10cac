"""
Show what watching has found lately, put together and scored.

## What it does
Reads the findings that stand in the store (those that a reorg took back do not), puts together what is about one
transaction, actor or victim, and shows the alerts this makes, the worst first: how bad, how likely an attack, which
stages of an attack are seen, and what speaks for it. A new account's funding counts for ten days.

It only reads: watching may go on meanwhile, in this process or another.

## Exit codes
0: shown. 1: the store cannot be read. 2: wrong usage, or wrong settings.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.alerts import standing_alerts
from tocsin.app.start import read_settings
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format, SeverityWord
from tocsin.cli.render import alerts as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge import clock
from tocsin.edge.store.store import open_store


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings.")] = Path("tocsin.toml"),
    *,
    hours: Annotated[float, typer.Option(min=0.1, help="How far back to look.")] = 24.0,
    least: Annotated[
        SeverityWord, typer.Option("--min-severity", metavar="SEVERITY", help="Leave out alerts below.")
    ] = SeverityWord.LOW,
    form: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.TABLE,
) -> None:
    """Show the alerts."""
    settings = read_settings(config, os.environ)
    store = open_store(settings.store.url.reveal)
    try:
        found = standing_alerts(settings, store, now=clock.now(), hours=hours)
    finally:
        store.close()
    told = [alert for alert in found if alert.severity >= least.severity]
    if form is Format.JSON:
        for alert in told:
            typer.echo(json.dumps(alert.to_json()))
        return
    if told:
        results().print(shown.table(told))
    note(f"{count(len(told), 'alert')} in {hours:g} hours; {len(found) - len(told)} below {least.value} left out.")


command = Command(
    id="alerts",
    run=run,
    samples=(
        Sample(
            says="No settings are there",
            arguments=("alerts", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
