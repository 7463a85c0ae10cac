"""One block, from the node to what the detectors make of it; nothing is written."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from tocsin.app.pipeline import examine
from tocsin.app.reader import ChainReader
from tocsin.app.unbroken import unbroken
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.model.errors import InconsistentInput
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

Decode = Callable[[Recording], Tables]
"""From a recording to its tables, raw and derived."""


async def look(
    reader: ChainReader,
    header: Header,
    decode: Decode,
    detectors: Mapping[str, Detector],
    memories: Mapping[str, pl.DataFrame],
) -> Outcome:
    """Fetch a block and run the detectors over it, in a thread. Raises `RemoteError`, `InputError`."""
    recording = await reader.recording(header)
    loop = asyncio.get_running_loop()

    def ask(lookups: Sequence[Lookup]) -> Answers:
        return asyncio.run_coroutine_threadsafe(reader.answers(lookups), loop).result()

    def examined() -> Outcome:
        return examine(_of(header, decode(recording)), detectors, memories, ask)

    return await unbroken(examined)


def _of(header: Header, tables: Tables) -> Tables:
    """The tables, if they are of this block. Raises `InconsistentInput` when they are of another."""
    if "blocks" not in tables or tables["blocks"].is_empty():
        return tables
    if (found := tables["blocks"]["block_hash"].unique().to_list()) != [header.hash]:
        shown = ", ".join("0x" + one.hex() if one else "a block without hash" for one in found)
        raise InconsistentInput(f"asked for block {header.number} 0x{header.hash.hex()}, the answers are of {shown}")
    return tables
