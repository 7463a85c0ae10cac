"""What the pool needs of a way to an endpoint."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.chain.rpc.json_rpc import Outcome, Request


class Transport(Protocol):
    """Takes questions to one endpoint and brings the answers."""

    async def exchange(self, requests: Sequence[Request]) -> list[Outcome]:
        """
        The outcome of each request, asked in one message.

        Raises `RemoteError` when there is no answer and `InputError` when it is none; neither tells a secret.
        """

    async def close(self) -> None:
        """Let go of the connection."""
