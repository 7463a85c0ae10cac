"""
Show what one transaction did: who gained and lost, what moved, what was called.

## What it does
Finds the transaction in SOURCE and shows the findings about it, the net profit of each address, transfers, swaps,
approvals and the call tree. Amounts are exact. What the source does not hold is left out of the table and null in JSON;
it is not guessed.

Well-known tokens go by their symbols. Others are asked for theirs, by the node or from what the recording holds, and
shown in the units they claim; `USDC?` with an address is a token that only calls itself so. A token that does not
answer is told in base units. In JSON, amounts are in base units, and `tokens` says what they claim.

SOURCE may also be a trace as a node or `cast` answered it: a callTracer frame, a JSON-RPC answer around one, or what
`debug_traceBlock`, `trace_transaction` or `trace_block` give; `-` reads it from standard input: paste it and press
Ctrl-D. It does not say its chain: --chain-id does, or tocsin.toml where that names one chain only. Transfers, swaps,
flash loans, profits and re-entrance follow from the call tree alone; its block and, of a bare frame, its hash stay
unknown.

--tx takes the hash or its first digits; it may be left out where SOURCE holds one transaction. A deep call tree is
folded; --depth says how far to unfold it.

## Exit codes
0: shown. 1: the source could not be read, or a detector failed. 2: wrong usage, or there is no such transaction.
"""

import json
import re
from dataclasses import replace
from typing import Annotated

import typer

from tocsin.app.explain import Explanation, block_of, find
from tocsin.app.explain import explain as explained
from tocsin.app.known import load
from tocsin.app.sources import Batch, Request, needs_range, pieces
from tocsin.app.wanted import extra
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render.console import results, warn
from tocsin.cli.render.explanation import explanation
from tocsin.cli.render.pasting import invite
from tocsin.detect.catalogue import detectors
from tocsin.model.errors import SourceError, UserError
from tocsin.tables.dataset import Tables

_HASH = re.compile(r"(0x)?([0-9a-fA-F]{0,64})")


def run(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Recordings, a pasted trace (- to paste), an archive, a URL.")
    ],
    *,
    tx: Annotated[str, typer.Option(metavar="HASH", help="The transaction's hash, or its first digits.")] = "",
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
    depth: Annotated[int | None, typer.Option(metavar="N", min=0, help="How deep to show the call tree.")] = None,
    chain_id: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The chain, where the source does not say which it is.")
    ] = None,
    known: Annotated[
        list[str] | None, typer.Option("--known", metavar="PATH", help="Labels, prices and announced changes.")
    ] = None,
) -> None:
    """Find the transaction, explain it, show it."""
    invite([source])
    value = _explained(source, _beginning(tx), chain_id, load(known or ()))
    if form is Format.JSON:
        typer.echo(json.dumps(value.to_json()))
    else:
        results().print(explanation(value, depth))
    for failure in value.failures:
        warn(f"detector {failure.detector} failed: {type(failure.error).__name__}: {failure.error}")
    if value.failures:
        raise typer.Exit(1)


def _beginning(tx: str) -> str:
    """The hash as it will be compared. Raises `UserError` when it cannot be one."""
    match = _HASH.fullmatch(tx.strip())
    if match is None:
        raise UserError(f"--tx {tx}: not a transaction hash, which is 0x and up to 64 hexadecimal digits")
    return f"0x{match[2].lower()}" if tx else ""


def _explained(source: str, beginning: str, chain_id: int | None, known: Tables) -> Explanation:
    wanted = Request(
        source=source, chain_id=chain_id, together=1, mentioning=beginning, extra=extra(detectors().values())
    )
    if needs_range(wanted) and not beginning:
        raise UserError("a node has many transactions: name one with --tx HASH")
    batch, transaction = _found(wanted)
    if batch.units > 1:
        number = block_of(batch, transaction)
        batch, transaction = find(pieces(replace(wanted, first_block=number, last_block=number)), beginning)
    return explained(batch, transaction, detectors(), known)


def _found(wanted: Request) -> tuple[Batch, bytes | None]:
    try:
        return find(pieces(wanted), wanted.mentioning)
    except SourceError:
        # The text was in no recording: read all of them, to name the nearest.
        return find(pieces(replace(wanted, mentioning="")), wanted.mentioning)


command = Command(
    id="explain",
    run=run,
    samples=(
        Sample(
            says="The only transaction of a recording", arguments=("explain", "transaction.json"), shows=("sender",)
        ),
        Sample(says="A deep call tree, to its third level", arguments=("explain", "attack.json.gz", "--depth", "3")),
        Sample(
            says="A trace as it was pasted: a bare callTracer frame",
            arguments=("explain", "pasted.json", "--chain-id", "1"),
            shows=("its hash is not recorded",),
        ),
        Sample(says="As JSON", arguments=("explain", "transaction.json", "--format", "json"), json=True),
    ),
)
