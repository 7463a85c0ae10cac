"""
Make a price list of the pools of recorded blocks, for thresholds in dollars to work offline.

## What it does
Looks for the trades of pairs of the Uniswap V2 kind in SOURCE and works out what each token was worth before the first
trade of the block, by the token beside it that has a price. Of each token the deepest pair counts. The list goes to
stdout, or to --output, in the form that `--known` and the settings take; look at it before you use it: a pair of
somebody's own tokens says what its owner likes.

A list is of blocks before those you will look at: a price from the block of an attack may be the attack's.

## Exit codes
0: the list is written; it may be empty. 1: something could not be read. 2: wrong usage.
"""

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.known import load
from tocsin.app.sources import Request, Unreadable, pieces, units
from tocsin.cli.command import Command, Sample
from tocsin.cli.render.console import note, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.progress import progress
from tocsin.detect.pool_prices import LEAST_DEPTH_DOLLARS, Quote, best, quotes
from tocsin.detect.worth import Prices
from tocsin.edge.whole_file import write_whole

HEADER = ("chain_id", "token_address", "decimals", "dollars")


def run(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Recordings, a Parquet archive, or a node's URL.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "--out", metavar="FILE", help="Where to.")] = None,
    least: Annotated[
        float, typer.Option("--min-depth", metavar="DOLLARS", min=0, help="What a pair must hold to be believed.")
    ] = LEAST_DEPTH_DOLLARS,
    known: Annotated[list[str] | None, typer.Option("--known", metavar="PATH", help="Prices to go by.")] = None,
    first: Annotated[int | None, typer.Option("--from", metavar="N", min=0, help="First block.")] = None,
    last: Annotated[int | None, typer.Option("--to", metavar="N", min=0, help="Last block.")] = None,
) -> None:
    """Look through the blocks and write the list."""
    prices, found, unread = Prices.of(load(known or ())), list[Quote](), 0
    request = Request(source=source, first_block=first, last_block=last)
    with progress(units(request)) as advance:
        for piece in pieces(request):
            advance(piece.units)
            if isinstance(piece, Unreadable):
                unread += 1
                warn(f"left out: {piece.error}")
            elif "swaps" in piece.tables and "logs" in piece.tables:
                found.extend(quotes(piece.tables, prices, least))
    told = best(found)
    if output is None:
        typer.echo(_written(told), nl=False)
    else:
        content = _written(told).encode()
        write_whole(output, lambda file: file.write(content))
    note(f"{count(len(told), 'price')} from {count(len({quote.pool for quote in told}), 'pair')}.")
    if unread:
        raise typer.Exit(1)


def _written(told: list[Quote]) -> str:
    """What a token's decimals are is not known here: the price is of one base unit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((each.chain_id, "0x" + each.token.hex(), 0, f"{each.dollars_per_unit:.9g}") for each in told)
    return buffer.getvalue()


command = Command(
    id="prices",
    run=run,
    samples=(
        Sample(
            says="What the pairs of recorded blocks say",
            arguments=("prices", "blocks"),
            shows=("chain_id,token_address",),
        ),
        Sample(says="A path that is misspelt", arguments=("prices", "blokcs"), exit_code=2, shows=("did you mean",)),
    ),
)
