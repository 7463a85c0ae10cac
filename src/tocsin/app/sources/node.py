"""A node's blocks as pieces, fetched a few at once, looked at in order."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tocsin.app.pipeline import Ask
from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.app.sources.recorded import decoded
from tocsin.chain.recording import Recording
from tocsin.edge import nodes as edge
from tocsin.edge.nodes import Nodes
from tocsin.edge.rpc.urls import shown
from tocsin.edge.transactions import block_of
from tocsin.model.errors import InputError, RemoteError, UserError
from tocsin.model.lookups import Answers, Lookup

NOUN = "block"
HASH_CHARACTERS = 66


def units(request: Request) -> int | None:
    """How many blocks, where both ends are given. Raises `UserError` when it is not said which."""
    _check(request)
    if request.first_block is None or request.last_block is None:
        return None
    return max(0, request.last_block - request.first_block + 1)


def pieces(request: Request) -> Iterator[Piece]:
    """
    The blocks of the range, one a piece; up to the head where no last block is given.

    Raises `UserError` when it is not said which blocks, and `RemoteError` when nobody answers at all.
    """
    _check(request)
    with _connected(request) as link:
        yield from _blocks(link, request, _numbers(link, request))


@dataclass(slots=True)
class _Link:
    """A connection, and the loop it lives in."""

    runner: asyncio.Runner
    nodes: Nodes
    is_open: bool = True

    def answers(self, lookups: Sequence[Lookup]) -> Answers:
        return self.runner.run(self.nodes.answers(lookups))


@contextmanager
def _connected(request: Request) -> Iterator[_Link]:
    with asyncio.Runner() as runner:
        link = _Link(runner, runner.run(edge.connect([request.source], chain_id=request.chain_id, extra=request.extra)))
        try:
            yield link
        finally:
            link.is_open = False
            runner.run(link.nodes.close())


def _check(request: Request) -> None:
    name, first, last = shown(request.source), request.first_block, request.last_block
    if request.mentioning and len(request.mentioning) != HASH_CHARACTERS:
        raise UserError(f"{name}: a node needs the whole hash: --tx 0x and 64 digits")
    if not request.mentioning and first is None:
        raise UserError(f"{name}: say which blocks: --from and --to (up to the newest, if --to is left out)")
    if first is not None and last is not None and last < first:
        raise UserError(f"--from {first} is above --to {last}")


def _numbers(link: _Link, request: Request) -> Sequence[int]:
    if request.mentioning:
        return [link.runner.run(block_of(request.source, request.mentioning))]
    last = link.runner.run(link.nodes.head()).number if request.last_block is None else request.last_block
    return range(request.first_block or 0, last + 1)


def _blocks(link: _Link, request: Request, numbers: Sequence[int]) -> Iterator[Piece]:
    """Blocks in order; left out: a block whose answers are wrong, and the rest when the node stops answering."""
    name = shown(request.source)
    while numbers:
        stream = edge.recordings(link.nodes, numbers)
        try:
            while (recording := link.runner.run(_next(stream))) is not None:
                yield _piece(recording, f"{name} block {numbers[0]}", _asked(link, request))
                numbers = numbers[1:]
        except InputError as error:
            yield Unreadable(source=f"{name} block {numbers[0]}", units=1, error=error)
            numbers = numbers[1:]
        except RemoteError as error:
            source = f"{name} blocks {numbers[0]} to {numbers[-1]}"
            yield Unreadable(source=source, units=len(numbers), error=error)
            numbers = []


async def _next(stream: AsyncIterator[Recording]) -> Recording | None:
    return await anext(stream, None)


def _piece(recording: Recording, source: str, ask: Ask) -> Piece:
    try:
        return Batch(source=source, units=1, tables=decoded(recording), ask=ask)
    except InputError as error:
        return Unreadable(source=source, units=1, error=error)


def _asked(link: _Link, request: Request) -> Ask:
    """Answers as long as the batch is there: whoever kept it, and no more of the pieces, is connected again."""

    def ask(lookups: Sequence[Lookup]) -> Answers:
        if link.is_open:
            return link.answers(lookups)
        with _connected(request) as again:
            return again.answers(lookups)

    return ask
