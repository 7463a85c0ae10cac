"""Telling what the outbox holds, on a real store, to channels that fail."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from tocsin.app.backoff import Backoff
from tocsin.app.health import HealthBook
from tocsin.app.watching.deliver import Deliverer, to_log
from tocsin.chain.header import Header
from tocsin.edge.channels import Channel
from tocsin.edge.logs import logger
from tocsin.edge.metrics import Metrics
from tocsin.edge.store import outbox
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.schema.watching import deliveries
from tocsin.edge.store.store import commit_block
from tocsin.edge.store.values import Notice
from tocsin.model.finding import Finding, Place, Severity


@dataclass
class Ear:
    """Hears notices, unless it is deaf to some for a while."""

    deaf_to: set[int] = field(default_factory=set)
    heard: list[int] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        if (number := notice.body["block_number"]) in self.deaf_to:
            raise ConnectionResetError(104, "reset")
        self.heard.append(number)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    for number in (1, 2, 3):
        commit_block(opened, block(number), keep_blocks=9, now=0.0)
    yield opened
    opened.close()


def block(number: int) -> DoneBlock:
    header = Header(number=number, hash=bytes([number] * 32), parent_hash=bytes([number - 1] * 32), timestamp=0)
    place = Place(
        chain_id=1,
        block_number=number,
        block_hash="0x" + header.hash.hex(),
        transaction_hash=None,
        transaction_index=None,
    )
    found = Finding(place=place, severity=Severity.HIGH, confidence=1.0, title="t", summary="s", detector="d")
    return DoneBlock(chain_id=1, header=header, findings=(found,))


@dataclass
class Clock:
    now: float = 10.0

    def __call__(self) -> float:
        return self.now


def deliverer(store: Store, clock: Clock, **ears: Ear) -> Deliverer:
    log = logger(io.StringIO(), ())
    return Deliverer(
        store=store,
        channels=[Channel(name, ear.tell) for name, ear in ears.items()],
        book=HealthBook(store=store, clock=clock, log=log),
        metrics=Metrics(clock),
        log=log,
        backoff=Backoff(first_seconds=8, longest_seconds=60, jitter=lambda: 1.0),
        clock=clock,
    )


def test_all_is_told_in_order_on_every_channel_and_once(store: Store) -> None:
    left, right = Ear(), Ear()
    telling = deliverer(store, Clock(), left=left, right=right)

    asyncio.run(telling.drain())
    asyncio.run(telling.drain())

    assert (left.heard, right.heard) == ([1, 2, 3], [1, 2, 3])
    assert outbox.pending(store.engine) == 0


def test_a_channel_that_fails_is_tried_again_and_nothing_overtakes(store: Store) -> None:
    well, deaf, clock = Ear(), Ear(deaf_to={2}), Clock()
    telling = deliverer(store, clock, well=well, deaf=deaf)

    asyncio.run(telling.drain())
    asyncio.run(telling.drain())
    assert (well.heard, deaf.heard) == ([1, 2], [1])
    assert [(alert.key, alert.detail) for alert in open_alerts(store.engine)] == [
        ("outbox:deaf", "ConnectionResetError: reset")
    ]

    deaf.deaf_to.clear()
    clock.now += 8
    asyncio.run(telling.drain())
    assert (well.heard, deaf.heard) == ([1, 2, 3], [1, 2, 3])
    assert open_alerts(store.engine) == ()


def test_every_attempt_is_a_row(store: Store) -> None:
    clock = Clock()
    telling = deliverer(store, clock, deaf=Ear(deaf_to={1}))
    for _ in range(3):
        asyncio.run(telling.drain())
        clock.now += 60

    with store.engine.begin() as connection:
        rows = connection.execute(sa.select(deliveries.c.tried_at, deliveries.c.error)).all()
    assert [tuple(row) for row in rows] == [(at, "ConnectionResetError: reset") for at in (10.0, 70.0, 130.0)]


def test_notices_in_the_log_name_the_finding() -> None:
    stream = io.StringIO()
    body = block(1).findings[0].to_json()
    notice = Notice(sequence=1, key="k", kind="finding", attempts=0, body=body)

    to_log(logger(stream, ())).tell(notice)

    event = json.loads(stream.getvalue())
    assert (event["event"], event["severity"], event["detector"], event["title"]) == ("finding", "high", "d", "t")


def test_a_stop_while_telling_does_not_make_it_tell_again(store: Store) -> None:
    ear = Ear()
    telling = deliverer(store, Clock(), ear=ear)

    async def stop_at_once() -> None:
        running = asyncio.create_task(telling.run())
        while not ear.heard:  # noqa: ASYNC110 - the ear hears in another thread
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        await telling.drain()

    asyncio.run(stop_at_once())

    assert ear.heard == [1, 2, 3]


def test_a_stop_while_a_channel_fails_still_opens_its_alert(store: Store) -> None:
    failing = threading.Event()

    class Deaf(Ear):
        def tell(self, notice: Notice) -> None:
            failing.set()
            super().tell(notice)

    telling = deliverer(store, Clock(), deaf=Deaf(deaf_to={1}))

    async def stop_at_once() -> None:
        running = asyncio.create_task(telling.run())
        while not failing.is_set():  # noqa: ASYNC110 - the channel fails in another thread
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        await telling.drain()

    asyncio.run(stop_at_once())

    assert [alert.key for alert in open_alerts(store.engine)] == ["outbox:deaf"]
