"""
Trying out new contracts beside the watching of a chain, for as long as it is watched.

What is found belongs to the block in which the contract was made, though that is done already: it is added to it in a
transaction of its own, taken back with it by a reorg, and told through the outbox as every finding. About a contract
that is not mined yet it is told as what is pending is. What waited when tocsin stopped is known from the findings that
are stored, and tried after the start, though some of it was tried before. Contracts of findings that only come when a
gap is filled are not tried.
"""

import asyncio
from dataclasses import dataclass

from tocsin.app.pending.pending import as_pending
from tocsin.app.pending.watch import PendingWatch
from tocsin.app.simulation.queue import MOST_FAILURES, MOST_WAITING, SimulationQueue, Waiting
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.deliver import Deliverer
from tocsin.app.watching.watch import Observer
from tocsin.app.watching.worker import Worker
from tocsin.chain.header import Header
from tocsin.detect.engine import Outcome
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.findings import standing
from tocsin.edge.store.store import add_findings
from tocsin.edge.store.values import HealthAlert, Position
from tocsin.model.errors import InputError, NoCode, RemoteError, StoreError, TocsinError
from tocsin.model.finding import Finding, hexadecimal

KIND = "simulation"
"""Of the health alerts when contracts cannot be tried, or too many are there to be tried."""
LOOK_SECONDS = 1.0
"""How often it is looked whether a contract waits."""
MOST_BEHIND = 16
"""While the chain's watching is further behind its head, nothing is tried: the node is needed for the blocks."""
RESUMED_BLOCKS, RESUMED_SECONDS = 100, 3_600.0
"""After a start, what was found so lately is offered again. Nodes keep the state of the last 128 blocks."""


@dataclass(frozen=True, slots=True)
class Offering:
    """An observer (`watch.Observer`) that has new contracts tried out, beside another."""

    queue: SimulationQueue
    notes: Observer

    def began(self, position: Position) -> None:
        """The watching goes on from here."""
        self.notes.began(position)

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:
        """A block is done."""
        self.notes.done(header, head, outcome)
        self.queue.offer(outcome.findings, header)

    def rolled_back(self, to: Header | None, retracted: int, *, deep: bool) -> None:
        """A reorg was followed down to here, or to the start, and took back so many findings."""
        self.notes.rolled_back(to, retracted, deep=deep)
        self.queue.forget_above(to.number if to else -1)


@dataclass(slots=True, kw_only=True)
class SimulationWatch:
    """The endless work on the new contracts of one chain."""

    chain: str
    worker: Worker
    queue: SimulationQueue
    deliverer: Deliverer
    metrics: Metrics
    pending: PendingWatch | None = None
    """Who tells what was found about a contract that is not mined yet."""
    unwritten: tuple[Waiting, Finding] | None = None
    """What was found and could not be written yet."""
    failures: int = 0
    """How often in a row something failed."""
    dropped: int = 0
    """Of the contracts that were dropped, how many are told."""
    has_resumed: bool = False
    """Whether what an earlier process left is offered."""

    async def run(self) -> None:
        """Try without end."""
        while True:
            has_more = await self.turn()
            if self.failures:
                await asyncio.sleep(self.worker.backoff.delay(self.failures))
            elif not has_more:
                await asyncio.sleep(LOOK_SECONDS)

    async def turn(self) -> bool:
        """Write what is not written, else try one contract; whether there was anything to do."""
        await self._show()
        if self.unwritten is not None:
            await self._write(*self.unwritten)
            return True
        if self._is_behind() or not await self._resumed() or (one := self.queue.take()) is None:
            return False
        try:
            found = await self.queue.tried(one)
        except NoCode as error:
            self.worker.log.debug("nothing to try out", reason=str(error))
            return True
        except (RemoteError, InputError) as error:
            self.queue.put_back(one)
            await self._failed(error)
            return True
        await self._tried(one, found)
        return True

    def _is_behind(self) -> bool:
        position, newest = self.worker.watcher.position, self.worker.newest
        if position is None:
            return True
        return newest is not None and newest.number - position.checkpoint.number > MOST_BEHIND

    async def _resumed(self) -> bool:
        """Offer, once, what an earlier process may not have come to; False while the store is away."""
        position, store, now = self.worker.watcher.position, self.worker.watcher.store, self.worker.watcher.clock()
        if self.has_resumed or position is None:
            return self.has_resumed
        try:
            recent = await unbroken(standing, store.engine, since=now - RESUMED_SECONDS)
        except StoreError as error:
            await self._failed(error)
            return False
        headers = {hexadecimal(header.hash): header for header in position.headers[-RESUMED_BLOCKS:]}
        for each in recent:
            if each.place.block_hash is not None and (header := headers.get(each.place.block_hash)):
                self.queue.offer([each], header)
        self.has_resumed = True
        return True

    async def _tried(self, one: Waiting, found: Finding | None) -> None:
        self.metrics.simulations.labels(self.chain).inc()
        if found is not None and not one.is_pending:
            await self._write(one, found)
            return
        if found is not None and self.pending is not None:
            self.pending.also(as_pending(found))
        await self._worked()

    async def _write(self, one: Waiting, found: Finding) -> None:
        """Add what was found to its block, if that stands; kept for the next turn where the store is away."""
        self.unwritten = (one, found)
        try:
            is_written = self.queue.stands(one) and await unbroken(self._added, one.new.head, found)
        except StoreError as error:
            await self._failed(error)
            return
        self.unwritten = None
        await self._worked()
        if is_written:
            self.metrics.findings.labels(self.chain, found.detector, found.severity.word).inc()
            self.deliverer.wake.set()

    def _added(self, header: Header, found: Finding) -> bool:
        watcher = self.worker.watcher
        done = DoneBlock(chain_id=self._chain_id, header=header, findings=(found,))
        return add_findings(watcher.store, done, now=watcher.clock())

    async def _show(self) -> None:
        """How many wait, and whether some were dropped: an alert until none waits."""
        self.metrics.simulations_waiting.labels(self.chain).set(len(self.queue))
        if more := self.queue.dropped - self.dropped:
            self.dropped = self.queue.dropped
            self.metrics.simulations_dropped.labels(self.chain).inc(more)
            detail = (
                f"{more} new contracts that look made for an attack were not tried: more than {MOST_WAITING} waited, "
                f"or {MOST_FAILURES} attempts failed; try them with tocsin simulate"
            )
            await self._open(f"{self._key}:dropped", detail, more)
        elif not self.queue:
            await self.worker.book.fine([f"{self._key}:dropped"])

    async def _worked(self) -> None:
        self.failures = 0
        await self.worker.book.fine([self._key])

    async def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.worker.count_failure(KIND)
        detail = f"{type(error).__name__}: {error}" if isinstance(error, TocsinError) else type(error).__name__
        await self._open(self._key, detail, 1)

    async def _open(self, key: str, detail: str, times: int) -> None:
        alert = HealthAlert(key=key, kind=KIND, chain_id=self._chain_id, detail=detail, times=times)
        await self.worker.book.trouble(alert)

    @property
    def _chain_id(self) -> int:
        return self.worker.watcher.reader.chain_id

    @property
    def _key(self) -> str:
        return f"chain:{self._chain_id}:{KIND}"
