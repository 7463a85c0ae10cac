"""A beacon node as pieces: the node as it is now, or a range of slots."""

import asyncio
from collections.abc import Iterator, Sequence

from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.app.sources.recorded import decoded
from tocsin.chain.beacon import requests
from tocsin.chain.beacon.slots import slots_per_epoch
from tocsin.chain.recording import Recording
from tocsin.chain.sources.beacon_api import PREFIX
from tocsin.edge.beacon import BeaconNode
from tocsin.edge.rpc.urls import shown
from tocsin.model.errors import InputError, RemoteError, UserError
from tocsin.model.lookups import Answers

NOUN = "slot"


def units(request: Request) -> int | None:
    """How many slots, where both ends are given; one for a look at the node as it is. Raises `UserError`."""
    first, last = request.first_block, request.last_block
    if first is None and last is not None:
        raise UserError(f"{title(request)}: --to needs --from: both are slots")
    if first is not None and last is not None and last < first:
        raise UserError(f"--from {first} is above --to {last}")
    return 1 if first is None else None if last is None else last - first + 1


def title(request: Request) -> str:
    """The source without the keys its URL may hold."""
    return PREFIX + shown(_url(request))


def _url(request: Request) -> str:
    return request.source.strip()[len(PREFIX) :]


def pieces(request: Request) -> Iterator[Piece]:
    """One look, or the slots of the range that have a block. Raises `UserError`, `RemoteError` where nobody answers."""
    units(request)
    with asyncio.Runner() as runner:
        node = BeaconNode(_url(request))
        try:
            chain_id = runner.run(node.chain_id()) if request.chain_id is None else request.chain_id
            newest = runner.run(node.newest_slot())
            if request.first_block is None:
                yield from _piece(runner, node, chain_id, _now(chain_id, newest), f"{title(request)} slot {newest}")
                return
            last = newest if request.last_block is None else min(newest, request.last_block)
            for slot in range(request.first_block, last + 1):
                yield from _piece(runner, node, chain_id, requests.of_slot(slot), f"{title(request)} slot {slot}")
        finally:
            runner.run(node.close())


def _now(chain_id: int, slot: int) -> tuple[requests.Request, ...]:
    epoch = slot // slots_per_epoch(chain_id)
    return (*requests.NODE, requests.FINALITY, *requests.of_slot(slot), *requests.of_epoch(epoch))


def _piece(
    runner: asyncio.Runner, node: BeaconNode, chain_id: int, asked: Sequence[requests.Request], name: str
) -> Iterator[Piece]:
    """What the node answers; nothing where it has nothing."""
    try:
        answers = runner.run(_answers(node, asked))
        if answers:
            tables = decoded(Recording(chain_id=chain_id, name=name, answers=answers))
            yield Batch(source=name, units=1, tables=tables, ask=_nobody)
    except (InputError, RemoteError) as error:
        yield Unreadable(source=name, units=1, error=error)


async def _answers(node: BeaconNode, asked: Sequence[requests.Request]) -> dict[str, bytes]:
    told = {request.key(): await node.ask(request) for request in asked}
    return {key: answer for key, answer in told.items() if answer is not None}


def _nobody(_lookups: object) -> Answers:
    """A beacon node knows nothing of accounts: every question stays unanswered."""
    return {}
