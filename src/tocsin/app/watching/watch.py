"""
Watching one chain: does what `follow.decide` says, one block after another, each committed whole.

A failed answer, a block that cannot be decoded and a store that cannot be written all raise out of `catch_up` and
leave the block undone: the checkpoint is the store's, so the next call goes on exactly where the last one stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from tocsin.app.look import Decode, Fetched, by_block, fetch, look
from tocsin.app.reader import ChainReader
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.elsewhere import Elsewhere, told
from tocsin.app.watching.follow import Ask, LookBelow, Process, RollBack, Wait, decide
from tocsin.app.watching.fork import Fork, find_fork
from tocsin.app.watching.memories import appended
from tocsin.chain.header import Header
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome, within_window
from tocsin.detect.known import KNOWN
from tocsin.edge.store import health, memory, reorg
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.opening import Store
from tocsin.edge.store.store import add_findings, begin, checkpoint, commit_block, position
from tocsin.edge.store.values import Checkpoint, HealthAlert, Position
from tocsin.model.errors import InputError
from tocsin.tables.dataset import Tables

BLOCKS_AT_ONCE = 8
"""How many blocks are fetched and looked at together while catching up."""


class Observer(Protocol):
    """Who is told what the watching does, after it is committed."""

    def began(self, position: Position) -> None:
        """The watching goes on from here."""

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:
        """A block is done."""

    def rolled_back(self, to: Header | None, retracted: int, *, deep: bool) -> None:
        """A reorg was followed down to here, or to the start, and took back so many findings."""


class Unobserved:
    """Tells nobody."""

    def began(self, position: Position) -> None:
        """Nothing."""

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:
        """Nothing."""

    def rolled_back(self, to: Header | None, retracted: int, *, deep: bool) -> None:
        """Nothing."""


@dataclass(slots=True, kw_only=True)
class Watcher:
    """One chain's watching. Its state is the store's; the fields are what it works with."""

    reader: ChainReader
    store: Store
    decode: Decode
    detectors: Mapping[str, Detector]
    clock: Callable[[], float]
    keep_blocks: int
    start: int | None
    """The first block; None for the head. Only used before there is a checkpoint."""
    observer: Observer = field(default_factory=Unobserved)
    seen: dict[int, Header | None] = field(default_factory=dict)
    position: Position | None = None
    """The store's, as of the last commit."""
    memories: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    known: Tables = field(default_factory=lambda: KNOWN)
    """The reference tables."""
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    """What is remembered of other chains."""
    alone_until: int = -1
    """Up to this height blocks are looked at one at a time: something is wrong in one of them."""

    async def catch_up(self, head: Header) -> None:
        """Do every block up to this head. Raises `RemoteError`, `InputError`, `StoreError`; may be called again."""
        self.seen = {}
        where = await self._resume(head)
        while not isinstance(step := decide(where.headers, where.checkpoint.number + 1, head, self.seen), Wait):
            if not await self._do(step, head):
                return
            where = self.position or await self._resume(head)

    async def _resume(self, head: Header) -> Position:
        """The store's position, with the memory that belongs to it: as known, unless somebody moved it."""
        known = self.position
        if known and known.checkpoint == await unbroken(checkpoint, self.store, self.reader.chain_id):
            return known
        self.position = found = await unbroken(self._position, head)
        self.memories = await unbroken(self._own_before, found.checkpoint.number + 1)
        await unbroken(self._close_deep, found)
        self.observer.began(found)
        return found

    def _position(self, head: Header) -> Position:
        if (found := position(self.store, self.reader.chain_id, self.keep_blocks)) is not None:
            return found
        begin(self.store, self.reader.chain_id, head.number if self.start is None else self.start)
        return self._position(head)

    async def _do(self, step: Ask | Process | RollBack | LookBelow, head: Header) -> bool:
        """Take one step; False when there was nothing to do after all."""
        if isinstance(step, Ask):
            self.seen[step.number] = await self.reader.header(step.number)
            return True
        self.seen = {}
        if isinstance(step, Process):
            await self._process(step.header, head)
            return True
        return await self._roll_back(step, head)

    async def _process(self, header: Header, head: Header) -> None:
        """Do this block, and those after it that can be done in one go."""
        most = 1 if header.number <= self.alone_until else min(BLOCKS_AT_ONCE, head.number - header.number + 1)
        fetched = await fetch(self.reader, header, most)
        for block, outcome in await self._look(fetched):
            before = self.memories
            await unbroken(self._commit, block.header, outcome)
            self.observer.done(block.header, head, outcome)
            await self._look_across(block, outcome, before)

    async def _look_across(self, block: Fetched, outcome: Outcome, own: Mapping[str, pl.DataFrame]) -> None:
        """
        Look again, across chains, where another chain was told of something while this block was looked at.

        Whoever watches that chain writes first and reads then, as it is done here: one of the two sees both.
        """
        chosen = told(self.detectors, outcome)
        if not chosen or not await unbroken(self._read_elsewhere):
            return
        with suppress(InputError):
            again = await look(self.reader, [block], self.decode, chosen, self.elsewhere.beside(own), self.known)
            done = DoneBlock(chain_id=self.reader.chain_id, header=block.header, findings=again.findings)
            await unbroken(add_findings, self.store, done, now=self.clock())

    async def _look(self, fetched: Sequence[Fetched]) -> list[tuple[Fetched, Outcome]]:
        """What comes of each block; of the first alone when together something is wrong in them."""
        self.memories = self._within(fetched[0].header.number)
        await unbroken(self._read_elsewhere)
        given = self.elsewhere.beside(self.memories)
        if len(fetched) > 1:
            with suppress(InputError):
                together = await look(self.reader, fetched, self.decode, self.detectors, given, self.known)
                if parts := by_block(together, [block.header for block in fetched]):
                    return list(zip(fetched, parts, strict=True))
            self.alone_until = fetched[-1].header.number
        try:
            alone = await look(self.reader, fetched[:1], self.decode, self.detectors, given, self.known)
        except InputError as error:
            self.reader.doubt(fetched[0].header, error)
            raise
        return [(fetched[0], alone)]

    def _commit(self, header: Header, outcome: Outcome) -> None:
        done = DoneBlock(
            chain_id=self.reader.chain_id,
            header=header,
            findings=outcome.findings,
            remembered=outcome.remembered,
            forget_before=self._forget_before(header.number),
            blind=outcome.blind,
            failures={failure.detector: type(failure.error).__name__ for failure in outcome.failures},
        )
        commit_block(self.store, done, keep_blocks=self.keep_blocks, now=self.clock())
        self._advance(header, outcome)

    def _advance(self, header: Header, outcome: Outcome) -> None:
        """Know without asking the store what it holds after this block."""
        if self.position is None:
            return
        before, done = self.position, Checkpoint(number=header.number, hash=header.hash)
        headers = (*before.headers, header)[-self.keep_blocks :]
        self.position = Position(start=before.start, checkpoint=done, headers=headers)
        self.memories = _with_new(self.memories, outcome.remembered)
        if len(before.headers) < self.keep_blocks:
            self._close_deep(self.position)

    def _close_deep(self, position: Position) -> None:
        """As many headers are kept again as are to be kept: the next reorg can be followed without landmarks."""
        if len(position.headers) == self.keep_blocks:
            health.close_alert(self.store.engine, self._deep_key, now=self.clock())

    def memories_before(self, number: int) -> Mapping[str, pl.DataFrame]:
        """What each stateful detector remembers when this block is the next. Raises `StoreError`."""
        self._read_elsewhere()
        return self.elsewhere.beside(self._own_before(number))

    def _read_elsewhere(self) -> bool:
        return self.elsewhere.read(self.store, self.reader.chain_id, self.detectors, self.keep_blocks)

    def _own_before(self, number: int) -> Mapping[str, pl.DataFrame]:
        """Of this chain. Raises `StoreError`."""
        found = {}
        for name, detector in self.detectors.items():
            if detector.memory is None:
                continue
            first = number - detector.memory.window_blocks
            rows = memory.remembered(
                self.store.engine, self.reader.chain_id, name, from_block=first, before_block=number
            )
            if rows is not None:
                found[name] = rows
        return found

    def _within(self, number: int) -> Mapping[str, pl.DataFrame]:
        return {name: within_window(rows, self.detectors[name], number) for name, rows in self.memories.items()}

    def _forget_before(self, number: int) -> Mapping[str, int]:
        """A reorg within the kept headers must find the memory of the block it goes back to."""
        return {
            name: number - detector.memory.window_blocks - self.keep_blocks
            for name, detector in self.detectors.items()
            if detector.memory is not None
        }

    async def _roll_back(self, step: RollBack | LookBelow, head: Header) -> bool:
        if (fork := await self._fork(step, head)) is None:
            return False
        deep = isinstance(step, LookBelow) or step.deep
        if deep:
            await unbroken(self._tell_deep, step, fork)
        retracted = await unbroken(self._retract, fork)
        self.position = None
        self.observer.rolled_back(fork.common, retracted, deep=deep)
        return True

    def _retract(self, fork: Fork) -> int:
        return reorg.retract(
            self.store.engine,
            self.reader.chain_id,
            fork.orphans,
            common=fork.common,
            replaced_by=fork.replaced_by,
            now=self.clock(),
        )

    async def _fork(self, step: RollBack | LookBelow, head: Header) -> Fork | None:
        """Where to roll back to; None when the node merely has not got the blocks that are done."""
        kept = tuple(orphan.hash for orphan in step.orphans)
        if isinstance(step, RollBack) and not step.deep:
            return Fork(self._below(step.orphans[0]), kept, step.replaced_by.hash if step.replaced_by else None)
        lowest = step.orphans[0].number
        known = await unbroken(reorg.landmarks, self.store.engine, self.reader.chain_id, lowest)
        if isinstance(step, RollBack):
            return _and(await find_fork(self.reader, known), kept)
        fork = await find_fork(self.reader, [one for one in known if one.number <= head.number])
        above = tuple(one.hash for one in known if one.number > head.number and one.hash)
        return _and(fork, (*above, *kept)) if fork.orphans else None

    def _below(self, orphan: Header) -> Header | None:
        headers = self.position.headers if self.position else ()
        return next((header for header in headers if header.number == orphan.number - 1), None)

    def _tell_deep(self, step: RollBack | LookBelow, fork: Fork) -> None:
        lowest, common = step.orphans[0].number, fork.common.number if fork.common else "the start"
        alert = HealthAlert(
            key=self._deep_key,
            kind="deep-reorg",
            chain_id=self.reader.chain_id,
            detail=f"no common block among those kept, from {lowest} on; all above {common} is done again: "
            "find out whether the endpoints are of one chain, and raise keep_blocks",
            times=1,
        )
        health.open_alert(self.store.engine, alert, now=self.clock())

    @property
    def _deep_key(self) -> str:
        return f"chain:{self.reader.chain_id}:reorg"


def _and(fork: Fork, orphans: tuple[bytes, ...]) -> Fork:
    return replace(fork, orphans=(*fork.orphans, *orphans))


def _with_new(memories: Mapping[str, pl.DataFrame], rows: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    new = {name: appended(memories[name], more) if name in memories else more for name, more in rows.items()}
    return {**memories, **new}
