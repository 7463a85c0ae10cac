"""What several detectors work out of the same frame, worked out once."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import ref

import polars as pl

T = TypeVar("T")


class Shared(Generic[T]):
    """Results by the very frame they were made of. They go when that frame goes: with its batch."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[int, Hashable], tuple[ref[pl.DataFrame], T]] = {}

    def of(self, frame: pl.DataFrame, what: Hashable, make: Callable[[], T]) -> T:
        """The result for this frame; `what` tells apart results of one frame."""
        key = (id(frame), what)
        if key not in self._found:
            found = self._found

            def forget(_: object) -> None:
                found.pop(key, None)

            found[key] = ref(frame, forget), make()
        return self._found[key][1]
