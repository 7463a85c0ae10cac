"""Recording a range of blocks into a directory, one file a block; what is there already is left as it is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tocsin.edge import recordings as files
from tocsin.edge.nodes import Nodes, recordings

NUMBER_DIGITS = 9
"""Block numbers are padded, so that the order of the names is the order of the blocks."""


def path(directory: Path, chain_id: int, number: int, *, packed: bool) -> Path:
    """Where a block's recording stands."""
    return directory / f"{chain_id}-{number:0{NUMBER_DIGITS}}.json{'.gz' if packed else ''}"


def missing(directory: Path, chain_id: int, first: int, last: int) -> Sequence[int]:
    """The blocks of the range that have no recording there, packed or plain."""
    return [
        number
        for number in range(first, last + 1)
        if not any(path(directory, chain_id, number, packed=packed).exists() for packed in (True, False))
    ]


async def record(nodes: Nodes, numbers: Sequence[int], directory: Path, *, packed: bool) -> AsyncIterator[Path]:
    """
    Write each of these blocks, whole or not at all, and say where.

    Raises what reading and writing raise; the blocks before are written then, and a second run goes on behind them.
    """
    at = iter(numbers)
    async for recording in recordings(nodes, numbers):
        place = path(directory, nodes.chain_id, next(at), packed=packed)
        await asyncio.to_thread(files.write, recording, place)
        yield place
