"""
Watch, respond and answer the API, until stopped.

## What it does
Everything `tocsin watch` does, and what comes after it: alerts are triaged, incidents opened, clocks kept, people
paged, evidence captured, and the API answers at `[serve] listen` (its reference: /api/v1/docs). Without chains in the
settings it responds only.

Where there is no user yet, it prints a token with which the first one is made; `tocsin users add` does it too. Logs go
to standard error. On SIGTERM or Ctrl-C it ends what it is doing and stops; asked twice, it stops at once. Killing it
loses nothing: what was to be done is done at the next start.

## Exit codes
0: stopped when asked to. 1: the store cannot be used. 2: wrong settings, or an address that cannot be used.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.reading_settings import read_settings
from tocsin.app.serving.serve import serve
from tocsin.cli.command import Command, Sample
from tocsin.web.api import application


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings.")] = Path("tocsin.toml"),
    debug: Annotated[bool, typer.Option("--debug", help="Log every block.")] = False,
) -> None:
    """Watch, respond and answer the API."""
    serve(read_settings(config, os.environ), sys.stderr, os.environ, application, debug=debug)


command = Command(
    id="serve",
    run=run,
    samples=(
        Sample(
            says="No settings are there",
            arguments=("serve", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
