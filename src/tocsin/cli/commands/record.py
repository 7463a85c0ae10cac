"""
Record the blocks of a node into files that can be scanned, replayed and kept as evidence.

## What it does
Asks the node at URL (http, https, ws or wss) for each block from --from to --to: header with full transactions,
receipts, or logs where the node has no receipts, and call traces where it has them; with `--with state_changes` also
what each transaction changed in the state. One file a block is written into --output, named after chain and height.

Detectors ask questions about the state, such as whether an address is a contract. What they would ask about the block
is asked now and the answers are kept, so that a scan of the recording decides as it would have then; `--no-lookups`
leaves that out. With `--with names` tokens are asked for symbol and decimals too, some hundred questions a block. A
node answers only about blocks whose state it still has: about old ones, an archive node does.

Every answer is held against the block's hash, so that a recording never mixes two sides of a reorg. What the node
cannot give is named and left out: a scan of the recording then says which detectors are blind.

A block that is there already is skipped: run the same command again to go on after a failure. Name more URLs with
--also to fail over to, and to be told when nodes disagree about a block.

## Exit codes
0: every block of the range is there. 1: the node failed or refused; what was written before is kept. 2: wrong usage.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app import record as recording
from tocsin.app.questions import Questions
from tocsin.chain.rpc import methods
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import names
from tocsin.cli.render.console import note, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.progress import progress
from tocsin.detect.catalogue import detectors
from tocsin.edge.nodes import Nodes, connect
from tocsin.model.errors import SettingError

NAMES = "names"
OPTIONAL = methods.DEAR | {NAMES}


def run(  # noqa: PLR0913, PLR0917 - Typer reads the options off the parameters
    url: Annotated[str, typer.Argument(metavar="URL", help="The node.")],
    first: Annotated[int, typer.Option("--from", min=0, help="First block.")],
    output: Annotated[Path, typer.Option("--output", "--out", metavar="DIR", help="Where to; made if it is absent.")],
    last: Annotated[int | None, typer.Option("--to", min=0, help="Last block; the newest if absent.")] = None,
    packed: Annotated[bool, typer.Option("--gzip", help="Pack the files.")] = False,
    more: Annotated[str, typer.Option("--with", metavar="A,B", help="Also record these: names, state_changes.")] = "",
    lookups: Annotated[bool, typer.Option("--lookups/--no-lookups", help="Answers to what detectors ask.")] = True,
    also: Annotated[list[str] | None, typer.Option(metavar="URL", help="Another node of the same chain.")] = None,
    chain_id: Annotated[int | None, typer.Option(min=1, help="The chain the node must be of.")] = None,
) -> None:
    """Record what is missing of the range, and say how much it was."""
    chosen = _optional(names(more))
    _refuse_backwards(first, last)
    questions = Questions(detectors() if lookups else {}, names=NAMES in chosen)
    task = _Task(first, last, output, packed, questions)
    asyncio.run(_connected([url, *(also or ())], chain_id, methods.ORDINARY | chosen - {NAMES}, task))


@dataclass(frozen=True, slots=True)
class _Task:
    first: int
    last: int | None
    output: Path
    packed: bool
    questions: Questions


def _optional(more: tuple[str, ...]) -> frozenset[str]:
    if unknown := set(more) - OPTIONAL:
        raise SettingError(f"--with {', '.join(sorted(unknown))}: there is only {', '.join(sorted(OPTIONAL))}")
    return frozenset(more)


def _refuse_backwards(first: int, last: int | None) -> None:
    if last is not None and last < first:
        raise SettingError(f"--from {first} is behind --to {last}; the range goes upwards")


async def _connected(urls: list[str], chain_id: int | None, wanted: frozenset[str], task: _Task) -> None:
    nodes = await connect(urls, chain_id=chain_id, wanted=wanted)
    try:
        await _record(nodes, task)
    finally:
        await nodes.close()


async def _record(nodes: Nodes, task: _Task) -> None:
    last = (await nodes.head()).number if task.last is None else task.last
    numbers = recording.missing(task.output, nodes.chain_id, task.first, last)
    unanswered = 0
    with progress(len(numbers)) as advance:
        stream = recording.record(nodes, numbers, task.output, packed=task.packed, questions=task.questions)
        async for done in stream:
            unanswered += done.asked - done.answered
            advance(1)
    if numbers and nodes.blind:
        warn(f"no endpoint gives {', '.join(sorted(nodes.blind))}: detectors that need it are blind to these blocks.")
    if unanswered:
        warn(f"{count(unanswered, 'question')} about the state stayed unanswered: refused, or too old for the node.")
    there = max(last - task.first + 1, 0) - len(numbers)
    note(f"{count(len(numbers), 'block')} recorded, {count(there, 'block')} already there.")
    note(f"Look for attacks: tocsin scan {task.output}")


command = Command(
    id="record",
    run=run,
    samples=(
        Sample(
            says="A node that does not answer",
            arguments=("record", "http://127.0.0.1:9", "--from", "100", "--to", "120", "--output", "recorded"),
            exit_code=1,
            shows=("http://127.0.0.1:9: no answer",),
        ),
        Sample(
            says="A range that runs backwards",
            arguments=("record", "http://127.0.0.1:9", "--from", "120", "--to", "100", "--output", "recorded"),
            exit_code=2,
            shows=("the range goes upwards",),
        ),
    ),
)
