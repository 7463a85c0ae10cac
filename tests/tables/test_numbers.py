"""Numbers stand for values: equal where the values are equal, and nowhere else."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain import abi
from tocsin.tables.numbers import numbers, rows_of

VALUES = st.lists(st.sampled_from([None, b"", b"a", b"b", b"\xff" * 32]), max_size=12)
ROWS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, b"a", b"b"]), st.integers(0, 1)), max_size=12)


def column(values: list[bytes | None]) -> pl.Series:
    return pl.Series("value", values, dtype=pl.Binary())


def frame(rows: list[tuple[int, bytes | None, int]]) -> pl.DataFrame:
    schema = {"chain_id": pl.UInt64(), "hash": pl.Binary(), "index": pl.UInt32()}
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(VALUES, VALUES)
def test_columns_are_numbered_together(left: list[bytes | None], right: list[bytes | None]) -> None:
    one, other = numbers(column(left), column(right))
    found = [*one.tolist(), *other.tolist()]
    assert [[a == b for b in found] for a in found] == [[a == b for b in [*left, *right]] for a in [*left, *right]]


@given(ROWS)
def test_rows_are_the_same_where_every_column_is(rows: list[tuple[int, bytes | None, int]]) -> None:
    found = rows_of(frame(rows), "chain_id", "hash", "index").tolist()
    assert [[a == b for b in found] for a in found] == [[a == b for b in rows] for a in rows]


@given(VALUES, st.lists(st.sampled_from([b"", b"a", b"b"]), max_size=3, unique=True))
def test_where_a_value_stands_among_others(values: list[bytes | None], wanted: list[bytes]) -> None:
    found = abi.which(column(values), abi.keys(wanted)).tolist()
    assert found == [wanted.index(value) if value in wanted else -1 for value in values]
