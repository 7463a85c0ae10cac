"""A chain in memory, a watcher of it, and what it leaves in its store."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
import sqlalchemy as sa

from tocsin.app.watching.watch import Watcher
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector, Read
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import findings, health_alerts
from tocsin.edge.store.store import position
from tocsin.model.errors import EndpointUnavailable, InputError
from tocsin.model.finding import Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables


@dataclass
class Node:
    """A chain in memory that may fail a number of times before it answers."""

    chain: list[Header]
    failures: int = 0
    fetched: list[int] = field(default_factory=list)
    chain_id: int = 1
    doubted: list[tuple[int, str]] = field(default_factory=list)

    async def head(self) -> Header:
        return self.chain[-1]

    async def header(self, number: int) -> Header | None:
        return self.chain[number] if number < len(self.chain) else None

    async def recording(self, header: Header) -> Recording:
        if self.failures:
            self.failures -= 1
            raise EndpointUnavailable("node: no answer")
        self.fetched.append(header.number)
        return Recording(chain_id=1, name="node", answers={"number": b"%d" % header.number, "hash": header.hash})

    def doubt(self, header: Header, error: InputError) -> None:
        self.doubted.append((header.number, str(error)))

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:  # noqa: ARG002 - the reader contract names it
        return {}

    async def heads(self) -> AsyncIterator[Header]:
        yield self.chain[-1]


def chain(length: int, fork: int = 0, fork_at: int = 10**9) -> list[Header]:
    def block_hash(number: int) -> bytes:
        return bytes([fork if number >= fork_at else 0]) + (number + 1).to_bytes(31, "big")

    return [Header(number=n, hash=block_hash(n), parent_hash=block_hash(n - 1), timestamp=n) for n in range(length)]


def decode(recordings: Sequence[Recording]) -> Tables:
    """The blocks table of the headers that the node put into the recordings."""
    rows = [
        {"chain_id": 1, "block_number": int(one.answers["number"]), "block_hash": one.answers["hash"]}
        for one in recordings
    ]
    return {"blocks": pl.DataFrame(rows)}


def every_third(tables: Tables) -> Iterator[Sighting]:
    for row in tables["blocks"].filter(pl.col("block_number") % 3 == 0).iter_rows(named=True):
        place = Place.of({**row, "transaction_hash": None, "transaction_index": None})
        yield Sighting(place=place, severity=Severity.LOW, confidence=1.0, title="third", summary="third")


READS_BLOCKS = {"blocks": Read(columns=())}
THIRDS = Detector(id="thirds", severity=Severity.LOW, reads=READS_BLOCKS, run=every_third, examples=())


def recent_headers(store: Store) -> list[Header]:
    found = position(store, 1, 64)
    return list(found.headers) if found else []


def watcher(node: Node, store: Store, *detectors: Detector, keep_blocks: int = 64, start: int | None = 0) -> Watcher:
    return Watcher(
        reader=node,
        store=store,
        decode=decode,
        detectors={detector.id: detector for detector in detectors},
        clock=lambda: 1.0,
        keep_blocks=keep_blocks,
        start=start,
    )


def catch_up(node: Node, store: Store, head: Header | None = None, keep_blocks: int = 64) -> list[Header]:
    asyncio.run(watcher(node, store, THIRDS, keep_blocks=keep_blocks).catch_up(head or node.chain[-1]))
    return recent_headers(store)


def standing(store: Store) -> list[tuple[str, int, bytes]]:
    """Detector, height and first byte of the hash (the branch) of every finding that is not taken back."""
    query = sa.select(findings).where(findings.c.retracted_at.is_(None)).order_by(findings.c.block_number)
    with store.engine.begin() as connection:
        return [(r.detector, r.block_number, bytes.fromhex(r.block_hash[2:4])) for r in connection.execute(query)]


def alerts_ever(store: Store) -> list[tuple[str, int, bool]]:
    """Kind and count of every alert, and whether it is closed."""
    with store.engine.begin() as connection:
        return [(r.kind, r.times, r.closed_at is not None) for r in connection.execute(sa.select(health_alerts))]
