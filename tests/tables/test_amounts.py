"""256-bit columns hold what integers hold."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import MalformedInput
from tocsin.tables import amounts

words = st.integers(0, 2**256 - 1)


@given(st.lists(words))
def test_there_and_back(values: list[int]) -> None:
    assert amounts.to_integers(amounts.column(amounts.from_integers(values))) == values


@given(st.lists(words, min_size=1))
def test_floats_are_near(values: list[int]) -> None:
    assert amounts.to_float(amounts.from_integers(values)) == pytest.approx(
        [float(value) for value in values], rel=1e-12
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**250)), max_size=40))
def test_sums_by_group_are_exact(rows: list[tuple[int, int]]) -> None:
    values = amounts.from_integers(value for _, value in rows)
    groups = np.array([group for group, _ in rows], dtype=np.int64)
    summed = amounts.to_integers(amounts.column(amounts.group_sums(values, groups, 4)))
    assert summed == [sum(value for group, value in rows if group == number) for number in range(4)]


@pytest.mark.parametrize("value", [-1, 2**256])
def test_what_does_not_fit_is_an_error(value: int) -> None:
    with pytest.raises(MalformedInput, match="256 bits"):
        amounts.from_integers([value])


def test_a_sum_that_does_not_fit_is_an_error_not_a_wrap() -> None:
    halves = amounts.from_integers([2**255, 2**255])
    with pytest.raises(MalformedInput, match="256 bits"):
        amounts.group_sums(halves, np.zeros(2, dtype=np.int64), 1)


def test_values_of_another_width_are_refused() -> None:
    with pytest.raises(MalformedInput, match="32 bytes"):
        amounts.words(pl.Series("v", [b"\x01"]))
