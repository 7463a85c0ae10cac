"""From the settings to what watches: the wiring."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tocsin.app.backoff import Backoff
from tocsin.app.chosen import detectors_of, with_rules
from tocsin.app.health import HealthBook
from tocsin.app.known import of_settings
from tocsin.app.look import decode
from tocsin.app.pending.pending import PendingView
from tocsin.app.pending.watch import PendingWatch
from tocsin.app.settings import ChainSettings, Settings
from tocsin.app.simulation.queue import SimulationQueue
from tocsin.app.simulation.watch import Offering, SimulationWatch
from tocsin.app.wanted import extra
from tocsin.app.watching.deliver import Deliverer, to_log
from tocsin.app.watching.live import ALONE, Beside, Live
from tocsin.app.watching.monitor import Monitor
from tocsin.app.watching.network import WithNetwork, with_network
from tocsin.app.watching.notes import ChainNotes
from tocsin.app.watching.watch import Watcher
from tocsin.app.watching.worker import Worker
from tocsin.detect.detector import Detector
from tocsin.edge import clock, nodes
from tocsin.edge.channels import Channel, to_file, to_stream
from tocsin.edge.logs import Log
from tocsin.edge.metrics import Metrics
from tocsin.edge.nodes import Nodes
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.store.opening import Store

RETRY = Backoff(first_seconds=0.5, longest_seconds=60.0, jitter=clock.jitter)
GAP_RETRY = Backoff(first_seconds=30.0, longest_seconds=6 * 3600.0, jitter=clock.jitter)
DELIVERY_RETRY = Backoff(first_seconds=1.0, longest_seconds=300.0, jitter=clock.jitter)


async def reader_of(chain: ChainSettings, chosen: Mapping[str, Detector]) -> Nodes:
    """
    The chain's nodes, asked for what the chosen detectors read.

    Raises `SettingError` when its endpoints are of another chain.
    """
    limits = Limits(requests_per_second=chain.requests_per_second)
    named = [one.reveal for one in chain.endpoints]
    return await nodes.connect(
        named,
        chain_id=chain.chain_id,
        extra=extra(chosen.values()),
        poll_seconds=chain.poll_seconds,
        limits=limits,
    )


def book_of(store: Store, log: Log) -> HealthBook:
    """The book of what hinders this process."""
    return HealthBook(store=store, clock=clock.now, log=log)


async def live(
    settings: Settings,
    store: Store,
    metrics: Metrics,
    log: Log,
    book: HealthBook,
    *,
    beside: Beside = ALONE,
) -> Live:
    """
    All that the settings ask for, connected, not yet running. Raises `SettingError`, `StoreError`.

    With `beside`, that works too, and is woken by what is found.
    """
    known, every = of_settings(settings), with_rules(settings)
    chosen = {chain.name: detectors_of(chain, every) for chain in settings.chains}
    deliverer = _deliverer(settings, store, book, metrics, log)
    connected = await asyncio.gather(*(reader_of(chain, chosen[chain.name]) for chain in settings.chains))
    readers = {chain.name: reader for chain, reader in zip(settings.chains, connected, strict=True)}
    with_beacons = [chain for chain in settings.chains if chain.beacon_urls]
    networks = {chain.name: _network(chain, readers[chain.name], store) for chain in with_beacons}
    workers, monitors, pending, simulations = [], [], [], []

    def found() -> None:
        deliverer.wake.set()
        beside.found()

    for chain in settings.chains:
        reader = readers[chain.name]
        asked = networks.get(chain.name, reader)
        notes = _notes(chain, metrics, log, found)
        queue = SimulationQueue(node=reader, random=clock.dice(), known=known) if chain.simulate else None
        watcher = Watcher(
            reader=asked,
            store=store,
            decode=decode,
            detectors=chosen[chain.name],
            clock=clock.now,
            keep_blocks=chain.keep_blocks,
            start=None if isinstance(chain.start, str) else chain.start,
            observer=Offering(queue, notes) if queue is not None else notes,
            known=known,
        )
        workers.append(worker := _worker(watcher, book, notes))
        looking = _pending(chain, worker, reader, deliverer, metrics) if chain.pending else None
        pending += [looking] if looking else []
        if queue is not None:
            simulations.append(_simulation(chain, worker, queue, deliverer, looking))
        monitors.append(_monitor(chain, notes, book, asked))

    async def close() -> None:
        for network in networks.values():
            await network.close()
        for reader in readers.values():
            await reader.close()

    return Live(
        store=store,
        workers=workers,
        monitors=monitors,
        deliverer=deliverer,
        book=book,
        metrics=metrics,
        log=log,
        pending=pending,
        simulations=simulations,
        close=close,
        also=(*beside.works, *beside.of_nodes({chain.chain_id: readers[chain.name] for chain in settings.chains})),
    )


def _notes(chain: ChainSettings, metrics: Metrics, log: Log, wake_outbox: Callable[[], None]) -> ChainNotes:
    return ChainNotes(
        chain=chain.name, metrics=metrics, log=log.bind(chain=chain.name), clock=clock.now, wake_outbox=wake_outbox
    )


def _worker(watcher: Watcher, book: HealthBook, notes: ChainNotes) -> Worker:
    def count_failure(kind: str) -> None:
        notes.metrics.failures.labels(notes.chain, kind).inc()

    return Worker(
        watcher=watcher, book=book, log=notes.log, backoff=RETRY, gap_backoff=GAP_RETRY, count_failure=count_failure
    )


def _pending(
    chain: ChainSettings, worker: Worker, reader: Nodes, deliverer: Deliverer, metrics: Metrics
) -> PendingWatch:
    watcher = worker.watcher
    view = PendingView(reader=reader, pool=reader.mempool(), detectors=watcher.detectors, known=watcher.known)
    return PendingWatch(
        chain=chain.name, worker=worker, view=view, deliverer=deliverer, metrics=metrics, seconds=chain.poll_seconds
    )


def _simulation(
    chain: ChainSettings, worker: Worker, queue: SimulationQueue, deliverer: Deliverer, pending: PendingWatch | None
) -> SimulationWatch:
    """Where the pool is looked at, what waits there to be created is tried out too."""
    if pending is not None:
        pending.simulations = queue
    return SimulationWatch(
        chain=chain.name,
        worker=worker,
        queue=queue,
        deliverer=deliverer,
        metrics=deliverer.metrics,
        pending=pending,
    )


def _network(chain: ChainSettings, reader: Nodes, store: Store) -> WithNetwork:
    """The chain's reader with its beacon nodes beside it. Raises `SettingError`."""
    urls = [one.reveal for one in chain.beacon_urls]
    return with_network(reader, beacon_urls=urls, validators=chain.validators, store=store, clock=clock.now)


def _monitor(chain: ChainSettings, notes: ChainNotes, book: HealthBook, reader: Nodes | WithNetwork) -> Monitor:
    return Monitor(
        chain_id=chain.chain_id,
        notes=notes,
        book=book,
        metrics=notes.metrics,
        store=book.store,
        states=reader.states,
        clock=clock.now,
        stalled_seconds=chain.stalled_seconds,
        errors=Counter(),
    )


def _deliverer(settings: Settings, store: Store, book: HealthBook, metrics: Metrics, log: Log) -> Deliverer:
    return Deliverer(
        store=store,
        channels=channels(settings, log),
        book=book,
        metrics=metrics,
        log=log,
        backoff=DELIVERY_RETRY,
        clock=clock.now,
    )


def channels(settings: Settings, log: Log) -> tuple[Channel, ...]:
    """Where notices go."""
    chosen = [to_log(log)]
    if settings.outbox.stdout:
        chosen.append(to_stream(sys.stdout, "stdout"))
    if settings.outbox.file:
        chosen.append(to_file(Path(settings.outbox.file)))
    return tuple(chosen)
