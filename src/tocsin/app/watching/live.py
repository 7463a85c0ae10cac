"""
Watching live: every configured chain at once, the outbox, and the process's own health, until stopped.

A chain that fails does not hold up the others. When stopped, each chain first ends the block it is in, so that a
restart goes on at the next; what a killed process was doing is done again.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from tocsin.app.health import HealthBook
from tocsin.app.pending.watch import PendingWatch
from tocsin.app.simulation.watch import SimulationWatch
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.deliver import Deliverer
from tocsin.app.watching.monitor import Monitor, show_backlog, show_open_alerts
from tocsin.app.watching.worker import DEFECT, Worker
from tocsin.edge.logs import Log
from tocsin.edge.metrics import Metrics
from tocsin.edge.nodes import Nodes
from tocsin.edge.store import outbox
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import DeliveryFailed, StoreError

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Something endless beside the chains."""
LOOK_SECONDS = 2.0
"""How often health is looked at."""
BESIDE = "beside"
"""The key of the health alert of a defect in what works beside the chains."""


def _nobody() -> None:
    """Nobody is woken."""


def _no_works(_: Mapping[int, Nodes]) -> Sequence[Work]:
    """None."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What works beside the chains, and is woken by what is found."""

    works: Sequence[Work] = ()
    found: Callable[[], None] = _nobody
    """To be called when a block's findings are stored."""
    of_nodes: Callable[[Mapping[int, Nodes]], Sequence[Work]] = _no_works
    """The works that ask the chains' nodes, which are given by chain id once they are connected."""


ALONE = Beside()
"""Nothing works beside the chains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """All that works while tocsin watches."""

    store: Store
    workers: Sequence[Worker]
    monitors: Sequence[Monitor]
    deliverer: Deliverer
    book: HealthBook
    metrics: Metrics
    log: Log
    pending: Sequence[PendingWatch]
    """The chains whose pools are looked at."""
    simulations: Sequence[SimulationWatch]
    """The chains whose new contracts are tried out."""
    close: Callable[[], Coroutine[Any, Any, None]]
    """Let go of connections."""
    also: Sequence[Work] = ()
    """What else is to run beside the chains: responding to what is found."""


async def run(live: Live, *, until_caught_up: bool) -> None:
    """
    Watch until cancelled, or until every chain is caught up and all is told.

    Raises `DeliveryFailed` when every chain is caught up and not all could be told.
    """
    await live.book.load()
    await unbroken(outbox.try_now, live.store.engine)
    await live.book.fine([BESIDE])
    looks: list[Work] = [*(each.run for each in live.pending), *(each.run for each in live.simulations)]
    works: list[Work] = [live.deliverer.run, partial(_monitor, live), *looks, *live.also]
    beside = [asyncio.create_task(_kept_up(live, work)) for work in works]
    working = [asyncio.create_task(worker.run(until_caught_up=until_caught_up)) for worker in live.workers]
    try:
        await _all(working, beside)
    finally:
        await _cancel([*working, *beside])
        await live.deliverer.drain()
        await _look(live)
        await live.close()
        live.log.info("stopped")
    await _all_told(live)


async def _all_told(live: Live) -> None:
    if waiting := await unbroken(outbox.pending, live.store.engine):
        raise DeliveryFailed(
            f"every chain is caught up, but {waiting} notices are not told yet: see the alert above, or tocsin check. "
            "They are kept, and told when the channel is mended"
        )


async def _all(working: Sequence["asyncio.Task[None]"], beside: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for the workers, or without any for those beside; raise what any of them raises."""
    waiting, awaited = {*working, *beside}, working or beside
    while any(not task.done() for task in awaited):
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _cancel(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_up(live: Live, work: Work) -> None:
    """Endless work that a defect in it must not end, nor end the watching: it is told, and begun again."""
    while True:
        try:
            await work()
        except Exception as error:
            live.log.exception("a defect of tocsin; please report it")
            detail = type(error).__name__
            await live.book.trouble(HealthAlert(key=BESIDE, kind=DEFECT, chain_id=None, detail=detail, times=1))
        await asyncio.sleep(LOOK_SECONDS)


async def _monitor(live: Live) -> None:
    while True:
        await _look(live)
        await asyncio.sleep(LOOK_SECONDS)


async def _look(live: Live) -> None:
    try:
        for monitor in live.monitors:
            await monitor.look()
        await show_open_alerts(live.store, live.metrics)
        await show_backlog(live.store, live.metrics)
    except StoreError as error:
        live.log.debug("health is not shown: the store is away", error=str(error))  # the workers' alert says so
