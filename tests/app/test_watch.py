"""Watching a chain that moves, forks and fails, on a real store."""

import asyncio
from collections.abc import Iterator, Sequence

import polars as pl
import pytest
import sqlalchemy as sa
from chains import (
    READS_BLOCKS,
    THIRDS,
    Node,
    alerts_ever,
    catch_up,
    chain,
    decode,
    every_third,
    recent_headers,
    standing,
    watcher,
)

from tocsin.app.backoff import Backoff
from tocsin.app.watching.fill import fill_due_gaps
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector, Memory
from tocsin.edge.store import gaps, health
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import blocks, findings, memories
from tocsin.model.errors import MalformedInput, RemoteError
from tocsin.model.finding import Place, Severity, Sighting
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables


def test_every_block_is_done_in_order_and_once(store: Store) -> None:
    node = Node(chain(6))
    assert catch_up(node, store) == node.chain
    assert catch_up(node, store, node.chain[3]) == node.chain
    assert node.fetched == [0, 1, 2, 3, 4, 5]


def test_an_answer_that_fails_leaves_the_block_undone_and_nothing_is_skipped(store: Store) -> None:
    node = Node(chain(3), failures=1)
    with pytest.raises(RemoteError):
        catch_up(node, store)
    assert recent_headers(store) == []

    assert catch_up(node, store) == node.chain


def test_a_block_that_cannot_be_decoded_is_left_undone(store: Store) -> None:
    def refuse(recordings: Sequence[Recording]) -> Tables:
        raise MalformedInput("truncated")

    broken = watcher(Node(chain(3)), store)
    broken.decode = refuse
    with pytest.raises(MalformedInput):
        asyncio.run(broken.catch_up(chain(3)[-1]))

    assert recent_headers(store) == []


def test_a_reorg_is_followed_to_the_new_branch(store: Store) -> None:
    catch_up(Node(chain(6)), store)
    fork = Node(chain(8, fork=1, fork_at=3))

    assert catch_up(fork, store) == fork.chain
    assert fork.fetched == [3, 4, 5, 6, 7]
    assert health.open_alerts(store.engine) == ()


def test_a_reorg_deeper_than_the_window_takes_back_and_does_again_all_above_the_fork(store: Store) -> None:
    catch_up(Node(chain(14)), store, keep_blocks=2)
    fork = Node(chain(16, fork=1, fork_at=5))

    assert catch_up(fork, store, keep_blocks=2) == fork.chain[-2:]
    assert fork.fetched == list(range(4, 16))
    assert standing(store) == [("thirds", n, b"\x01" if n >= 5 else b"\x00") for n in (0, 3, 6, 9, 12, 15)]
    assert alerts_ever(store) == [("deep-reorg", 1, True)]


def test_a_reorg_that_leaves_nothing_in_common_begins_again_at_the_start(store: Store) -> None:
    catch_up(Node(chain(14)), store, keep_blocks=2)
    fork = Node(chain(15, fork=1, fork_at=0))

    catch_up(fork, store, keep_blocks=2)

    assert fork.fetched == list(range(15))
    assert standing(store) == [("thirds", n, b"\x01") for n in (0, 3, 6, 9, 12)]


def test_a_shorter_branch_whose_head_is_below_the_window_is_followed(store: Store) -> None:
    catch_up(Node(chain(14)), store, keep_blocks=2)
    fork = Node(chain(8, fork=1, fork_at=5))

    assert catch_up(fork, store, keep_blocks=2) == fork.chain[-2:]
    assert standing(store) == [("thirds", 0, b"\x00"), ("thirds", 3, b"\x00"), ("thirds", 6, b"\x01")]


def test_a_node_that_is_far_behind_on_the_same_chain_moves_nothing(store: Store) -> None:
    node = Node(chain(14))
    catch_up(node, store, keep_blocks=2)

    assert catch_up(Node(chain(8)), store, keep_blocks=2) == node.chain[-2:]
    assert alerts_ever(store) == []


def test_a_start_at_the_head_stays_where_it_was_although_its_first_block_fails(store: Store) -> None:
    node = Node(chain(4), failures=1)
    with pytest.raises(RemoteError):
        asyncio.run(watcher(node, store, start=None).catch_up(node.chain[-1]))
    node.chain = chain(7)

    asyncio.run(watcher(node, store, start=None).catch_up(node.chain[-1]))

    assert node.fetched == [3, 4, 5, 6]


def broken_at(*heights: int, memory: Memory | None = None) -> Detector:
    def run(tables: Tables) -> Iterator[Sighting]:
        if set(tables["blocks"]["block_number"]) & set(heights):
            raise ZeroDivisionError
        return every_third(tables)

    return Detector(id="shaky", severity=Severity.LOW, reads=READS_BLOCKS, run=run, memory=memory, examples=())


def test_a_detector_that_fails_is_tried_again_until_it_has_seen_the_block(store: Store) -> None:
    node = Node(chain(6))
    backoff = Backoff(first_seconds=60, longest_seconds=3600, jitter=lambda: 1.0)
    shaky = watcher(node, store, THIRDS, broken_at(3, 4))
    asyncio.run(shaky.catch_up(node.chain[-1]))
    assert alerts_ever(store) == [("detector-failure", 2, False)]
    assert ("shaky", 3, b"\x00") not in standing(store)

    assert asyncio.run(fill_due_gaps(shaky, backoff)) == 0
    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.last, gap.attempts, gap.next_try_at) == (3, 4, 2, 1.0 + 120)

    mended = watcher(node, store, THIRDS, broken_at())
    mended.clock = lambda: 200.0
    assert asyncio.run(fill_due_gaps(mended, backoff)) == 2
    assert ("shaky", 3, b"\x00") in standing(store)
    assert gaps.open_gaps(store.engine, 1) == ()
    assert alerts_ever(store) == [("detector-failure", 2, True)]
    assert len(standing(store)) == 4


