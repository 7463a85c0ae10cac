"""A source goes into a lake and comes out of it as it was."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.archive import Archived, archive, runs
from tocsin.app.demo import RECORDING
from tocsin.app.sources import Batch, Request, pieces
from tocsin.edge import lake, recordings

DEMO = RECORDING


def test_blocks_come_back_as_they_went_in(tmp_path: Path) -> None:
    (written,) = archive(Request(source=str(DEMO)), tmp_path)
    assert isinstance(written, Archived)
    assert written.blocks == recordings.count(DEMO)
    (before,), (after,) = pieces(Request(source=str(DEMO))), pieces(Request(source=str(tmp_path)))
    assert isinstance(before, Batch)
    assert isinstance(after, Batch)
    for name in lake.raw_datasets() & set(before.tables):
        assert after.tables[name].equals(before.tables[name]), name


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_every_number_once_and_have_no_holes(numbers: set[int]) -> None:
    found = runs(sorted(numbers))
    assert [number for run in found for number in run] == sorted(numbers)
    assert all(later[0] > earlier[-1] + 1 for earlier, later in pairwise(found))
