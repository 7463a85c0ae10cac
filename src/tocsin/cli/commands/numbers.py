"""
Show how response goes: time to detect, acknowledge, contain, resolve; clocks met and breached; how good alerts are.

## What it does
Works everything out from the journal: for incidents the durations MTTD (detect), MTTT (triage), MTTA (acknowledge),
MTTQ (qualify), MTTC (contain), MTTR (resolve) and the response, each as mean, median and what nine in ten stayed
within; for every clock and priority how often it was met, breached, waived; for every source of alerts what people said
of them. Exercises stand apart: with `--exercises` they alone are counted.

An incident belongs to the period in which it was declared, and to the teams that own what was hit, else to those of
its commander. MTTA counts from when it began, the response from the first alert: docs/clocks.md has every formula.

## Exit codes
0: shown. 1: the store cannot be read. 2: wrong usage, wrong settings, or no such team.
"""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.clocks import clocks as asked
from tocsin.app.desk import at_desk
from tocsin.app.numbers import numbers
from tocsin.app.reading_settings import read_settings
from tocsin.cli.command import Command, Sample
from tocsin.cli.moments import day_or_moment
from tocsin.cli.render import numbers as shown
from tocsin.cli.render.console import note, results
from tocsin.respond.numbers.figures import Wanted
from tocsin.respond.numbers.periods import Period

WHEN = "2026-03-01 (UTC), a moment with its zone, or 30d ago."


class NumbersFormat(StrEnum):
    """How numbers are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def run(  # noqa: PLR0913 - the options of a command
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings.")] = Path("tocsin.toml"),
    *,
    since: Annotated[str, typer.Option("--from", metavar="WHEN", help=f"From then on: {WHEN}")] = "",
    until: Annotated[str, typer.Option("--to", metavar="WHEN", help="Before then.")] = "",
    team: Annotated[str, typer.Option(metavar="TEAM", help="Of this team of the estate only.")] = "",
    by: Annotated[Period, typer.Option("--by", help="One set of numbers for each.")] = Period.ALL,
    exercises: Annotated[bool, typer.Option("--exercises", help="Exercises, and nothing real.")] = False,
    form: Annotated[NumbersFormat, typer.Option("--format", help="How to write them.")] = NumbersFormat.TABLE,
) -> None:
    """Show the numbers of response."""
    with at_desk(read_settings(config, os.environ)) as desk:
        now = desk.clock()
        asked.catch_up(desk)
        wanted = Wanted(
            since=day_or_moment(since, now) if since else 0.0,
            until=day_or_moment(until, now) if until else float("inf"),
            team=team,
            period=by,
            is_exercise=exercises,
        )
        found = numbers(desk, wanted)
    if form is NumbersFormat.CSV:
        typer.echo(shown.to_csv(found), nl=False)
    elif form is NumbersFormat.JSON:
        for each in found:
            typer.echo(json.dumps(shown.to_json(each)))
    else:
        for each in found:
            for table in shown.tables(each):
                results().print(table)
        note(f"{'Exercises only' if exercises else 'Without exercises'}. tocsin clocks list shows what runs now.")


command = Command(
    id="numbers",
    run=run,
    samples=(
        Sample(
            says="No settings are there",
            arguments=("numbers", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
