"""
Looking after one chain's watching from beside it: endpoints, blind detectors, a chain that stands still, open alerts.

Blind is not quiet: what a detector cannot see, and an endpoint that does not answer, are alerts until they are mended.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.app.health import HealthBook
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.notes import ChainNotes
from tocsin.edge.metrics import Metrics
from tocsin.edge.rpc.endpoint import Status
from tocsin.edge.store.backlog import backlog
from tocsin.edge.store.gaps import WHOLE, open_gaps
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import HealthAlert


@dataclass(slots=True, kw_only=True)
class Monitor:
    """What is looked at of one chain, every few seconds."""

    chain_id: int
    notes: ChainNotes
    book: HealthBook
    metrics: Metrics
    store: Store
    states: Callable[[], Sequence[Status]]
    clock: Callable[[], float]
    stalled_seconds: float
    errors: Counter[str]
    """Errors of each endpoint when it was last looked at."""

    async def look(self) -> None:
        """Once. Raises `StoreError`."""
        await self._endpoints()
        if heads := [state.head_number for state in self.states() if state.head_number is not None]:
            self.notes.newest(max(heads))
        if self.notes.blind is not None:
            await self._judge("blind", ", ".join(sorted(self.notes.blind)))
        still = self.clock() - self.notes.moved_at
        stalled = self.notes.moved_at and still > self.stalled_seconds
        await self._judge("stalled", f"no block done for {still:.0f} seconds" if stalled else "")
        await self._gaps()

    async def _endpoints(self) -> None:
        for state in self.states():
            self.metrics.endpoint(self.notes.chain, state)
            has_failed = state.errors > self.errors[state.name] and state.failures_in_a_row > 0
            self.errors[state.name] = state.errors
            key = f"endpoint:{state.name}"
            if state.failures_in_a_row == 0:
                await self.book.fine([self._key(key)])
            elif has_failed:
                await self._open(key, "endpoint", state.last_error)

    async def _judge(self, kind: str, detail: str) -> None:
        """Open the alert of this kind while there is anything to say; close it when there is not."""
        if not detail:
            await self.book.fine([self._key(kind)])
        elif self._key(kind) not in self.book.open:
            await self._open(kind, kind, detail)

    async def _open(self, key: str, kind: str, detail: str) -> None:
        alert = HealthAlert(key=self._key(key), kind=kind, chain_id=self.chain_id, detail=detail, times=1)
        await self.book.trouble(alert)

    async def _gaps(self) -> None:
        found = await unbroken(open_gaps, self.store.engine, self.chain_id)
        behind = sum(gap.last - gap.first + 1 for gap in found if gap.detector != WHOLE)
        self.metrics.gap_blocks.labels(self.notes.chain).set(behind)

    def _key(self, kind: str) -> str:
        return f"chain:{self.chain_id}:{kind}"


async def show_open_alerts(store: Store, metrics: Metrics) -> None:
    """How many health alerts are open, by kind. Raises `StoreError`."""
    found = await unbroken(open_alerts, store.engine)
    metrics.open_alerts(Counter(alert.kind for alert in found))


async def show_backlog(store: Store, metrics: Metrics) -> None:
    """Where responding stands. Raises `StoreError`."""
    metrics.response(await unbroken(backlog, store.engine))
