"""What is kept is held against its digest once a week, whatever is restarted meanwhile."""

import asyncio
from pathlib import Path

import pytest

from evidence_case import ADA, Case, case, chunks, given
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.rehash import HOUR, ROUND_HOURS, Rehasher
from tocsin.edge.store.health import open_alerts
from tocsin.edge.store.opening import Store
from tocsin.respond.evidence.item import Item


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Case:
    return case(store, tmp_path)


def a_week(here: Case) -> None:
    """Every hour another process: what was verified is remembered by nobody."""

    async def hours() -> None:
        for _ in range(ROUND_HOURS):
            here.clock.now += HOUR
            await Rehasher(desk=here.desk).once()

    asyncio.run(hours())


def verifications(here: Case, item: Item) -> int:
    return [entry.kind for entry in evidence.show(here.desk, ADA, item.id)[1]].count("verified")


def test_in_a_week_every_piece_is_verified_and_what_changed_is_told_until_it_is_put_back(here: Case) -> None:
    here.clock.now = 1_796_000_400.0  # some minutes into an hour, as this clock goes on when it is read
    fine, rotten, gone, destroyed = (
        evidence.add(here.desk, ADA, given(name), chunks(name.encode())) for name in ("a", "b", "c", "d")
    )
    evidence.destroy(here.desk, ADA, destroyed.id, "asked for")
    folder = evidence.kept_in(here.desk)
    place = folder.place(rotten.sha256)
    place.chmod(0o600)
    place.write_bytes(b"B")
    folder.place(gone.sha256).unlink()

    a_week(here)

    assert [verifications(here, item) for item in (fine, rotten, gone, destroyed)] == [1, 1, 1, 0]
    assert {each.key for each in open_alerts(here.desk.store.engine)} == {
        f"evidence:{rotten.id}",
        f"evidence:{gone.id}",
    }

    place.write_bytes(b"b")
    folder.place(gone.sha256).write_bytes(b"c")
    a_week(here)
    assert open_alerts(here.desk.store.engine) == ()


def test_one_hour_is_verified_once(here: Case) -> None:
    item = evidence.add(here.desk, ADA, given(), chunks(b"same"))
    rounds = here.clock.now // (HOUR * ROUND_HOURS)
    here.clock.now = ((rounds + 1) * ROUND_HOURS - 1) * HOUR  # a single piece is of the last share
    rehasher = Rehasher(desk=here.desk)

    assert [asyncio.run(rehasher.once()) for _ in range(3)] == [True, False, False]
    assert verifications(here, item) == 1
