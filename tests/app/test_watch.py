"""Watching a chain that moves, forks and fails, on a real store."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from tocsin.app.watch import Watcher
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.edge.store import health
from tocsin.edge.store.schema import blocks
from tocsin.edge.store.store import Store, open_store, recent_headers
from tocsin.model.errors import EndpointUnavailable, MalformedInput, RemoteError
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables


@dataclass
class Node:
    """A chain in memory that may fail a number of times before it answers."""

    chain: list[Header]
    failures: int = 0
    fetched: list[int] = field(default_factory=list)
    chain_id: int = 1

    async def head(self) -> Header:
        return self.chain[-1]

    async def header(self, number: int) -> Header | None:
        return self.chain[number] if number < len(self.chain) else None

    async def recording(self, header: Header) -> Recording:
        if self.failures:
            self.failures -= 1
            raise EndpointUnavailable("node: no answer")
        self.fetched.append(header.number)
        return Recording(chain_id=1, name="node", answers={})

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:  # noqa: ARG002 - the reader contract names it
        return {}

    async def heads(self) -> AsyncIterator[Header]:
        yield self.chain[-1]


def chain(length: int, fork: int = 0, fork_at: int = 10**9) -> list[Header]:
    def block_hash(number: int) -> bytes:
        return bytes([fork if number >= fork_at else 0]) + (number + 1).to_bytes(31, "big")

    return [Header(number=n, hash=block_hash(n), parent_hash=block_hash(n - 1), timestamp=n) for n in range(length)]


def decode(recording: Recording) -> Tables:
    return {"blocks": pl.DataFrame()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    yield opened
    opened.close()


def watcher(node: Node, store: Store, keep_blocks: int = 64) -> Watcher:
    return Watcher(
        reader=node, store=store, decode=decode, detectors={}, clock=lambda: 1.0, keep_blocks=keep_blocks, start=0
    )


def catch_up(node: Node, store: Store, head: Header | None = None, keep_blocks: int = 64) -> list[Header]:
    asyncio.run(watcher(node, store, keep_blocks).catch_up(head or node.chain[-1]))
    return list(recent_headers(store, 1))


def test_every_block_is_done_in_order_and_once(store: Store) -> None:
    node = Node(chain(6))
    assert catch_up(node, store) == node.chain
    assert catch_up(node, store, node.chain[3]) == node.chain
    assert node.fetched == [0, 1, 2, 3, 4, 5]


def test_an_answer_that_fails_leaves_the_block_undone_and_nothing_is_skipped(store: Store) -> None:
    node = Node(chain(3), failures=1)
    with pytest.raises(RemoteError):
        catch_up(node, store)
    assert recent_headers(store, 1) == ()

    assert catch_up(node, store) == node.chain


def test_a_block_that_cannot_be_decoded_is_left_undone(store: Store) -> None:
    def refuse(recording: Recording) -> Tables:
        raise MalformedInput("truncated")

    broken = watcher(Node(chain(3)), store)
    broken.decode = refuse
    with pytest.raises(MalformedInput):
        asyncio.run(broken.catch_up(chain(3)[-1]))

    assert recent_headers(store, 1) == ()


def test_a_reorg_is_followed_to_the_new_branch(store: Store) -> None:
    catch_up(Node(chain(6)), store)
    fork = Node(chain(8, fork=1, fork_at=3))

    assert catch_up(fork, store) == fork.chain
    assert fork.fetched == [3, 4, 5, 6, 7]
    assert health.open_alerts(store.engine) == ()


def test_a_reorg_deeper_than_the_window_is_said_and_the_chain_goes_on(store: Store) -> None:
    catch_up(Node(chain(6), 0), store, keep_blocks=2)
    fork = Node(chain(8, fork=1, fork_at=1))

    assert catch_up(fork, store, keep_blocks=2) == fork.chain[-2:]
    assert [alert.kind for alert in health.open_alerts(store.engine)] == ["deep-reorg"]


def test_a_head_that_lies_moves_nothing(store: Store) -> None:
    node = Node(chain(6))
    catch_up(node, store)
    far = Header(number=99, hash=bytes(32), parent_hash=bytes(32), timestamp=0)

    assert catch_up(node, store, far) == node.chain
    assert catch_up(Node(chain(2)), store) == node.chain
    with store.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.max(blocks.c.number))) == 5
