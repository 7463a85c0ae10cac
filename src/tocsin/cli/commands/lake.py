"""
Write blocks into a Parquet archive with cryo's file and column names.

## What it does
Decodes each SOURCE (recordings, or a node's URL with --from and --to) and writes its raw datasets into the directory
--output: one zstd-compressed Parquet file for each dataset and run of consecutive blocks. Any tool that reads Parquet
reads them, and so does `tocsin scan`. Derived datasets are not kept: they are derived again when they are read.

What cannot be read, and transactions that were recorded without their block, are named, and the rest is written.

## Exit codes
0: everything is in the lake. 1: something could not be read or written; the rest is there. 2: wrong usage.
"""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.archive import archive
from tocsin.app.sources import Request, Unreadable, units
from tocsin.cli.command import Command, Sample
from tocsin.cli.render.console import note, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.progress import progress
from tocsin.edge.lake import BLOCKS_PER_FILE


def run(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Recordings, or a node's URL.")],
    output: Annotated[Path, typer.Option("--output", "--out", metavar="DIR", help="Where to; made if it is absent.")],
    first: Annotated[int | None, typer.Option("--from", min=0, help="First block.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=0, help="Last block.")] = None,
    chain_id: Annotated[int | None, typer.Option(min=1, help="The chain of recordings that do not say.")] = None,
) -> None:
    """Write, and say how much it was."""
    request = Request(
        source=source, chain_id=chain_id, first_block=first, last_block=last, together=BLOCKS_PER_FILE // 10
    )
    blocks, files, unread = 0, 0, 0
    with progress(units(request)) as advance:
        for piece in archive(request, output):
            advance(piece.units)
            if isinstance(piece, Unreadable):
                unread += 1
                warn(f"{piece.source}: {piece.error}")
            else:
                blocks, files = blocks + piece.blocks, files + len(piece.files)
    note(f"{count(blocks, 'block')} in {count(files, 'file')}. Look for attacks: tocsin scan {output}")
    if unread:
        raise typer.Exit(1)


command = Command(
    id="lake",
    run=run,
    samples=(
        Sample(says="Recorded blocks", arguments=("lake", "blocks", "--output", "archive"), shows=(" blocks in",)),
        Sample(
            says="A transaction without its block has no place in it",
            arguments=("lake", "transaction.json", "--output", "archive"),
            exit_code=1,
            shows=("a lake holds blocks",),
        ),
    ),
)
