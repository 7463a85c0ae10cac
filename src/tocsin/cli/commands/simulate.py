"""
Try a new contract out on a node's state: would a call of it take anything from anybody?

## What it does
Reads the code at ADDRESS, finds the functions it answers to, and calls each on the state after the newest block (or
--block), as --from and as owners that its storage and code name: with nothing, with ten ether, then with arguments that
are varied where calls come furthest; then again after a call that changed something. Nothing is sent. What comes of
each call is measured as if it had happened: what the caller and the contract would gain, and what accounts that you
watch (--known) would lose.

A finding is critical when a watched account would lose more than a twentieth of what it has of a token, high when a
call gains $30 000 or more than ten items, medium when all of that comes from pools of exchanges, as in an arbitrage.
Tokens without a known price do not count: give theirs with --known. That nothing was found does not clear a contract:
one that needs more than two calls, or arguments that nobody guesses, keeps its secret.

The node must have `debug_traceCall`. At most --seconds are spent; the same --seed makes the same calls.

## Exit codes
0: tried out, whatever was found. 1: the node failed or cannot simulate, or there is no code. 2: wrong usage.
3: a finding is at or above --fail-on.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - seeded here, handed down
from typing import Annotated

import typer

from tocsin.app.known import load
from tocsin.app.simulation.simulation import Budget, Simulation, finding, simulate_new_contract
from tocsin.app.simulation.trial import NewContract
from tocsin.chain.header import Header
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format, SeverityWord
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.findings import panel
from tocsin.cli.render.money import count
from tocsin.cli.render.names import Names
from tocsin.edge.nodes import Nodes, connect
from tocsin.edge.rpc.limits import Limits
from tocsin.model.errors import DataMissing, UserError
from tocsin.tables.dataset import Tables

FAILED_ON = 3
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def run(  # noqa: PLR0913 - Typer reads the options off the parameters
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The contract.")],
    *,
    rpc: Annotated[list[str], typer.Option(metavar="URL", help="The node; more to fail over to.")],
    deployer: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Who deployed it, if you know.")] = "",
    block: Annotated[int | None, typer.Option(metavar="N", min=0, help="State after it; the newest if absent.")] = None,
    known: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="Prices, and labels of what you watch.")
    ] = None,
    chain_id: Annotated[int | None, typer.Option(metavar="N", min=1, help="The chain the node must be of.")] = None,
    seconds: Annotated[float, typer.Option(min=1.0, help="The longest it may take.")] = Budget().seconds,
    rate: Annotated[float, typer.Option("--requests-per-second", min=1.0, help="What the node bears.")] = 200.0,
    seed: Annotated[int, typer.Option(help="Of what is varied.")] = 0,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
    fail_on: Annotated[
        SeverityWord | None, typer.Option(help="Exit with 3 when the finding is at or above it.")
    ] = None,
) -> None:
    """Simulate, and say what was found."""
    contract, caller = _address("ADDRESS", address), _address("--from", deployer) if deployer else None
    limits = Limits(requests_per_second=rate, burst_requests=2 * rate)
    asked = _Asked(contract, caller, block, chain_id, Budget(seconds=seconds), seed)
    simulation = asyncio.run(_simulated(rpc, asked, load(known or ()), limits))
    _show(simulation, form)
    found = finding(simulation)
    raise typer.Exit(FAILED_ON if fail_on and found and found.severity >= fail_on.severity else 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be tried out, as it was asked for."""

    contract: str
    deployer: str | None
    block: int | None
    chain_id: int | None
    budget: Budget
    seed: int


def _address(where: str, text: str) -> str:
    if _ADDRESS.fullmatch(text) is None:
        raise UserError(f"{where} {text}: not an address, which is 0x and 40 hexadecimal digits")
    return text.lower()


async def _simulated(urls: list[str], asked: _Asked, known: Tables, limits: Limits) -> Simulation:
    nodes = await connect(urls, chain_id=asked.chain_id, limits=limits)
    try:
        new = NewContract(address=asked.contract, deployer=asked.deployer, head=await _head(nodes, asked.block))
        random = Random(asked.seed)  # noqa: S311 - what is tried is to be repeated, not to be unpredictable
        return await simulate_new_contract(nodes, new, random=random, known=known, budget=asked.budget)
    finally:
        await nodes.close()


async def _head(nodes: Nodes, number: int | None) -> Header:
    if number is None:
        return await nodes.head()
    if (header := await nodes.header(number)) is None:
        raise DataMissing(f"there is no block {number} on chain {nodes.chain_id}: its head is lower, or it was pruned")
    return header


def _show(simulation: Simulation, form: Format) -> None:
    """The finding on stdout, how it was looked for on stderr."""
    found = finding(simulation)
    if form is Format.JSON:
        if found is not None:
            typer.echo(json.dumps(found.to_json()))
    elif found is not None:
        results().print(panel(found, Names(simulation.chain_id)))
    else:
        results().print("Nothing was found. That does not clear the contract.")
    note(
        f"{count(simulation.attempts, 'call')} of {count(simulation.functions, 'function')} tried, {simulation.done} "
        f"not reverted, after block {simulation.head.number}."
    )
    if not simulation.is_complete:
        warn("time ran out before everything was tried: give more with --seconds.")


command = Command(
    id="simulate",
    run=run,
    samples=(
        Sample(
            says="A node that does not answer",
            arguments=("simulate", "0x" + "ab" * 20, "--rpc", "http://127.0.0.1:9"),
            exit_code=1,
            shows=("http://127.0.0.1:9: no answer",),
        ),
        Sample(
            says="What is no address",
            arguments=("simulate", "mallory", "--rpc", "http://127.0.0.1:9"),
            exit_code=2,
            shows=("not an address",),
        ),
    ),
)
