"""
Triage in a storm: so many findings of so many attackers, taken in as fast as they can be, on both databases.

Each database runs in a process of its own, so that the peak of memory is its own.
"""

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from postgresql import postgresql

from tocsin.app.desk import Desk
from tocsin.app.known import load
from tocsin.app.settings import parse
from tocsin.app.triage.triage import Triage
from tocsin.detect.catalogue import detectors
from tocsin.detect.labels import Labels
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.schema.every import tables
from tocsin.model.finding import Entity, Finding, Place, Severity
from tocsin.respond.estate.estate import EMPTY

AT_ONCE = 5_000
MEGABYTE = 1024
"""Kilobytes, in which Linux tells the peak."""


@dataclass(frozen=True)
class Storm:
    """How much of it."""

    findings: int
    keys: int
    severity: Severity


def made(storm: Storm, number: int) -> Finding:
    """One finding: of its attacker, in a transaction of its own."""
    return Finding(
        detector="large-profit",
        place=Place(
            chain_id=1,
            block_number=number // 100,
            block_hash=f"0x{number // 100:064x}",
            transaction_hash=f"0x{number:064x}",
            transaction_index=0,
        ),
        severity=storm.severity,
        confidence=0.75,
        title="An account gained much in one transaction",
        summary="what happened",
        entities=(Entity("attacker", f"0x{number % storm.keys + 2**100:040x}"),),
    )


def fill(store: Store, storm: Storm) -> None:
    """Findings and their notices, as watching writes them, in bulk."""
    schema = tables().tables
    for begin in range(0, storm.findings, AT_ONCE):
        some = [made(storm, number) for number in range(begin, min(begin + AT_ONCE, storm.findings))]
        with store.engine.begin() as connection:
            connection.execute(sa.insert(schema["findings"]), [_row(each) for each in some])
            notices = [
                {
                    "sequence": begin + at,
                    "key": f"{each.id}:0",
                    "kind": "finding",
                    "finding_id": each.id,
                    "next_try_at": 0,
                }
                for at, each in enumerate(some, 1)
            ]
            connection.execute(sa.insert(schema["outbox"]), notices)
            connection.execute(sa.insert(schema["triage_queue"]), [{"sequence": each["sequence"]} for each in notices])


def _row(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "id": finding.id,
        "detector": finding.detector,
        "severity": int(finding.severity),
        "chain_id": place.chain_id,
        "block_number": place.block_number,
        "block_hash": place.block_hash,
        "transaction_hash": place.transaction_hash,
        "body": finding.to_json(),
        "seen_at": time.time(),
        "revision": 0,
    }


def measure(url: str, storm: Storm) -> dict[str, str]:
    """What triage makes of a storm in this database."""
    store = open_store(url)
    fill(store, storm)
    desk = Desk(settings=parse("", "tocsin.toml", {}), store=store, clock=time.time, entropy=os.urandom)
    known = Labels.of(load([]))
    triage = Triage(desk=desk, detectors=detectors(), known=known, estate=lambda: EMPTY)
    before, begun = _peak(), time.perf_counter()
    longest = 0.0
    while True:
        one = time.perf_counter()
        if not triage.pass_now():
            break
        longest = max(longest, time.perf_counter() - one)
    seconds = time.perf_counter() - begun
    with store.engine.begin() as connection:
        alerts = tables().tables["alerts"]
        opened = connection.scalar(sa.select(sa.func.count()).select_from(alerts)) or 0
        times = connection.scalar(sa.select(sa.func.sum(alerts.c.times))) or 0
        counted = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(tables().tables[name]))
            for name in ("alert_findings", "alert_links", "journal", "incidents", "triage_queue")
        }
    store.close()
    return {
        "database": url.partition(":")[0],
        "findings": f"{storm.findings:,}",
        "alerts": f"{opened:,}",
        "repeats": f"{int(times) - opened:,}",
        **{name.replace("_", " "): f"{number:,}" for name, number in counted.items()},
        "seconds": f"{seconds:.1f}",
        "findings/s": f"{storm.findings / seconds:,.0f}",
        "longest pass s": f"{longest:.2f}",
        "peak MB": f"{_peak() / MEGABYTE:.0f}",
        "of them before": f"{before / MEGABYTE:.0f}",
    }


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured(storm: Storm) -> Iterator[dict[str, str]]:
    """One row a database, each measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for url in (f"sqlite:///{Path(folder)}/storm.db", server.url):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                yield pool.apply(measure, (url, storm))


def table(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """The lines of the report, in Markdown, each as soon as it is known."""
    for number, row in enumerate(rows):
        if number == 0:
            yield "| " + " | ".join(row) + " |"
            yield "|" + "---|" * len(row)
        yield "| " + " | ".join(row.values()) + " |"
