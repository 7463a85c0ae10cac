"""
Watch every chain in tocsin.toml, live, until stopped.

## What it does
Follows the chains that the settings name, each block whole and in order, from where it stopped before. Findings, their
notices and the checkpoint are written together: killing it loses nothing and repeats no finding. A reorganised block's
findings are taken back. What fails is tried again, and told as a health alert in the log, the store and the metrics;
no block is ever skipped.

Notices go to standard output and to a file as JSON lines, as `[outbox]` says; logs go to standard error. Prometheus
reads the process's health at `[metrics] listen`. On SIGTERM or Ctrl-C it ends the block it is in and stops; asked
twice, it stops at once.

## Exit codes
0: stopped when asked to, or caught up. 1: the store cannot be used, catching up keeps failing, or not all
could be told. 2: wrong settings.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.reading_settings import read_settings
from tocsin.app.watching.process import watch
from tocsin.cli.command import Command, Sample


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings.")] = Path("tocsin.toml"),
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", "--once", help="Stop when every chain is at its head and all is told.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log every block.")] = False,
) -> None:
    """Watch the chains of the settings."""
    watch(read_settings(config, os.environ), sys.stderr, until_caught_up=until_caught_up, debug=debug)


command = Command(
    id="watch",
    run=run,
    samples=(
        Sample(
            says="No settings are there",
            arguments=("watch", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
