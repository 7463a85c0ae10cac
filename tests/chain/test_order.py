"""One sorted pass gives what looking at every pair would."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.chain.datasets._moves import SAME_TRANSACTION
from tocsin.chain.datasets._order import following, innermost

PLACE = {"chain_id": pl.UInt64(), "block_hash": pl.Binary(), "transaction_hash": pl.Binary()}
positions = st.integers(0, 20)
transactions = st.sampled_from([None, b"one", b"two"])
rows_of = st.lists(st.tuples(transactions, positions), max_size=12)


def frame(rows: list[tuple[bytes | None, int]], **more: list[int]) -> pl.DataFrame:
    """Rows of some transactions, whose hash may be unknown, with their positions."""
    columns = {
        "chain_id": [1] * len(rows),
        "block_hash": [None] * len(rows),
        "transaction_hash": [transaction for transaction, _ in rows],
        "call_index": [position for _, position in rows],
        "row": list(range(len(rows))),
        **more,
    }
    numbers = {name: pl.Int64() for name in columns if name not in PLACE}
    return pl.DataFrame(columns, schema={**PLACE, **numbers})


@settings(deadline=None)
@given(rows_of, st.lists(st.tuples(transactions, positions, positions), max_size=6, unique_by=lambda each: each[:2]))
def test_the_innermost_frame_is_the_one_that_began_last(
    rows: list[tuple[bytes | None, int]], frames: list[tuple[bytes | None, int, int]]
) -> None:
    begun = frame([each[:2] for each in frames], subtree_end=[at + length for _, at, length in frames])
    found = innermost(begun.rename({"row": "_id"}), frame(rows))
    expected = set()
    for number, (transaction, at) in enumerate(rows):
        before = [each for each in frames if each[0] == transaction and each[1] <= at]
        last = max(before, key=lambda each: each[1], default=None)
        if last is not None and at < last[1] + last[2]:
            expected.add((number, frames.index(last)))
    assert set(found.select("row", "_id").iter_rows()) == expected


@settings(deadline=None)
@given(rows_of, st.lists(st.tuples(transactions, positions), max_size=8, unique=True))
def test_what_follows_is_the_nearest_mark_at_or_behind(
    rows: list[tuple[bytes | None, int]], marks: list[tuple[bytes | None, int]]
) -> None:
    found = following(frame(rows), frame(marks), "call_index", SAME_TRANSACTION, ("row",))
    expected = {
        (number, min((each for each in marks if each[0] == transaction and each[1] >= at), default=None))
        for number, (transaction, at) in enumerate(rows)
    }
    named = {(row, None if mark is None else marks[mark]) for row, mark in found.select("row", "_next_row").iter_rows()}
    assert named == expected
