"""The endless work on one chain: what fails is told, counted and tried again, and nothing is skipped."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from chains import THIRDS, Node, alerts_ever, chain, decode, recent_headers, watcher

from tocsin.app.backoff import Backoff
from tocsin.app.health import HealthBook
from tocsin.app.watching.worker import GIVE_UP_FAILURES, Worker
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.edge.logs import logger
from tocsin.edge.store import gaps
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import blocks
from tocsin.model.errors import EndpointUnavailable, InconsistentInput, MalformedInput
from tocsin.tables.dataset import Tables

AT_ONCE = Backoff(first_seconds=0.001, longest_seconds=0.001, jitter=lambda: 1.0)
PATIENCE_SECONDS = 10


def worker(node: Node, store: Store) -> Worker:
    log = logger(io.StringIO(), ())
    return Worker(
        watcher=watcher(node, store, THIRDS),
        book=HealthBook(store=store, clock=lambda: 1.0, log=log),
        log=log,
        backoff=AT_ONCE,
        gap_backoff=AT_ONCE,
        count_failure=lambda _: None,
    )


def test_an_endpoint_that_fails_is_tried_again_and_its_alert_closes(store: Store) -> None:
    node = Node(chain(1), failures=3)

    asyncio.run(worker(node, store).run(until_caught_up=True))

    assert alerts_ever(store) == [("rpc", 3, True)]
    assert node.fetched == [0]


def test_catching_up_that_cannot_end_fails_and_leaves_its_alert_and_its_gap(store: Store) -> None:
    node = Node(chain(6), failures=10**9)
    with pytest.raises(EndpointUnavailable):
        asyncio.run(worker(node, store).run(until_caught_up=True))

    assert alerts_ever(store) == [("rpc", GIVE_UP_FAILURES - 1, False)]
    assert recent_headers(store) == []


@dataclass
class Boastful(Node):
    """Says that its head is higher than the blocks it has."""

    async def head(self) -> Header:
        return chain(9)[-1]


def test_catching_up_with_a_head_that_nobody_has_fails_by_name(store: Store) -> None:
    with pytest.raises(InconsistentInput, match=r"the head is 8, but give no block .* done, 2: they lag"):
        asyncio.run(worker(Boastful(chain(3)), store).run(until_caught_up=True))

    assert [header.number for header in recent_headers(store)] == [0, 1, 2]


@dataclass
class Failing:
    """A decoder that raises, so many times."""

    error: Exception
    times: int

    def __call__(self, recordings: Sequence[Recording]) -> Tables:
        if self.times:
            self.times -= 1
            raise self.error
        return decode(recordings)


@pytest.mark.parametrize(
    ("error", "kind"), [(MalformedInput("truncated"), "decode"), (ZeroDivisionError("ours"), "defect")]
)
def test_a_block_that_cannot_be_read_is_tried_again_and_never_skipped(
    store: Store, error: Exception, kind: str
) -> None:
    node = Node(chain(1))
    working = worker(node, store)
    working.watcher.decode = Failing(error, 2)

    asyncio.run(working.run(until_caught_up=True))

    assert alerts_ever(store) == [(kind, 2, True)]
    assert [header.number for header in recent_headers(store)] == [0]


def test_blocks_that_wait_are_a_gap_until_they_are_done(store: Store) -> None:
    node = Node(chain(4))
    working = worker(node, store)
    working.watcher.decode = Failing(MalformedInput("truncated"), 4)
    seen: list[tuple[int, int, str]] = []

    def log_gaps(kind: str) -> None:
        seen.extend((gap.first, gap.last, gap.reason) for gap in gaps.open_gaps(store.engine, 1))

    working.count_failure = log_gaps
    asyncio.run(working.run(until_caught_up=True))

    assert (0, 3, "decode") in seen
    assert gaps.open_gaps(store.engine, 1) == ()


@dataclass
class Subscription(Node):
    """A node whose heads come only by a subscription, which breaks after each."""

    until: int = 0

    async def heads(self) -> AsyncIterator[Header]:
        self.until = min(self.until + 3, len(self.chain))
        yield self.chain[self.until - 1]
        raise EndpointUnavailable("the subscription broke")

    async def head(self) -> Header:
        return self.chain[0]


def test_a_subscription_that_breaks_is_made_again(store: Store) -> None:
    node = Subscription(chain(12))

    async def watch_for_a_while() -> None:
        working = asyncio.create_task(worker(node, store).run(until_caught_up=False))
        await done_to(store, 11)
        working.cancel()
        await asyncio.wait([working])

    asyncio.run(watch_for_a_while())

    assert node.fetched == list(range(12))
    assert "heads" in {kind for kind, _, _ in alerts_ever(store)}


async def done_to(store: Store, number: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (highest(store) or 0) < number:  # noqa: ASYNC110 - the store holds it, and tells nobody
            await asyncio.sleep(0.005)


def highest(store: Store) -> int | None:
    with store.engine.begin() as connection:
        return connection.scalar(sa.select(sa.func.max(blocks.c.number)))


def test_a_stop_in_the_middle_leaves_whole_blocks(store: Store) -> None:
    node = Node(chain(400))

    async def stop_soon() -> None:
        working = asyncio.create_task(worker(node, store).run(until_caught_up=True))
        await done_to(store, 20)
        working.cancel()
        await asyncio.wait([working])

    asyncio.run(stop_soon())
    done = len(recent_headers(store))
    asyncio.run(worker(node, store).run(until_caught_up=True))

    assert done > 0
    assert highest(store) == 399
