"""
Replay a recorded attack, from raw recording to an incident that pages people. No node, no network.

## What it does
Plays the recording that is shipped with tocsin through the very pipeline that watches live chains, into a store in a
temporary directory, and tells what was seen: which block, what happened, who lost how much, what is kept. Then what is
done about it: the alert, the incident with its clocks, whom it would page by which policy, the evidence that is
captured, and which command to type next. Pages are written and not sent. The attack is the range's `oracle-aave`:
played on local chains, on the protocols' real contracts.

## Exit codes
0: the attack was found. 1: it was not, or the recording is damaged.
"""

from pathlib import Path

import typer

from tocsin.app.demo import RECORDING, play
from tocsin.cli.command import Command, Sample
from tocsin.cli.render.console import results
from tocsin.cli.render.demo import story
from tocsin.detect.catalogue import detectors


def run() -> None:
    """Play the demo and tell its story."""
    played = play(detectors())
    for part in story(played, _from_here(RECORDING)):
        results().print(part, soft_wrap=False)
    if not played.is_detected:
        raise typer.Exit(1)


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


command = Command(
    id="demo",
    run=run,
    samples=(
        Sample(
            says="The whole story", arguments=("demo",), shows=("Who lost what", "INC-", "critical", "tocsin explain")
        ),
    ),
)
