"""What one chain's watching tells metrics, logs and the outbox as it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.chain.header import Header
from tocsin.detect.engine import Outcome
from tocsin.edge.logs import Log
from tocsin.edge.metrics import Metrics
from tocsin.edge.store.values import Position

PROGRESS_SECONDS = 10.0
"""How often catching up is logged."""


@dataclass(slots=True, kw_only=True)
class ChainNotes:
    """An observer of one chain (`watch.Observer`)."""

    chain: str
    metrics: Metrics
    log: Log
    clock: Callable[[], float]
    wake_outbox: Callable[[], None]
    blind: frozenset[str] | None = None
    """Detectors that could see nothing in the newest block done; None before the first."""
    moved_at: float = 0.0
    """When the newest block was done."""
    _last_number: int | None = None
    _logged_at: float = 0.0
    _logged_number: int = 0
    _is_behind: bool = False
    _has_begun: bool = False

    def began(self, position: Position) -> None:
        """The watching goes on from here."""
        number = position.checkpoint.number
        self._last_number, self._logged_number = number, number
        self._logged_at = self.moved_at = self.clock()
        newest = position.headers[-1].timestamp if position.headers else None
        self.metrics.watch(self.chain)
        self.metrics.at(self.chain, number, number, newest)
        if not self._has_begun:
            self.log.info("watching", start=position.start, next_block=number + 1)
        self._has_begun = True

    def newest(self, head: int) -> None:
        """The endpoints have this block, whether or not any can be done."""
        if self._last_number is not None:
            self.metrics.at(self.chain, self._last_number, head, None)

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:
        """A block is done."""
        self._count(header, outcome)
        self.metrics.at(self.chain, header.number, head.number, header.timestamp)
        self.moved_at = self.clock()
        self._progress(header, head)
        self.log.debug("block done", block=header.number, findings=len(outcome.findings))
        if outcome.findings:
            self.wake_outbox()

    def rolled_back(self, to: Header | None, retracted: int, *, deep: bool) -> None:
        """A reorg was followed down to here, or to the start, and took back so many findings."""
        self.metrics.reorgs.labels(self.chain).inc()
        self.metrics.retractions.labels(self.chain).inc(retracted)
        self.log.warning("reorg", down_to=to.number if to else "start", retracted=retracted, deep=deep)
        self.wake_outbox()

    def _count(self, header: Header, outcome: Outcome) -> None:
        self.metrics.blocks_done.labels(self.chain).inc()
        if self._last_number is not None:
            self.metrics.blocks_dropped.labels(self.chain).inc(max(0, header.number - self._last_number - 1))
        self._last_number = header.number
        for finding in outcome.findings:
            self.metrics.findings.labels(self.chain, finding.detector, finding.severity.word).inc()
        wholly = frozenset(blind.detector for blind in outcome.blind if blind.wholly)
        self.metrics.blind.labels(self.chain, "wholly").set(len(wholly))
        self.metrics.blind.labels(self.chain, "partly").set(len(outcome.blind) - len(wholly))
        if wholly != (self.blind or frozenset()):
            self.log.warning("blind detectors", detectors=sorted(wholly))
        self.blind = wholly

    def _progress(self, header: Header, head: Header) -> None:
        behind, now = head.number - header.number, self.clock()
        if behind == 0 and self._is_behind:
            self.log.info("caught up", block=header.number)
            self._is_behind = False
        if behind == 0 or now - self._logged_at < PROGRESS_SECONDS:
            return
        rate = (header.number - self._logged_number) / (now - self._logged_at)
        left = round(behind / rate) if rate > 0 else None
        self.log.info(
            "catching up", block=header.number, behind=behind, blocks_per_second=round(rate, 2), seconds_left=left
        )
        self._logged_at, self._logged_number, self._is_behind = now, header.number, True
