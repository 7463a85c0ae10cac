"""Recorded blocks as a chain: what watches live chains can watch them again."""

from collections.abc import AsyncIterator, Iterable, Sequence

from tocsin.chain import codecs
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.model.errors import InputError, MalformedInput
from tocsin.model.lookups import Answers, Lookup


class Replay:
    """The blocks of recordings. Implements `tocsin.app.reader.ChainReader`."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        """Read the headers. Raises `InputError` for a recording without one, and when there is no recording."""
        self._blocks = {
            header.number: (header, recording) for recording in recordings for header in _headers(recording)
        }
        if not self._blocks:
            raise MalformedInput("no recorded block to replay")

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self._recorded(max(self._blocks)).chain_id

    @property
    def first(self) -> int:
        """The lowest height."""
        return min(self._blocks)

    async def head(self) -> Header:
        """The highest block."""
        return self._blocks[max(self._blocks)][0]

    async def header(self, number: int) -> Header | None:
        """The block at a height; None when it was not recorded."""
        return self._blocks[number][0] if number in self._blocks else None

    async def recording(self, header: Header) -> Recording:
        """The answers for this block."""
        return self._recorded(header.number)

    def doubt(self, header: Header, error: InputError) -> None:
        """There is nobody else to ask."""

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """What was answered when it was recorded."""
        known = {asked: answer for _, recording in self._blocks.values() for asked, answer in recording.lookups.items()}
        return {asked: known[asked] for asked in lookups if asked in known}

    async def heads(self) -> AsyncIterator[Header]:
        """The one head there will ever be."""
        yield await self.head()

    def _recorded(self, number: int) -> Recording:
        return self._blocks[number][1]


def _headers(recording: Recording) -> Iterable[Header]:
    rows = codecs.tables([recording]).get("blocks")
    found = () if rows is None else rows.select("block_number", "block_hash", "parent_hash", "timestamp").rows()
    if len(found) != 1 or None in found[0]:
        raise MalformedInput(f"{recording.name}: holds no whole block header, so that it cannot be replayed")
    return [Header(number=n, hash=own, parent_hash=parent, timestamp=at) for n, own, parent, at in found]
