"""
Check the settings, files, store, endpoints and health.

## What it does
Reads the settings, opens the store (and makes its tables, if they are not there), asks every endpoint which chain it is
of, what its head is and what it can give, and every beacon node which chain it is of and whether it is in sync. Reads
the files of response (estate, on call, channels, clocks), and says of each which command tells more. Shows
what the store says: how far each chain is done, open gaps, open health alerts, and notices that have not been told.
What an endpoint cannot give is shown with the detectors that are blind because of it. It changes nothing of the
watching and may run beside it.

`--format json` writes one check per line.

## Exit codes
0: everything works, with or without warnings. 1: something failed: the table says what. 2: the settings are wrong.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.app.check import check_chain, check_settings, check_store
from tocsin.app.check_response import check_response
from tocsin.app.checked import Check, State
from tocsin.app.chosen import with_rules
from tocsin.app.reading_settings import read_settings
from tocsin.app.settings import Settings
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render.console import results
from tocsin.cli.render.safe import safe
from tocsin.edge.store.opening import open_store
from tocsin.model.errors import StoreError

STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red"}


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings.")] = Path("tocsin.toml"),
    form: Annotated[Format, typer.Option("--format", help="How to write the checks.")] = Format.TABLE,
) -> None:
    """Check the installation that the settings describe."""
    checks = asyncio.run(_checks(read_settings(config, os.environ)))
    if form is Format.JSON:
        for check in checks:
            results().file.write(json.dumps(asdict(check)) + "\n")
    else:
        results().print(_table(checks))
    if any(check.state is State.FAILED for check in checks):
        raise typer.Exit(1)


async def _checks(settings: Settings) -> list[Check]:
    found = [*check_settings(settings), *check_response(settings, os.environ)]
    try:
        store = open_store(settings.store.url.reveal)
    except StoreError as error:
        return [*found, Check(area="store", name="store", state=State.FAILED, detail=str(error))]
    try:
        found += check_store(store)
        every = with_rules(settings)
        for chain in settings.chains:
            found += [check async for check in check_chain(chain, every, store)]
    finally:
        store.close()
    return found


def _table(checks: list[Check]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in ("state", "of", "what", "says"):
        shown.add_column(heading, overflow="fold")
    for check in checks:
        state = Text(check.state, style=STYLES[check.state])
        shown.add_row(state, safe(check.area), safe(check.name), safe(check.detail))
    return shown


command = Command(
    id="check",
    run=run,
    samples=(
        Sample(
            says="No settings are there",
            arguments=("check", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
