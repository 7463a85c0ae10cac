"""
Looking at what waits to be mined, beside the watching of a chain, for as long as it is watched.

A warning that waits is worthless when it is told late: a pending notice is told at once on every channel, and does not
stand in line behind those that wait in the outbox. What no channel took is told again while the transaction waits, and
dropped with it: the finding in its block comes as ever.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tocsin.app.pending.pending import PendingLook, PendingView
from tocsin.app.simulation.queue import SimulationQueue
from tocsin.app.watching.deliver import Deliverer
from tocsin.app.watching.worker import Worker
from tocsin.chain.header import Header
from tocsin.detect.engine import within_window
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.values import HealthAlert, Notice
from tocsin.model.errors import InputError, RemoteError, TocsinError
from tocsin.model.finding import Finding

KIND = "pending"
"""Of the notices, and of the health alert when the pool cannot be seen."""
MOST_BEHIND = 2
"""While the chain's watching is further behind its head, the pool is not looked at: what is known is too old."""


@dataclass(slots=True, kw_only=True)
class PendingWatch:
    """The endless work on the pool of one chain."""

    chain: str
    worker: Worker
    view: PendingView
    deliverer: Deliverer
    metrics: Metrics
    seconds: float
    """Between two looks."""
    simulations: SimulationQueue | None = None
    """Where contracts that would be created are offered, to be tried out."""
    untold: dict[str, Finding] = field(default_factory=dict)
    attempts: int = 0
    """How often in a row telling failed."""

    async def run(self) -> None:
        """Look without end."""
        while True:
            if (head := self._head()) is not None:
                await self.look(head)
            await asyncio.sleep(self.seconds)

    def _head(self) -> Header | None:
        """The newest block done; None before the first, and while there are many newer ones."""
        position, newest = self.worker.watcher.position, self.worker.newest
        if position is None or not position.headers:
            return None
        done = position.headers[-1]
        return None if newest is not None and newest.number - done.number > MOST_BEHIND else done

    async def look(self, head: Header) -> None:
        """Once, on this block."""
        try:
            look = await self.view.look(head, self._memories(head.number + 1))
        except (RemoteError, InputError) as error:
            await self._trouble(error)
            return
        offered = await self._offered(look, head)
        await self._note(look, offered)
        self.untold |= {finding.id: finding for finding in look.findings}
        await self._tell()

    def also(self, finding: Finding) -> None:
        """Something more was found about a waiting transaction: it is told with the next look, if that waits still."""
        if self.view.say(finding):
            self.metrics.pending_findings.labels(self.chain, finding.detector, finding.severity.word).inc()
            self.untold[finding.id] = finding

    async def _offered(self, look: PendingLook, head: Header) -> Sequence[Exception]:
        """Have new contracts tried out before they are there; why some could not be offered."""
        if self.simulations is None:
            return ()
        failed: list[Exception] = []
        for finding, transaction in look.creations:
            try:
                await self.simulations.offer_pending(finding, transaction, head)
            except (RemoteError, InputError) as error:
                failed.append(error)
        return failed

    def _memories(self, next_block: int) -> Mapping[str, pl.DataFrame]:
        watcher = self.worker.watcher
        own = {
            name: within_window(rows, watcher.detectors[name], next_block) for name, rows in watcher.memories.items()
        }
        return watcher.elsewhere.beside(own)

    async def _note(self, look: PendingLook, failed: Sequence[Exception]) -> None:
        """Count it, and say what of it could not be seen."""
        self.metrics.pending_simulated.labels(self.chain).inc(look.simulated)
        self.metrics.pending_left.labels(self.chain).set(look.left)
        for finding in look.findings:
            self.metrics.pending_findings.labels(self.chain, finding.detector, finding.severity.word).inc()
        for failure in look.failures:
            self.worker.log.error("a detector failed on what is pending", detector=failure.detector)
        troubles = (*look.trouble, *(failure.error for failure in look.failures), *failed)
        if troubles:
            await self._trouble(troubles[0])
        else:
            await self.worker.book.fine([self._key])

    async def _trouble(self, error: Exception) -> None:
        self.worker.count_failure(KIND)
        detail = f"{type(error).__name__}: {error}" if isinstance(error, TocsinError) else type(error).__name__
        chain_id = self.worker.watcher.reader.chain_id
        await self.worker.book.trouble(HealthAlert(key=self._key, kind=KIND, chain_id=chain_id, detail=detail, times=1))

    async def _tell(self) -> None:
        """Tell what is not told yet and waits still."""
        self.untold = {name: finding for name, finding in self.untold.items() if self.view.waits(finding)}
        if not self.untold:
            return
        if await self.deliverer.tell_at_once(self._notices(list(self.untold.values()))):
            self.untold, self.attempts = {}, 0
        else:
            self.attempts += 1

    def _notices(self, findings: Sequence[Finding]) -> list[Notice]:
        return [
            Notice(sequence=0, key=f"{each.id}:{KIND}", kind=KIND, attempts=self.attempts, body=each.to_json())
            for each in findings
        ]

    @property
    def _key(self) -> str:
        return f"chain:{self.worker.watcher.reader.chain_id}:{KIND}"
