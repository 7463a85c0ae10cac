"""
Blocks, from the node to what the detectors make of them; nothing is written.

Consecutive blocks may be looked at together: a detector finds in the whole what it finds in the parts (its suite
proves it), and most of the cost of a small block is fixed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tocsin.app.pipeline import examine
from tocsin.app.reader import ChainReader
from tocsin.app.unbroken import unbroken
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.detect.known import KNOWN
from tocsin.model.errors import InconsistentInput, TocsinError
from tocsin.model.finding import hexadecimal
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

Decode = Callable[[Sequence[Recording]], Tables]
"""From the recordings of consecutive blocks to their tables, raw and derived."""


def decode(recordings: Sequence[Recording]) -> Tables:
    """The tables of recordings, raw and derived. Raises `InputError`."""
    return derived(codecs.tables(recordings))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A block as the node gave it."""

    header: Header
    recording: Recording


async def fetch(reader: ChainReader, first: Header, most: int) -> list[Fetched]:
    """
    A block and those after it, up to the first that cannot be had or does not stand on the one before.

    Raises `RemoteError`, `InputError` when not even the first can be had.
    """
    numbers = range(first.number + 1, first.number + most)
    headers = [first, *await asyncio.gather(*map(reader.header, numbers), return_exceptions=True)]
    chain = _linked(headers)
    recordings = await asyncio.gather(*map(reader.recording, chain), return_exceptions=True)
    fetched: list[Fetched] = []
    for header, recording in zip(chain, recordings, strict=True):
        if isinstance(recording, BaseException):
            if fetched and isinstance(recording, TocsinError):
                break
            raise recording
        fetched.append(Fetched(header, recording))
    return fetched


def _linked(headers: Sequence[Header | BaseException | None]) -> list[Header]:
    chain: list[Header] = []
    for header in headers:
        if not isinstance(header, Header) or (chain and header.parent_hash != chain[-1].hash):
            break
        chain.append(header)
    return chain


async def look(
    reader: ChainReader,
    fetched: Sequence[Fetched],
    decode: Decode,
    detectors: Mapping[str, Detector],
    memories: Mapping[str, pl.DataFrame],
    known: Tables = KNOWN,
) -> Outcome:
    """Run the detectors over consecutive blocks, in a thread. Raises `RemoteError`, `InputError`."""
    loop = asyncio.get_running_loop()

    def ask(lookups: Sequence[Lookup]) -> Answers:
        return asyncio.run_coroutine_threadsafe(reader.answers(lookups), loop).result()

    def examined() -> Outcome:
        tables = decode([block.recording for block in fetched])
        _refuse_others([block.header for block in fetched], tables)
        return examine(tables, detectors, memories, ask, known)

    return await unbroken(examined)


def by_block(outcome: Outcome, headers: Sequence[Header]) -> list[Outcome] | None:
    """What came of each of the blocks; None when that cannot be told apart, because a detector failed."""
    parts = [_part(outcome, header) for header in headers]
    found = sum(len(part.findings) for part in parts)
    return None if outcome.failures or found != len(outcome.findings) else parts


def _part(outcome: Outcome, header: Header) -> Outcome:
    mine = hexadecimal(header.hash)
    return replace(
        outcome,
        findings=tuple(finding for finding in outcome.findings if finding.place.block_hash == mine),
        remembered={
            name: rows.filter(pl.col("block_number") == header.number) for name, rows in outcome.remembered.items()
        },
    )


def _refuse_others(headers: Sequence[Header], tables: Tables) -> None:
    """Raise `InconsistentInput` when the tables are of other blocks than these."""
    if "blocks" not in tables:
        return
    expected = {header.hash for header in headers}
    if others := set(tables["blocks"]["block_hash"]) - expected:
        shown = ", ".join(hexadecimal(one) or "a block without hash" for one in sorted(others, key=str))
        raise InconsistentInput(
            f"asked for blocks {headers[0].number} to {headers[-1].number}, the answers are of {shown} too"
        )
