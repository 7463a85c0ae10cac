"""Memory across chains: in scans, and in two watchers that meet in one store."""

import asyncio
from collections.abc import Iterator, Sequence

import polars as pl
import sqlalchemy as sa
from chains import Node, chain

from tocsin.app.look import Fetched
from tocsin.app.watching.memories import Memories
from tocsin.app.watching.watch import Watcher
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import MEMORY, Detector, Memory, Read
from tocsin.detect.engine import Outcome
from tocsin.edge.store import reorg
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import findings
from tocsin.model.finding import Place, Severity, Sighting
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

HOME, FAR = 1, 10


def meetings(tables: Tables) -> Iterator[Sighting]:
    """A sighting at the home chain's block for each height that both chains have, seen from either side."""
    memory, batch = tables[MEMORY], tables["blocks"]
    both = memory.filter(pl.col("chain_id") == HOME).join(
        memory.filter(pl.col("chain_id") == FAR).select("block_number"), on="block_number"
    )
    for row in both.filter(pl.col("block_number").is_in(batch["block_number"].implode())).iter_rows(named=True):
        yield Sighting(place=Place.of(row), severity=Severity.LOW, confidence=1.0, title="met", summary="met")


def remember(tables: Tables) -> pl.DataFrame:
    return tables["blocks"].with_columns(
        transaction_hash=pl.lit(None, dtype=pl.Binary()), transaction_index=pl.lit(None, dtype=pl.UInt64())
    ).select(*PLACE)  # fmt: skip


def detector(*, across: bool = True, window_blocks: int = 3) -> Detector:
    memory = Memory(columns={}, window_blocks=window_blocks, remember=remember, across_chains=across)
    reads = {"blocks": Read(columns=())}
    return Detector(id="meeting", severity=Severity.LOW, reads=reads, run=meetings, memory=memory, examples=())


def outcome(chain_id: int, *heights: int) -> Outcome:
    rows = pl.DataFrame({"chain_id": [chain_id] * len(heights), "block_number": heights})
    return Outcome((), (), (), (), {"meeting": rows})


def kept(memories: Memories, chain_id: int, first_block: int) -> list[tuple[int, int]]:
    found = memories.before(chain_id, first_block).get("meeting")
    return [] if found is None else sorted(found.select("chain_id", "block_number").rows())


def test_a_chain_is_given_the_others_rows_within_their_own_windows() -> None:
    memories = Memories({"meeting": detector()})
    memories.add(FAR, outcome(FAR, 100, 101))
    memories.add(HOME, outcome(HOME, 1, 2))

    assert kept(memories, HOME, 5) == [(HOME, 2), (FAR, 100), (FAR, 101)]
    assert kept(memories, FAR, 104) == [(HOME, 2), (FAR, 101)]
    assert kept(memories, HOME, 50) == [(FAR, 101)]


def test_without_the_wish_a_chain_sees_itself_alone() -> None:
    memories = Memories({"meeting": detector(across=False)})
    memories.add(FAR, outcome(FAR, 100))
    memories.add(HOME, outcome(HOME, 1))

    assert kept(memories, HOME, 2) == [(HOME, 1)]


def watcher(chain_id: int, headers: list[Header], store: Store, kind: type[Watcher] = Watcher) -> Watcher:
    def decode(recordings: Sequence[Recording]) -> Tables:
        rows = [
            {"chain_id": chain_id, "block_number": int(one.answers["number"]), "block_hash": one.answers["hash"]}
            for one in recordings
        ]
        types = {"chain_id": pl.UInt64(), "block_number": pl.UInt64(), "block_hash": pl.Binary()}
        return {"blocks": pl.DataFrame(rows, schema=types)}

    return kind(
        reader=Node(headers, chain_id=chain_id),
        store=store,
        decode=decode,
        detectors={"meeting": detector(window_blocks=50)},
        clock=lambda: 1.0,
        keep_blocks=4,
        start=0,
    )


def far_chain(length: int) -> list[Header]:
    def hash_(number: int) -> bytes:
        return b"\xfa" + (number + 1).to_bytes(31, "big")

    return [Header(number=n, hash=hash_(n), parent_hash=hash_(n - 1), timestamp=n) for n in range(length)]


def met(store: Store) -> list[tuple[int, int]]:
    query = sa.select(findings.c.chain_id, findings.c.block_number).where(findings.c.retracted_at.is_(None))
    with store.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(findings.c.block_number))]


def test_two_watchers_on_one_store_see_each_others_rows_in_whatever_order(store: Store) -> None:
    home, far = watcher(HOME, chain(3), store), watcher(FAR, far_chain(3), store)
    asyncio.run(home.catch_up(chain(3)[-1]))
    assert met(store) == []
    asyncio.run(far.catch_up(far_chain(3)[-1]))
    assert met(store) == [(HOME, 0), (HOME, 1), (HOME, 2)]

    far.reader = Node(far_chain(6), chain_id=FAR)
    asyncio.run(far.catch_up(far_chain(6)[-1]))
    home.reader = Node(chain(6), chain_id=HOME)
    asyncio.run(home.catch_up(chain(6)[-1]))
    assert met(store) == [(HOME, n) for n in range(6)]


def test_a_finding_that_another_chain_made_certain_goes_with_the_block_it_is_about(store: Store) -> None:
    for each, headers in ((HOME, chain(3)), (FAR, far_chain(3))):
        asyncio.run(watcher(each, headers, store).catch_up(headers[-1]))
    orphans = [header.hash for header in chain(3)[1:]]

    assert reorg.retract(store.engine, HOME, orphans, common=chain(3)[0], replaced_by=None, now=2.0) == 2
    assert met(store) == [(HOME, 0)]


class AtOnce(Watcher):
    """Two of these have both looked before either of them writes."""

    looked: asyncio.Barrier

    async def _look(self, fetched: Sequence[Fetched]) -> list[tuple[Fetched, Outcome]]:
        found = await Watcher._look(self, fetched)
        await self.looked.wait()
        return found


def test_of_two_that_look_in_the_same_moment_one_looks_again(store: Store) -> None:
    async def at_once() -> None:
        AtOnce.looked = asyncio.Barrier(2)
        home, far = watcher(HOME, chain(1), store, AtOnce), watcher(FAR, far_chain(1), store, AtOnce)
        await asyncio.gather(home.catch_up(chain(1)[-1]), far.catch_up(far_chain(1)[-1]))

    asyncio.run(at_once())

    assert met(store) == [(HOME, 0)]
