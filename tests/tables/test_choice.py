"""Rows chosen and ordered without a query are those that Polars itself chooses, in its order."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.tables.choice import FEW_ROWS, are_keys, distinct, in_order, rows_among, rows_at, rows_where, rows_with

SCHEMA = {"number": pl.UInt64(), "name": pl.Binary(), "text": pl.String()}
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 3),
        st.none() | st.binary(max_size=1),
        st.none() | st.sampled_from(("call", "create")),
    ),
    max_size=12,
)


def frame(rows: list[tuple[int | None, bytes | None, str | None]]) -> pl.DataFrame:
    """These rows."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(rows=ROWS, data=st.data())
def test_rows_by_truths_and_numbers(
    rows: list[tuple[int | None, bytes | None, str | None]], data: st.DataObject
) -> None:
    """Whatever is chosen: nothing, rows one behind the other, or rows apart."""
    whole = frame(rows)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), dtype=np.bool_)
    assert rows_where(whole, mask).equals(whole.filter(pl.Series(mask)))
    numbers = np.array(data.draw(st.permutations(range(len(rows)))), dtype=np.intp)
    assert rows_at(whole, numbers).rows() == [rows[number] for number in numbers]


@given(rows=ROWS, wanted=st.lists(st.none() | st.binary(max_size=1)))
def test_rows_by_values(rows: list[tuple[int | None, bytes | None, str | None]], wanted: list[bytes | None]) -> None:
    """Null is none of them, even where it is among them."""
    found = rows_among(frame(rows), "name", pl.Series(wanted, dtype=pl.Binary()))
    assert found.rows() == [row for row in rows if row[1] is not None and row[1] in wanted]


@given(rows=ROWS)
def test_order_and_nulls(rows: list[tuple[int | None, bytes | None, str | None]]) -> None:
    """Null comes first, as in Polars, and each row once where that is asked for."""
    whole = frame(rows)
    assert in_order(whole, *SCHEMA) == whole.sort(*SCHEMA).rows(named=True)
    assert in_order(whole, "number", "name", "text") == in_order(whole.reverse(), "number", "name", "text")
    assert distinct(whole).sort(*SCHEMA).equals(whole.unique().sort(*SCHEMA))
    assert rows_with(whole, "number", "text").equals(whole.drop_nulls(["number", "text"]))


def test_many_rows_are_ordered_too() -> None:
    """As few are."""
    many = frame([(number % 7, None, None) for number in range(FEW_ROWS + 1)])
    assert [row["number"] for row in in_order(many, "number")] == sorted(many["number"].to_list())


@given(known=st.lists(st.integers(0, 2**64 - 1)), shared=st.lists(st.integers(0, 2**64 - 1), max_size=3))
def test_keys(known: list[int], shared: list[int]) -> None:
    """Keys that share their low bits with a wanted one are not taken for it."""
    near = [each ^ 1 << 40 for each in shared]
    column = pl.Series([*known, *shared, *near], dtype=pl.UInt64())
    wanted = {*shared, *known[::2]}
    found = are_keys(column, pl.Series(list(wanted), dtype=pl.UInt64()))
    assert found.tolist() == [each in wanted for each in column.to_list()]


@pytest.mark.parametrize("chosen", [[], [0], [1, 2], [0, 2]])
def test_what_is_chosen_can_be_joined_again(chosen: list[int]) -> None:
    """The columns keep their types."""
    whole = frame([(1, b"a", "call"), (2, None, "create"), (None, b"c", None)])
    mask = np.isin(np.arange(3), chosen)
    assert pl.concat([rows_where(whole, mask), whole]).schema == whole.schema
