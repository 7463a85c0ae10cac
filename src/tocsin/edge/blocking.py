"""The nodes of a chain for code that waits: the same reader, with its event loop on a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.edge.nodes import Nodes, connect, recordings
from tocsin.model.lookups import Answers, Lookup

T = TypeVar("T")


class BlockingNodes:
    """A reader whose methods return when the answer is there. Each raises what the method of `Nodes` raises."""

    def __init__(self, nodes: Nodes, loop: asyncio.AbstractEventLoop) -> None:
        self.nodes = nodes
        self._loop = loop

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self.nodes.chain_id

    def head(self) -> Header:
        """The newest block."""
        return _wait(self._loop, self.nodes.head())

    def recordings(self, numbers: Iterable[int]) -> Iterator[Recording]:
        """The blocks at these heights, in order; the next ones are fetched while one is looked at."""
        stream = recordings(self.nodes, numbers)
        try:
            while (recording := _wait(self._loop, _next(stream))) is not None:
                yield recording
        finally:
            _wait(self._loop, stream.aclose())

    def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """Answers to questions about the state; what nobody could answer is absent."""
        return _wait(self._loop, self.nodes.answers(lookups))


@contextmanager
def reading(urls: Sequence[str], **options: Any) -> Iterator[BlockingNodes]:
    """A reader of the chain at these URLs for the length of a `with` block; options and errors as `nodes.connect`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="nodes", daemon=True)
    thread.start()
    try:
        nodes = _wait(loop, connect(urls, **options))
        try:
            yield BlockingNodes(nodes, loop)
        finally:
            _wait(loop, nodes.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


async def _next(stream: AsyncIterator[Recording]) -> Recording | None:
    return await anext(stream, None)
