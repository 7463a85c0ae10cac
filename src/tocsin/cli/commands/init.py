"""
Write the files to begin with: settings, estate, on-call plan and channels.

## What it does
Writes tocsin.toml, estate.toml, oncall.toml and channels.toml into a folder (this one, unless another is named). They
work as they are: `tocsin serve` starts, and pages are printed by it. Each line says what to change. You are the one who
is called first; `--as ada` says who that is. A file that is there already is left as it is.

## Exit codes
0: done. 1: a file cannot be written. 2: wrong usage.
"""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.starting import starting_files
from tocsin.cli.acting import As, acting
from tocsin.cli.command import Command, Sample
from tocsin.cli.render.console import note
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import Unacceptable

NEXT = (
    ("tocsin check", "are the files right, and what is missing"),
    ("tocsin oncall test", "a marked message on each way of each person"),
    ("tocsin serve", "watch, respond, page; in a terminal of its own"),
    ('tocsin incident declare "A drill" --exercise first-drill', "be paged for it"),
)
"""What to type next, and what for."""


def run(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to; made where it is not there.")] = Path(),
    who: As = "",
) -> None:
    """Write the files to begin with."""
    if folder.exists() and not folder.is_dir():
        raise Unacceptable(f"{folder} is no folder; name one, or a new one")
    for name, text in starting_files(acting(who).id).items():
        _write(folder / name, text)
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder}; "
    note("Next:")
    for command_line, why in NEXT:
        note(f"  {there}{command_line}   # {why}")
        there = ""


def _write(path: Path, text: str) -> None:
    """What is there stays, a link that leads nowhere too."""
    if path.exists() or path.is_symlink():
        note(f"There already, left as it is: {path}")
        return
    write_whole(path, lambda file: file.write(text.encode()))
    note(f"Written: {path}")


command = Command(
    id="init",
    run=run,
    samples=(
        Sample(
            says="Files to begin with",
            arguments=("init", "watch-tower", "--as", "ada"),
            shows=("Written: watch-tower/tocsin.toml", "cd watch-tower; tocsin check"),
        ),
    ),
)
