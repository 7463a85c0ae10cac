"""
Blocks with what was known of the network when they were new: beacon nodes, endpoints, and the watching itself.

`WithNetwork` is a reader of blocks around another. To the recording of a block that is fresh it adds what the beacon
nodes answer about its slot, the events they sent since the last block, how far each endpoint is, and what of the
watching is undone. Blocks that are caught up with later come as they are: the network cannot be asked how it was.

A beacon node that fails, or answers nonsense, never holds up a block: its answers are left out and its state shows it.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import msgspec

from tocsin.app.reader import ChainReader
from tocsin.app.unbroken import unbroken
from tocsin.chain.beacon import keys, own, requests
from tocsin.chain.beacon.events import Kept, Message
from tocsin.chain.beacon.slots import CLOCKS, slots_per_epoch
from tocsin.chain.codecs import beacon as codec
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.edge.beacon import BeaconNode
from tocsin.edge.rpc.endpoint import Status
from tocsin.edge.store.opening import Store
from tocsin.edge.store.self_health import Trouble, troubles
from tocsin.model.errors import EndpointUnavailable, InputError, RemoteError, SettingError, StoreError
from tocsin.model.finding import hexadecimal
from tocsin.model.lookups import Answers, Lookup

FRESH_SECONDS = 60.0
"""An older block says nothing about the network as it is now."""
PATIENCE_SECONDS = 5.0
"""A block waits no longer for what the network says of it."""
LATE_SECONDS = 1.0
"""A block may reach the beacon node this much later than the endpoint that told of it."""
EVENTS_KEPT = 4_096
"""Of one node, between two blocks; some dozen are usual."""
LOOKS_KEPT = 16
"""Looks at the newest blocks: a block that is tried again is told the same."""


_TOLD_ONCE = frozenset({"liveness"})
"""Kinds of answers about an epoch that is over: remembered when told, and many rows where much is wrong."""


class _Said(NamedTuple):
    """What a beacon node answers about one block."""

    epoch: int
    of_epoch: Mapping[str, bytes]
    answers: Mapping[str, bytes]


class EndpointReader(ChainReader, Protocol):
    """A reader of blocks that knows how its endpoints are."""

    def states(self) -> Sequence[Status]:
        """How each endpoint is now."""


@dataclass(slots=True)
class Beacon:
    """One beacon node, what it sent unasked, and what it said of the epoch it was last asked about."""

    node: BeaconNode
    observer: str
    heard: deque[Message] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    epoch: int = -1
    of_epoch: Mapping[str, bytes] = field(default_factory=dict)
    """Told with every block of the epoch: else detectors would be blind on all but the first of them."""
    indices: dict[str, str] = field(default_factory=dict)
    """Of validators by their public keys, as it told them: some questions it only takes by index."""
    listening: "asyncio.Task[None] | None" = None

    async def listen(self) -> None:
        """Keep what it sends."""
        async with aclosing(self.node.follow()) as messages:
            async for message in messages:
                if isinstance(message, Message):
                    self.heard.append(message)

    async def asked(self, questions: Sequence[requests.Request]) -> dict[str, bytes]:
        """Its answers by the keys of a recording, without those it has not. Raises `RemoteError`."""
        answers = {each.key(self.observer): await self.node.ask(each) for each in questions}
        return {key: answer for key, answer in answers.items() if answer is not None}

    def events(self) -> dict[str, bytes]:
        """What it sent since it last `told`, as a recording keeps it."""
        kept = [Kept(message.topic, msgspec.Raw(message.data)) for message in self.heard]
        return {requests.Request(requests.EVENTS_PATH).key(self.observer): msgspec.json.encode(kept)}

    def told(self, epoch: int, of_epoch: Mapping[str, bytes]) -> None:
        """All of it could be read and is told: events need not be told again, nor the epoch be asked about."""
        self.heard.clear()
        if epoch != self.epoch:
            told = keys.of(of_epoch)
            self.epoch = epoch
            self.of_epoch = {key.text: of_epoch[key.text] for key in told if key.kind not in _TOLD_ONCE}
            for key in told:
                if key.kind == "validators":
                    self.indices |= requests.indices_by_key(of_epoch[key.text], self.node.name)

    def by_index(self, validators: Iterable[str]) -> tuple[str, ...]:
        """Validators, by index where it is known."""
        return tuple(self.indices.get(each.lower(), each) for each in validators)


def beacons(urls: Sequence[str], validators: Sequence[str]) -> tuple[Beacon, ...]:
    """The beacon nodes at these URLs. Raises `SettingError` for what is no URL, or names no validator."""
    for each in validators:
        if not requests.is_validator(each):
            raise SettingError(f"validator {each[:80]!r} is neither an index nor a public key of 48 bytes")
    nodes = [BeaconNode(url) for url in urls]
    if len(nodes) == 1:
        return (Beacon(nodes[0], ""),)
    return tuple(Beacon(node, f"{number}-{node.observer}") for number, node in enumerate(nodes, 1))


def with_network(
    reader: EndpointReader,
    *,
    beacon_urls: Sequence[str],
    validators: Sequence[str],
    store: Store,
    clock: Callable[[], float],
) -> "WithNetwork":
    """The reader with these beacon nodes beside it. Raises `SettingError`."""

    def undone() -> Sequence[Trouble]:
        return troubles(store.engine, reader.chain_id, now=clock())

    return WithNetwork(
        reader=reader,
        beacons=beacons(beacon_urls, validators),
        validators=tuple(validators),
        clock=clock,
        troubles=undone,
    )


@dataclass(slots=True, kw_only=True)
class WithNetwork:
    """A reader of blocks around another. Implements `tocsin.app.reader.ChainReader`."""

    reader: EndpointReader
    beacons: tuple[Beacon, ...]
    validators: tuple[str, ...]
    clock: Callable[[], float]
    troubles: Callable[[], Sequence[Trouble]]
    """What is undone; may raise `StoreError`."""
    looks: OrderedDict[bytes, Mapping[str, bytes]] = field(default_factory=OrderedDict)

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return self.reader.chain_id

    async def head(self) -> Header:
        """The newest block."""
        return await self.reader.head()

    async def header(self, number: int) -> Header | None:
        """The block at a height now."""
        return await self.reader.header(number)

    def doubt(self, header: Header, error: InputError) -> None:
        """The recording of this block could not be read."""
        self.reader.doubt(header, error)

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """Answers to questions about the state."""
        return await self.reader.answers(lookups)

    def heads(self) -> AsyncIterator[Header]:
        """New heads as they come."""
        return self.reader.heads()

    def states(self) -> tuple[Status, ...]:
        """How each endpoint, and each beacon node, is now."""
        return (*self.reader.states(), *(each.node.status() for each in self.beacons))

    async def close(self) -> None:
        """Let go of the beacon nodes; the reader within is closed by whoever opened it."""
        running = [each.listening for each in self.beacons if each.listening is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for each in self.beacons:
            await each.node.close()

    async def recording(self, header: Header) -> Recording:
        """The answers for exactly this block, with what the network says while it is fresh."""
        recording = await self.reader.recording(header)
        if self.clock() - header.timestamp > FRESH_SECONDS:
            return recording
        if header.hash not in self.looks:
            self.looks[header.hash] = await self._look(header)
            while len(self.looks) > LOOKS_KEPT:
                self.looks.popitem(last=False)
        return replace(recording, answers={**recording.answers, **self.looks[header.hash]})

    async def _look(self, header: Header) -> dict[str, bytes]:
        told = await asyncio.gather(self._own(), *(self._told(each, header) for each in self.beacons))
        return {key: answer for answers in told for key, answer in answers.items()}

    async def _own(self) -> dict[str, bytes]:
        with suppress(RemoteError, InputError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.reader.head()  # asks every endpoint: their states are of now
        seen = [
            own.Seen(state.name, state.client_version, state.head_number, hexadecimal(state.head_hash))
            for state in self.reader.states()
            if state.head_number is not None and not state.failures_in_a_row
        ]
        undone: Sequence[Trouble] = ()
        with suppress(StoreError):  # its own alert says so
            undone = await unbroken(self.troubles)
        return own.kept(seen, [_undone(each) for each in undone])

    async def _told(self, beacon: Beacon, header: Header) -> dict[str, bytes]:
        """What one beacon node says; nothing while it fails."""
        if beacon.listening is None or beacon.listening.done():
            beacon.listening = asyncio.create_task(beacon.listen())
        if beacon.node.wait_seconds:
            return {}
        try:
            epoch, of_epoch, answers = await self._in_time(beacon, header)
            answers = {**answers, **of_epoch, **beacon.events()}
            recording = Recording(chain_id=self.chain_id, name=beacon.node.name, answers=answers)
            codec.tables([recording], [(header.number, hexadecimal(header.hash))])
        except InputError as error:
            beacon.heard.clear()  # what could not be read would be in the way of every later block
            beacon.node.failed(error)
            return {}
        except RemoteError as error:
            beacon.node.failed(error)
            return {}
        beacon.node.worked()
        beacon.told(epoch, of_epoch)
        return answers

    async def _in_time(self, beacon: Beacon, header: Header) -> _Said:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._asked(beacon, header)
        except TimeoutError:
            raise EndpointUnavailable(
                f"{beacon.node.name}: did not tell of block {header.number} in {PATIENCE_SECONDS:g} s"
            ) from None

    async def _asked(self, beacon: Beacon, header: Header) -> _Said:
        slot = await self._slot(beacon, header)
        epoch = slot // slots_per_epoch(self.chain_id)
        answers = await beacon.asked((*requests.NODE, requests.FINALITY)) | await self._of_slot(beacon, slot)
        if epoch == beacon.epoch:
            return _Said(epoch, beacon.of_epoch, answers)
        of_epoch = requests.of_epoch(epoch, beacon.by_index(self.validators))
        return _Said(epoch, await beacon.asked(of_epoch), answers)

    async def _of_slot(self, beacon: Beacon, slot: int) -> dict[str, bytes]:
        """What it knows of a slot's blocks; where that is nothing yet, what it knows a moment later."""
        if answers := await beacon.asked(requests.of_slot(slot)):
            return answers
        await asyncio.sleep(LATE_SECONDS)
        return await beacon.asked(requests.of_slot(slot))

    async def _slot(self, beacon: Beacon, header: Header) -> int:
        clock = CLOCKS.get(self.chain_id)
        known = None if clock is None else clock.slot_at(header.timestamp)
        return await beacon.node.newest_slot() if known is None else known


def _undone(trouble: Trouble) -> own.Undone:
    return own.Undone(
        kind=trouble.kind,
        subject=trouble.subject,
        age_seconds=trouble.age_seconds,
        times=trouble.times,
        first_block=trouble.first_block,
        last_block=trouble.last_block,
    )
