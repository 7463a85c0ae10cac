"""
A scenario played while tocsin watches: blocks at their pace on real nodes, and the machinery that watches real chains.

The player acts in a thread of its own. What it does and what tocsin sees are told as they happen, in one stream.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.completed import completed
from tocsin.app.known import from_files
from tocsin.app.look import decode
from tocsin.app.pending.pending import PendingView
from tocsin.app.watching.watch import Unobserved, Watcher
from tocsin.chain.header import Header
from tocsin.chain.rpc import methods
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.edge.clock import now
from tocsin.edge.local_chain import LocalChain, Sent, nothing
from tocsin.edge.nodes import Nodes, connect
from tocsin.edge.store.opening import Store, open_store
from tocsin.exercise.activity import Activity
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.traffic import Traffic, brief
from tocsin.exercise.truth import Truth
from tocsin.model.errors import InputError, RemoteError, TocsinError
from tocsin.model.finding import Finding

BEFORE, AFTER = 16, 8
"""Ordinary transactions before and after the attack."""
KEEP_BLOCKS = 64
POLL_SECONDS = 0.5
PEEK_SECONDS = 0.05
"""Between two looks into the pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A block was made."""

    chain_id: int
    is_home: bool
    number: int
    at: float
    """Seconds since 1970, by the clock on the wall."""
    says: tuple[str, ...]
    """What was done in it by those who play the scenario."""
    ordinary: int
    """How many transactions of ordinary traffic are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """Something was found."""

    finding: Finding
    at: float
    """Seconds since 1970, when it was in the store, or known to be pending."""
    seconds: float | None
    """Since its block was made; None while it is pending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """The pool of a node could not be looked into just now."""

    chain_id: int
    at: float
    error: TocsinError


Event: TypeAlias = Happened | Saw | Unseen
Tell: TypeAlias = Callable[[Event], None]


class Stopped(Exception):
    """The play was stopped from outside."""


@dataclass(slots=True, kw_only=True)
class Performance:
    """The playing side: a scenario amid ordinary traffic, at the pace of the clock on the wall."""

    arena: Arena
    scenario: Scenario
    activities: Mapping[str, Activity]
    rates: Mapping[str, float]
    """Of ordinary traffic."""
    seconds_per_block: float
    tell: Tell
    stop: threading.Event = field(default_factory=threading.Event)
    made: dict[tuple[int, int], float] = field(default_factory=dict)
    """When each block was made, by chain and height."""
    is_ordinary: bool = True

    def play(self, play: Play, targets: object) -> Truth:
        """Play it. Raises `Stopped` when stopped, and what playing raises."""
        for chain in self.arena.chains:
            chain.before_sealing = self._wait
            chain.after_sealing = partial(self._happened, chain)
        try:
            return self._acts(play, targets)
        finally:
            for chain in self.arena.chains:
                chain.before_sealing = chain.after_sealing = nothing

    def _acts(self, play: Play, targets: object) -> Truth:
        traffic = Traffic(play, self.activities, brief(self.rates, self.activities))
        self._ordinary(traffic, BEFORE)
        self.is_ordinary = False
        truth = self.scenario.attack(play, targets)
        self.is_ordinary = True
        self._ordinary(traffic, AFTER)
        return truth

    @staticmethod
    def _ordinary(traffic: Traffic, transactions: int) -> None:
        for _ in traffic.blocks(transactions):
            pass

    def _wait(self) -> None:
        if self.stop.wait(self.seconds_per_block):
            raise Stopped

    def _happened(self, chain: LocalChain, sent: Sequence[Sent]) -> None:
        at, number = now(), chain.height()
        self.made[chain.chain_id, number] = at
        says = () if self.is_ordinary else tuple(chain.said(each.transaction) for each in sent)
        ordinary = len(sent) if self.is_ordinary else 0
        home = chain is self.arena.home
        self.tell(Happened(chain_id=chain.chain_id, is_home=home, number=number, at=at, says=says, ordinary=ordinary))


@dataclass(slots=True, kw_only=True)
class Spectator(Unobserved):
    """The watching side, of one chain: what is found is told with how long after its block it was in the store."""

    made: Mapping[tuple[int, int], float]
    tell: Tell

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:  # noqa: ARG002 - as every observer has it
        """Tell what was found in a block."""
        at = now()
        for finding in outcome.findings:
            made = self.made.get((finding.place.chain_id, header.number), at)
            self.tell(Saw(finding=finding, at=at, seconds=at - made))


async def perform(performance: Performance, detectors: Mapping[str, Detector], folder: Path) -> Truth:
    """
    Play and watch to the end, and return the truth; the store is a file in `folder`.

    Raises what playing and watching raise. Cancelled, it lets the player end the block it is in.
    """
    arena = performance.arena
    with arena.undone() as play:
        targets = await asyncio.to_thread(performance.scenario.prepare, play)
        store = open_store(f"sqlite:///{folder / 'tocsin.db'}")
        watchers = [await _watcher(chain, store, detectors, performance) for chain in arena.chains]
        watching = [
            *(asyncio.create_task(_follow(watcher, reader)) for watcher, reader in watchers),
            *(asyncio.create_task(_peek(watcher, reader, performance.tell)) for watcher, reader in watchers),
        ]
        playing = asyncio.create_task(asyncio.to_thread(performance.play, play, targets))
        try:
            await _first([playing], watching)
            await _ended(watching)
            for watcher, reader in watchers:
                await watcher.catch_up(await reader.head())
            return completed(arena, await playing)
        finally:
            performance.stop.set()
            await _ended(watching)
            await asyncio.gather(playing, return_exceptions=True)
            await asyncio.gather(*(reader.close() for _, reader in watchers))
            store.close()


async def _watcher(
    chain: LocalChain, store: Store, detectors: Mapping[str, Detector], performance: Performance
) -> tuple[Watcher, Nodes]:
    """A watcher of this chain, from the next block on."""
    url = chain.node.url.replace("http://", "ws://")
    known = from_files(performance.arena.play.knowledge.files())
    reader = await connect([url], chain_id=chain.chain_id, wanted=methods.EVERYTHING, poll_seconds=POLL_SECONDS)
    watcher = Watcher(
        reader=reader,
        store=store,
        decode=decode,
        detectors=detectors,
        clock=now,
        keep_blocks=KEEP_BLOCKS,
        start=chain.height() + 1,
        observer=Spectator(made=performance.made, tell=performance.tell),
        known=known,
    )
    return watcher, reader


async def _follow(watcher: Watcher, reader: Nodes) -> None:
    async for head in reader.heads():
        await watcher.catch_up(head)


async def _peek(watcher: Watcher, reader: Nodes, tell: Tell) -> None:
    """Look into the pool again and again, and tell what is found in it."""
    view = PendingView(reader=reader, pool=reader.mempool(), detectors=watcher.detectors, known=watcher.known)
    while True:
        try:
            looked = await view.look(await reader.head(), watcher.elsewhere.beside(watcher.memories))
        except (RemoteError, InputError) as error:
            tell(Unseen(chain_id=reader.chain_id, at=now(), error=error))
        else:
            for finding in looked.findings:
                tell(Saw(finding=finding, at=now(), seconds=None))
        await asyncio.sleep(PEEK_SECONDS)


async def _first(playing: Sequence["asyncio.Task[Truth]"], watching: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for the player; a watcher that ends before has failed, and raises."""
    done, _ = await asyncio.wait([*playing, *watching], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _ended(watching: Sequence["asyncio.Task[None]"]) -> None:
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
