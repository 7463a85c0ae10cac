"""
Exact 256-bit amounts in columns: 32-byte big-endian values as NumPy words, sums per group, and back.

A column of amounts is an array of shape (n, 32), dtype uint8. Sums are taken over eight 32-bit limbs in
64-bit integers, so they are exact for up to 2^32 rows, and a sum that leaves 256 bits is an error, not a wrap.
"""

from collections.abc import Iterable
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tocsin.model.errors import MalformedInput

WORD_BYTES = 32
LIMBS = 8
_RADIX = 1 << 32
_WEIGHTS = np.array([float(_RADIX) ** (LIMBS - 1 - i) for i in range(LIMBS)])

Words = npt.NDArray[np.uint8]
"""Shape (n, 32): one big-endian 256-bit integer a row."""


def from_integers(values: Iterable[int]) -> Words:
    """
    Pack integers into words.

    Raises `MalformedInput` for a negative value or one of more than 256 bits.
    """
    try:
        packed = b"".join([value.to_bytes(WORD_BYTES, "big") for value in values])
    except OverflowError as error:
        raise MalformedInput("an amount is negative or does not fit in 256 bits") from error
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, WORD_BYTES)


def to_integers(column: pl.Series) -> list[int | None]:
    """The exact integers of a binary column of big-endian bytes; nulls stay None."""
    return [None if raw is None else int.from_bytes(raw, "big") for raw in column.to_list()]


def to_float(words: Words) -> npt.NDArray[np.float64]:
    """The nearest floats, for ranking and filtering only. Relative error below 2^-50."""
    limbs: npt.NDArray[np.float64] = words.view(">u4").astype(np.float64)
    return np.asarray(limbs @ _WEIGHTS, dtype=np.float64)


def column(words: Words, present: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """A Polars binary column of these words; null where they are not present."""
    return fixed(np.ascontiguousarray(words).tobytes(), WORD_BYTES, present)


def fixed(packed: bytes, width: int, present: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """A Polars binary column of the values of one width that stand in `packed`; null where not present."""
    count = len(packed) // width
    offsets = np.arange(count + 1, dtype=np.int64) * width
    validity = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    parts = [validity, pa.py_buffer(offsets), pa.py_buffer(packed)]
    return cast("pl.Series", pl.from_arrow(pa.LargeBinaryArray.from_buffers(pa.large_binary(), count, parts)))


def words(series: pl.Series) -> Words:
    """
    The words of a binary column whose values are all 32 bytes and not null.

    Raises `MalformedInput` otherwise.
    """
    packed = b"".join(series.to_list())
    if len(packed) != len(series) * WORD_BYTES:
        raise MalformedInput(f"column {series.name!r} holds values that are not 32 bytes")
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, WORD_BYTES)


def group_sums(values: Words, groups: npt.NDArray[np.integer], count: int) -> Words:
    """
    Exact sums of `values` per group number in 0..count-1.

    Raises `MalformedInput` when a sum needs more than 256 bits.
    """
    totals = np.zeros((count, LIMBS), dtype=np.uint64)
    np.add.at(totals, groups, values.view(">u4").astype(np.uint64))
    for limb in range(LIMBS - 1, 0, -1):
        totals[:, limb - 1] += totals[:, limb] // _RADIX
        totals[:, limb] %= _RADIX
    if count and totals[:, 0].max(initial=0) >= _RADIX:
        raise MalformedInput("a sum of amounts does not fit in 256 bits")
    return totals.astype(">u4").view(np.uint8).reshape(count, WORD_BYTES)
