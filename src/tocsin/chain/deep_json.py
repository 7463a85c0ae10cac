"""
JSON that may be nested as deeply as a call tree: 1 024 frames, each inside the list of the one above it.

Python's own recursion limit is lower than that. A tree that deep is cheap to make on a chain, so whoever could not
read it could be stopped by anybody.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import msgspec

T = TypeVar("T")

DEEP = 6_000
"""
Recursion limit while a deep call tree is decoded: 1 024 frames (EVM) of two levels of JSON each, and room for the rest.

Each level takes some hundred bytes of the C stack, of which a thread may have 8 MiB. Where somebody has raised the
limit for the whole process (py_ecc does when it is imported, to 100 000) hostile input would overflow it: it is lowered
then.
"""


def decode(decoder: "msgspec.json.Decoder[T]", data: bytes | msgspec.Raw) -> T:
    """What the decoder reads; `RecursionError` only for bytes that are nested deeper than any call tree."""
    if sys.getrecursionlimit() <= DEEP:
        with suppress(RecursionError):
            return decoder.decode(data)
    with _recursion_limit(DEEP):
        return decoder.decode(data)


def bounded(read: Callable[[], T]) -> T:
    """What `read` gives, with the recursion limit no higher than the C stack bears. Raises `RecursionError` beyond."""
    with _recursion_limit(min(sys.getrecursionlimit(), DEEP)):
        return read()


@contextmanager
def _recursion_limit(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
