"""What is worked out of a frame is worked out once, and kept no longer than the frame."""

import gc
from functools import partial

import polars as pl

from tocsin.tables.shared import Shared


def test_once_for_each_frame_and_question() -> None:
    """An equal frame is another one: its batch is another."""
    shared, asked = Shared[int](), []

    def make(value: int) -> int:
        asked.append(value)
        return value

    one, other = pl.DataFrame({"x": [1]}), pl.DataFrame({"x": [1]})
    assert [shared.of(one, "a", lambda: make(1)), shared.of(one, "a", lambda: make(2))] == [1, 1]
    assert [shared.of(one, "b", lambda: make(3)), shared.of(other, "a", lambda: make(4))] == [3, 4]
    assert asked == [1, 3, 4]


def test_nothing_is_kept_of_a_frame_that_is_gone() -> None:
    """Nor is anything of it told of a later frame in the same place of memory."""
    shared = Shared[int]()
    for number in range(100):
        assert shared.of(pl.DataFrame({"x": [number]}), "a", partial(int, number)) == number
    gc.collect()
    assert not shared._found