def test_a_bad_answer_among_several_blocks_costs_only_its_own_block(store: Store) -> None:
    def refuse_5(recordings: Sequence[Recording]) -> Tables:
        if any(one.answers["number"] == b"5" for one in recordings):
            raise MalformedInput("truncated")
        return decode(recordings)

    node = Node(chain(9))
    broken = watcher(node, store, THIRDS)
    broken.decode = refuse_5
    with pytest.raises(MalformedInput):
        asyncio.run(broken.catch_up(node.chain[-1]))

    assert [number for _, number, _ in standing(store)] == [0, 3]
    assert [header.number for header in recent_headers(store)] == [0, 1, 2, 3, 4]
    assert node.doubted == [(5, "truncated")]


def test_a_gap_whose_block_nobody_has_any_more_is_put_off_and_holds_up_nothing(store: Store) -> None:
    node = Node(chain(6))
    backoff = Backoff(first_seconds=60, longest_seconds=3600, jitter=lambda: 1.0)
    asyncio.run(watcher(node, store, broken_at(3)).catch_up(node.chain[4]))
    mended = watcher(Pruned(node.chain), store, broken_at())

    assert asyncio.run(fill_due_gaps(mended, backoff)) == 0
    asyncio.run(mended.catch_up(node.chain[5]))

    (gap,) = gaps.open_gaps(store.engine, 1)
    assert (gap.first, gap.reason, gap.attempts, gap.next_try_at) == (3, "EndpointRefused", 2, 1.0 + 120)
    assert recent_headers(store) == node.chain


class Pruned(Node):
    """A node that has forgotten block 3."""

    async def header(self, number: int) -> Header | None:
        return None if number == 3 else await super().header(number)


def test_what_a_detector_was_blind_for_it_sees_when_the_data_is_there_again(store: Store) -> None:
    def without_blocks(recordings: Sequence[Recording]) -> Tables:
        return {name: rows for name, rows in decode(recordings).items() if name != "blocks"}

    backoff = Backoff(first_seconds=60, longest_seconds=3600, jitter=lambda: 1.0)
    node = Node(chain(7))
    watching = watcher(node, store, THIRDS)
    watching.decode = without_blocks
    asyncio.run(watching.catch_up(node.chain[4]))
    assert standing(store) == []

    watching.decode = decode
    asyncio.run(watching.catch_up(node.chain[6]))
    assert [number for _, number, _ in standing(store)] == [6]

    assert asyncio.run(fill_due_gaps(watching, backoff)) == 5
    assert [number for _, number, _ in standing(store)] == [0, 3, 6]
    assert gaps.open_gaps(store.engine, 1) == ()


def remember_blocks(tables: Tables) -> pl.DataFrame:
    return tables["blocks"].with_columns(transaction_hash=None, transaction_index=None).select(*PLACE)


def counting() -> Detector:
    """Says in every block how many of the three before it it remembers, itself included."""

    def run(tables: Tables) -> Iterator[Sighting]:
        for row in tables["blocks"].iter_rows(named=True):
            place, number = Place.of({**row, "transaction_hash": None, "transaction_index": None}), row["block_number"]
            kept = str(tables["memory"].filter(pl.col("block_number").is_between(number - 3, number)).height)
            yield Sighting(place=place, severity=Severity.LOW, confidence=1.0, title=kept, summary="")

    memory = Memory(columns={}, window_blocks=3, remember=remember_blocks)
    return Detector(id="counting", severity=Severity.LOW, reads=READS_BLOCKS, run=run, memory=memory, examples=())


def titles(store: Store) -> list[int]:
    query = sa.select(findings.c.body).where(findings.c.retracted_at.is_(None)).order_by(findings.c.block_number)
    with store.engine.begin() as connection:
        return [int(body["title"]) for body in connection.scalars(query)]


def test_memory_is_the_same_across_restarts_and_reorgs_and_old_rows_go(store: Store) -> None:
    def catch(length: int, fork: int = 0, fork_at: int = 10**9) -> None:
        node = Node(chain(length, fork, fork_at))
        asyncio.run(watcher(node, store, counting(), keep_blocks=4).catch_up(node.chain[-1]))

    catch(6)
    catch(9)
    catch(12, fork=1, fork_at=7)

    assert titles(store) == [1, 2, 3] + 9 * [4]
    with store.engine.begin() as connection:
        heights = connection.scalars(sa.select(memories.c.block_number).order_by(memories.c.block_number)).all()
    assert heights == list(range(11 - 3 - 4, 12))


def test_a_head_that_lies_moves_nothing(store: Store) -> None:
    node = Node(chain(6))
    catch_up(node, store)
    far = Header(number=99, hash=bytes(32), parent_hash=bytes(32), timestamp=0)

    assert catch_up(node, store, far) == node.chain
    assert catch_up(Node(chain(2)), store) == node.chain
    with store.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.max(blocks.c.number))) == 5
