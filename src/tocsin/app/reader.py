"""What watching needs of a chain's nodes, whoever gives it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.model.errors import InputError
from tocsin.model.lookups import Answers, Lookup


class ChainReader(Protocol):
    """Reads one chain. Every call may raise `RemoteError`, and `InputError` for an answer that is wrong."""

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""

    async def head(self) -> Header:
        """The newest block."""

    async def header(self, number: int) -> Header | None:
        """The block at a height now; None when there is none."""

    async def recording(self, header: Header) -> Recording:
        """The answers for exactly the block with this hash."""

    def doubt(self, header: Header, error: InputError) -> None:
        """The recording of this block could not be read: have it from somebody else, if there is anybody."""

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """Answers to questions about the state; what nobody could answer is absent."""

    def heads(self) -> AsyncIterator[Header]:
        """New heads as they come, by subscription or polling; may repeat, skip and come out of order."""
