"""Real blocks go the way of live ones, from the recording to the store."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from chains import standing

from tocsin.app.look import decode
from tocsin.app.replay import Replay
from tocsin.app.watching.watch import Watcher
from tocsin.detect.catalogue import detectors
from tocsin.edge import recordings
from tocsin.edge.store import gaps, health
from tocsin.edge.store.opening import Store
from tocsin.edge.store.schema.watching import outbox

pytestmark = pytest.mark.recorded


def watch(path: Path, store: Store) -> None:
    replay = Replay([recordings.read_one(path, 1)])
    watcher = Watcher(
        reader=replay,
        store=store,
        decode=decode,
        detectors=detectors(),
        clock=lambda: 1.0,
        keep_blocks=8,
        start=replay.first,
    )
    asyncio.run(watcher.catch_up(asyncio.run(replay.head())))


def test_what_is_found_in_a_real_block_waits_to_be_told(recorded_data: Path, store: Store) -> None:
    watch(recorded_data / "mev" / "blocks" / "13002906.json.gz", store)

    found = standing(store)
    assert "sandwich" in {detector for detector, _, _ in found}
    with store.engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == len(found)
    assert gaps.open_gaps(store.engine, 1) == ()


def test_a_real_block_without_traces_leaves_detectors_blind_and_not_quiet(recorded_data: Path, store: Store) -> None:
    watch(recorded_data / "state" / "18000000.json.gz", store)

    blind = health.blind_detectors(store.engine, 1)
    assert "calls" in blind["reentrancy"]
