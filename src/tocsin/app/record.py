"""Recording a range of blocks into a directory, one file a block; what is there already is left as it is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.app.questions import Questions
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """One block that was written."""

    path: Path
    asked: int
    """Questions about its state."""
    answered: int


async def record(
    nodes: Nodes, numbers: Sequence[int], directory: Path, *, packed: bool, questions: Questions
) -> AsyncIterator[Recorded]:
    """
    Write each of these blocks with the answers to the questions about it, whole or not at all.

    Raises what reading and writing raise; the blocks before are written then, and a second run goes on behind them.
    """
    at = iter(numbers)
    async for recording in recordings(nodes, numbers):
        place = path(directory, nodes.chain_id, next(at), packed=packed)
        asked = await asyncio.to_thread(questions.about, recording)
        answers = await nodes.answers(asked)
        await asyncio.to_thread(files.write, replace(recording, lookups=answers), place)
        yield Recorded(place, len(set(asked)), len(answers))
