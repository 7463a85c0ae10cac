"""
Events as data: how many arguments are indexed, how many words the data holds, and what reads them.

The words of a log are its indexed arguments and then its data, in that order, so that one number names either.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.tables.amounts import WORD_BYTES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """How to read one event."""

    indexed: int
    """How many topics stand behind topic0."""
    words: int
    """How many words the data must hold."""
    read: Callable[[bytes, bytes], T | None]
    """From the emitter and the words to what they tell, if they do."""


_INDEXED = [[number < indexed for number in range(3)] for indexed in range(4)]


def among(logs: pl.DataFrame, events: Mapping[bytes, Event[T]]) -> pl.DataFrame:
    """The logs of these events."""
    found: pl.DataFrame = logs[np.flatnonzero(abi.which(logs["topic0"], abi.keys(events)) >= 0)]
    return found


def read(logs: pl.DataFrame, events: Mapping[bytes, Event[T]]) -> Iterator[tuple[int, T]]:
    """What each of these logs tells, with its row. Logs of another shape than their event's are left out."""
    names = ("topic0", "topic1", "topic2", "topic3", "address", "data")
    columns = (logs[name].to_list() for name in names)
    for row, (name, *topics, emitter, data) in enumerate(zip(*columns, strict=True)):
        event = events[name]
        if _fits(event, topics, data):
            told = event.read(emitter, b"".join(topics[: event.indexed]) + data)
            if told is not None:
                yield row, told


def _fits(event: Event[T], topics: list[bytes | None], data: bytes) -> bool:
    given = [topic is not None for topic in topics]
    return given == _INDEXED[event.indexed] and len(data) >= event.words * WORD_BYTES
