"""The nodes of the settings as witnesses: connected when first asked, so that none of them holds up the rest."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.app.backoff import Backoff
from tocsin.app.desk import Desk
from tocsin.app.evidence_capture import Capture
from tocsin.app.settings import ChainSettings
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge import clock, nodes
from tocsin.edge.nodes import Nodes
from tocsin.edge.rpc.limits import Limits
from tocsin.model.errors import EndpointUnavailable, SettingError

CAPTURE_RETRY = Backoff(first_seconds=2.0, longest_seconds=3_600.0, jitter=clock.jitter)


@dataclass(slots=True)
class SettingsWitness:
    """The nodes of one [[chain]]."""

    chain: ChainSettings
    connected: Nodes | None = None
    connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        """By node, the outcome of each request. Raises `RemoteError` where the nodes are of another chain."""
        async with self.connecting:
            if self.connected is None:
                self.connected = await self._connect()
        return await self.connected.witness().ask(requests)

    async def _connect(self) -> Nodes:
        urls = [one.reveal for one in self.chain.endpoints]
        limits = Limits(requests_per_second=self.chain.requests_per_second)
        try:
            return await nodes.connect(urls, chain_id=self.chain.chain_id, limits=limits)
        except SettingError as error:
            raise EndpointUnavailable(str(error)) from None

    async def close(self) -> None:
        """Let go of the connections."""
        if self.connected is not None:
            await self.connected.close()
            self.connected = None


@dataclass(slots=True, kw_only=True)
class Capturing:
    """Capture with the nodes of the settings."""

    capture: Capture
    witnesses: Sequence[SettingsWitness]

    async def once(self) -> bool:
        """One pass; True where it did something."""
        return await self.capture.once()

    async def run(self) -> None:
        """Endless; lets go of the nodes at the end."""
        try:
            await self.capture.run()
        finally:
            for each in self.witnesses:
                await each.close()


def capturing_of(desk: Desk, bell: asyncio.Event | None = None) -> Capturing:
    """What follows the journal of this desk and captures from the nodes of its settings; `bell` wakes it."""
    witnesses = [SettingsWitness(chain) for chain in desk.settings.chains]
    by_chain = {each.chain.chain_id: each for each in witnesses}
    capture = Capture(desk=desk, witnesses=by_chain, backoff=CAPTURE_RETRY, bell=bell)
    return Capturing(capture=capture, witnesses=witnesses)
