"""What is looked at beside a chain's watching becomes alerts and metrics."""

import asyncio
import io
from collections import Counter
from dataclasses import dataclass, field, replace

from chains import alerts_ever, chain
from prometheus_client import generate_latest

from tocsin.app.health import HealthBook
from tocsin.app.watching.monitor import Monitor, show_open_alerts
from tocsin.app.watching.notes import ChainNotes
from tocsin.detect.engine import Blind, Outcome
from tocsin.edge.logs import logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.rpc.endpoint import Endpoint, Status
from tocsin.edge.rpc.limits import Limits
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import Checkpoint, Position

QUIET = Outcome((), (), (), (), {})
BLIND = replace(QUIET, blind=(Blind("reentrancy", ("calls",), wholly=True), Blind("d", ("logs",), wholly=False)))
WELL = Endpoint("https://node.example/v3/0123456789", 1, Limits()).status()


@dataclass
class Scene:
    """A chain's monitor, and what it looks at."""

    store: Store
    now: float = 100.0
    states: list[Status] = field(default_factory=list)

    def __post_init__(self) -> None:
        log = logger(io.StringIO(), ())
        self.metrics = Metrics(lambda: self.now)
        self.notes = ChainNotes(
            chain="mainnet", metrics=self.metrics, log=log, clock=lambda: self.now, wake_outbox=lambda: None
        )
        self.monitor = Monitor(
            chain_id=1,
            notes=self.notes,
            book=HealthBook(store=self.store, clock=lambda: self.now, log=log),
            metrics=self.metrics,
            store=self.store,
            states=lambda: self.states,
            clock=lambda: self.now,
            stalled_seconds=60,
            errors=Counter(),
        )

    def look(self) -> list[tuple[str, int, bool]]:
        """Look once; the alerts there are, and whether they are closed."""
        asyncio.run(self.monitor.look())
        asyncio.run(show_open_alerts(self.store, self.metrics))
        return alerts_ever(self.store)

    def shown(self) -> str:
        return generate_latest(self.metrics.registry).decode()


def test_blind_detectors_are_an_alert_until_they_see(store: Store) -> None:
    scene = Scene(store)
    (header,) = chain(1)
    assert scene.look() == []

    scene.notes.done(header, header, BLIND)
    assert scene.look() == [("blind", 1, False)]
    assert scene.look() == [("blind", 1, False)]
    assert 'tocsin_blind_detectors{chain="mainnet",extent="wholly"} 1.0' in scene.shown()

    scene.notes.done(header, header, QUIET)
    assert scene.look() == [("blind", 1, True)]


def test_a_chain_that_stands_still_is_an_alert(store: Store) -> None:
    scene = Scene(store)
    (header,) = chain(1)
    scene.notes.done(header, header, QUIET)
    scene.now += 61
    assert scene.look() == [("stalled", 1, False)]

    scene.notes.done(header, header, QUIET)
    assert scene.look() == [("stalled", 1, True)]


def test_an_endpoint_that_fails_is_counted_as_often_as_it_fails(store: Store) -> None:
    failing = replace(WELL, errors=1, failures_in_a_row=1, last_error="no answer")
    scene = Scene(store, states=[failing])
    scene.look()
    assert scene.look() == [("endpoint", 1, False)]
    assert 'tocsin_endpoint_up{chain="mainnet",endpoint="https://node.example/***"} 0.0' in scene.shown()
    assert 'tocsin_health_alerts_open{kind="endpoint"} 1.0' in scene.shown()

    scene.states = [replace(failing, errors=2, failures_in_a_row=2)]
    assert scene.look() == [("endpoint", 2, False)]

    scene.states = [replace(failing, errors=2, failures_in_a_row=0, last_error="")]
    assert scene.look() == [("endpoint", 2, True)]


def test_the_head_goes_on_while_no_block_can_be_done(store: Store) -> None:
    scene = Scene(store)
    scene.notes.began(Position(start=0, checkpoint=Checkpoint(number=4, hash=b"\x04" * 32), headers=()))
    scene.states = [replace(WELL, head_number=9), replace(WELL, head_number=7), WELL]
    scene.look()
    for sample in ("head_block", 9), ("done_block", 4), ("lag_blocks", 5):
        assert f'tocsin_{sample[0]}{{chain="mainnet"}} {sample[1]}.0' in scene.shown()


def test_a_block_that_was_passed_over_would_be_counted(store: Store) -> None:
    scene = Scene(store)
    first, _, third = chain(3)
    scene.notes.done(first, third, QUIET)
    scene.notes.done(third, third, QUIET)

    assert 'tocsin_blocks_dropped_total{chain="mainnet"} 1.0' in scene.shown()
    assert 'tocsin_lag_blocks{chain="mainnet"} 0.0' in scene.shown()
