"""The process's own health, as Prometheus reads it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from tocsin.edge.rpc.endpoint import Status
from tocsin.edge.store.backlog import Backlog
from tocsin.model.errors import SettingError

NEVER = float("nan")
"""What a time that has not come is."""


class Metrics:
    """Every metric of the live watching. Labels: `chain` is the name in tocsin.toml."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._now = now
        self._block_times: dict[str, float] = {}
        chain = ("chain",)
        self.blocks_done = self._counter("blocks_done", "Blocks done since the start of the process.", chain)
        self.blocks_dropped = self._counter(
            "blocks_dropped", "Blocks passed over: counted as each block is done. Must stay 0.", chain
        )
        self.reorgs = self._counter("reorgs", "Reorganisations of the chain that were followed.", chain)
        self.findings = self._counter("findings", "Findings written.", ("chain", "detector", "severity"))
        self.retractions = self._counter("retractions", "Findings taken back because of a reorg.", chain)
        self.pending_findings = self._counter(
            "pending_findings", "Findings about transactions not mined yet.", ("chain", "detector", "severity")
        )
        self.pending_simulated = self._counter(
            "pending_simulated", "Simulations of transactions that waited to be mined.", chain
        )
        self.simulations = self._counter("simulations", "New contracts that were tried out.", chain)
        self.simulations_dropped = self._counter(
            "simulations_dropped", "New contracts that look made for an attack and were never tried out.", chain
        )
        self.failures = self._counter("failures", "Attempts that failed, by what failed.", ("chain", "kind"))
        self.deliveries = self._counter("deliveries", "Attempts to tell a notice.", ("channel", "outcome"))
        self.head = self._gauge("head_block", "The newest block the endpoints have.", chain)
        self.last_done = self._gauge("done_block", "The newest block done.", chain)
        self.lag_blocks = self._gauge("lag_blocks", "Blocks between the newest and the newest done.", chain)
        self.lag_seconds = self._gauge("lag_seconds", "Age of the newest block done, by its own timestamp.", chain)
        self.blind = self._gauge("blind_detectors", "Detectors that lack data they need.", ("chain", "extent"))
        self.pending_left = self._gauge(
            "pending_left", "Transactions that wait to be mined and that the last look did not reach.", chain
        )
        self.simulations_waiting = self._gauge("simulations_waiting", "New contracts that wait to be tried out.", chain)
        self.gap_blocks = self._gauge(
            "gap_blocks", "Blocks that detectors which failed or were blind have yet to see.", chain
        )
        self.endpoint_up = self._gauge("endpoint_up", "1 while the endpoint answers.", ("chain", "endpoint"))
        self.endpoint_head = self._gauge("endpoint_head_block", "Its newest block.", ("chain", "endpoint"))
        self.endpoint_errors = self._gauge("endpoint_errors", "Its errors so far.", ("chain", "endpoint"))
        self.alerts = self._gauge("health_alerts_open", "Health alerts that are open.", ("kind",))
        self.triage_waiting = self._gauge("triage_waiting", "Notices of findings that wait to be triaged.", ())
        self.follower_lag = self._gauge(
            "journal_unread", "Entries of the journal that a follower has not acted on.", ("follower",)
        )
        self.pages = self._gauge("pages", "Pages of open incidents by state.", ("state",))
        self.clocks = self._gauge("clocks", "Clocks of open incidents by state.", ("state",))
        self.incidents = self._gauge("incidents_open", "Open incidents, exercises left out.", ("priority",))
        self.outbox = self._gauge("outbox_pending", "Notices not yet told.", ())

    def watch(self, chain: str) -> None:
        """Show a chain's counters from the start, at nought."""
        for counter in (self.blocks_done, self.blocks_dropped, self.reorgs, self.retractions):
            counter.labels(chain)
        self.lag_seconds.labels(chain).set_function(lambda: self._lag(chain))

    def _lag(self, chain: str) -> float:
        """A node's clock may be ahead of ours: a lag is never less than nothing."""
        return max(0.0, self._now() - self._block_times[chain]) if chain in self._block_times else NEVER

    def at(self, chain: str, done: int, head: int, block_time: float | None) -> None:
        """Where a chain's watching stands."""
        self.head.labels(chain).set(head)
        self.last_done.labels(chain).set(done)
        self.lag_blocks.labels(chain).set(max(0, head - done))
        if block_time is not None:
            self._block_times[chain] = block_time

    def endpoint(self, chain: str, state: Status) -> None:
        """How an endpoint is."""
        self.endpoint_up.labels(chain, state.name).set(state.failures_in_a_row == 0)
        self.endpoint_errors.labels(chain, state.name).set(state.errors)
        if state.head_number is not None:
            self.endpoint_head.labels(chain, state.name).set(state.head_number)

    def open_alerts(self, by_kind: Mapping[str, int]) -> None:
        """How many health alerts are open."""
        self.alerts.clear()
        for kind, count in by_kind.items():
            self.alerts.labels(kind).set(count)

    def response(self, backlog: Backlog) -> None:
        """Where responding stands. A label that was there stays, at nought."""
        self.triage_waiting.set(backlog.triage_waiting)
        shown = (
            (self.follower_lag, backlog.unread),
            (self.pages, backlog.pages),
            (self.clocks, backlog.clocks),
            (self.incidents, backlog.incidents),
        )
        for gauge, counts in shown:
            for label, count in counts.items():
                gauge.labels(label).set(count)

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"tocsin_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(f"tocsin_{name}", says, labels, registry=self.registry)


@contextmanager
def serving(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Answer Prometheus for the length of a `with` block; gives the port. Raises `SettingError`."""
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        raise SettingError(f"[metrics] listen {host}:{port} cannot be used: {error.strerror}; name another") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
