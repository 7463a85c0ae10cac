"""
ABI words of binary columns, in bulk.

Log data, topics and call data are written by anybody. Reading never raises: a word that the bytes do not reach is
read as zeros, and `has_words` says which rows are long enough, so that the caller leaves out the others by count.
Padding of addresses may be dirty: only the low 20 bytes are the address.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.tables import amounts
from tocsin.tables.amounts import WORD_BYTES, Words

ADDRESS_BYTES = 20
SELECTOR_BYTES = 4

Mask = npt.NDArray[np.bool_]
"""Shape (n,): one truth a row."""


def word(column: pl.Series, number: int, *, skip: int = 0) -> Words:
    """Word `number` behind `skip` bytes of each value, shape (n, 32); short values are filled with zeros."""
    packed, starts, lengths = _buffers(column)
    at = skip + number * WORD_BYTES
    if (same := _one_length(starts, lengths)) >= at + WORD_BYTES:
        # Topics and the data of transfers: no index arithmetic is needed where all values are equally long.
        return packed[starts[0] : starts[0] + same * len(starts)].reshape(-1, same)[:, at : at + WORD_BYTES]
    reach = np.arange(at, at + WORD_BYTES)
    inside = reach < lengths[:, None]
    places = np.where(inside, starts[:, None] + reach, 0)
    if not packed.size:
        return np.zeros((len(column), WORD_BYTES), dtype=np.uint8)
    return np.where(inside, packed[places], np.uint8(0))


def _one_length(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> int:
    """The length of all values, if they have the same and stand one behind the other; else 0."""
    if not len(starts) or (lengths != lengths[0]).any() or (np.diff(starts) != lengths[0]).any():
        return 0
    return int(lengths[0])


def selectors(inputs: pl.Series, called: Mask) -> pl.Series:
    """The first four bytes of call data; null where it is shorter or no function was called."""
    packed, starts, lengths = _buffers(inputs)
    present = called & (lengths >= SELECTOR_BYTES)
    places = np.where(present, starts, 0)[:, None] + np.arange(SELECTOR_BYTES)
    found = packed[places] if present.any() else np.zeros(places.shape, dtype=np.uint8)
    return amounts.fixed(found.tobytes(), SELECTOR_BYTES, present)


def has_words(column: pl.Series, count: int, *, skip: int = 0) -> Mask:
    """Which values hold at least `count` whole words behind `skip` bytes. A null holds none."""
    return np.asarray(sizes(column) >= skip + count * WORD_BYTES, dtype=np.bool_)


def sizes(column: pl.Series) -> npt.NDArray[np.int64]:
    """How many bytes each value has; a null has none."""
    return _buffers(column)[2]


def present(column: pl.Series) -> Mask:
    """Which values are not null."""
    if not column.has_nulls():
        return np.ones(len(column), dtype=np.bool_)
    return np.asarray(column.to_arrow().is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def topics(logs: pl.DataFrame) -> npt.NDArray[np.intp]:
    """How many topics each log has, the first included."""
    return np.asarray(sum(present(logs[name]).astype(np.intp) for name in ("topic0", "topic1", "topic2", "topic3")))


def which(column: pl.Series, values: pa.Array) -> npt.NDArray[np.intp]:
    """Where each value stands among these (`keys`, `texts`), from 0; -1 for others. Null is found where it is one."""
    found = pc.index_in(column.to_arrow(), value_set=values)
    if found.null_count == len(found):  # as nearly always: nobody asks for what is there
        return np.full(len(found), -1, dtype=np.intp)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.intp)


def among(column: pl.Series, values: pa.Array) -> Mask:
    """Which values are one of these (`keys`, `texts`). Null is where it is one of them."""
    if column.is_empty():
        return np.zeros(0, dtype=np.bool_)
    return np.asarray(pc.is_in(column.to_arrow(), value_set=values).to_numpy(zero_copy_only=False), dtype=np.bool_)


def filled(column: pl.Series, value: int) -> npt.NDArray[np.int64]:
    """A column of whole numbers below 2^63, with this in place of null."""
    return np.asarray(pc.fill_null(column.to_arrow(), value).to_numpy(), dtype=np.int64)


def flags(column: pl.Series, *, missing: bool) -> Mask:
    """A column of truths, with this in place of null."""
    return np.asarray(pc.fill_null(column.to_arrow(), missing).to_numpy(zero_copy_only=False), dtype=np.bool_)


def keys(values: Iterable[bytes]) -> pa.Array:
    """Topics or selectors to look for with `which`."""
    return pa.array(values, type=pa.large_binary())


def texts(values: Iterable[str]) -> pa.Array:
    """Words to look for with `which`."""
    return pa.array(values, type=pa.large_string())


def address(column: pl.Series, number: int = 0, *, skip: int = 0) -> pl.Series:
    """The address in word `number`: its low 20 bytes, whatever the padding holds."""
    return addresses(word(column, number, skip=skip))


def addresses(words: Words, present: Mask | None = None) -> pl.Series:
    """The low 20 bytes of each word, as a binary column; null where they are not present."""
    low = np.ascontiguousarray(words[:, WORD_BYTES - ADDRESS_BYTES :])
    return amounts.fixed(low.tobytes(), ADDRESS_BYTES, present)


def amount(words: Words, name: str) -> list[pl.Series]:
    """The two columns of an exact amount."""
    exact = np.ascontiguousarray(words)
    floats = pl.Series(f"{name}_f64", amounts.to_float(exact), dtype=pl.Float64())
    return [amounts.column(exact).rename(f"{name}_binary"), floats]


def truth(words: Words) -> Mask:
    """Which words are not zero: Solidity's true, tolerant of other nonzero values."""
    return np.asarray(words.any(axis=1), dtype=np.bool_)


def small(words: Words) -> npt.NDArray[np.uint64]:
    """Words as unsigned 64-bit integers; greater ones become 2^64 - 1."""
    limbs = np.ascontiguousarray(words).view(">u8").astype(np.uint64)
    return np.where(limbs[:, :3].any(axis=1), np.uint64(2**64 - 1), limbs[:, 3])


def array(data: bytes, head: int) -> list[bytes] | None:
    """
    The words of the dynamic array whose offset stands in word `head` of `data`.

    None when the bytes do not hold what offset and length promise.
    """
    at = int.from_bytes(data[head * WORD_BYTES : (head + 1) * WORD_BYTES], "big")
    if at + WORD_BYTES > len(data):
        return None
    count = int.from_bytes(data[at : at + WORD_BYTES], "big")
    first, last = at + WORD_BYTES, at + (count + 1) * WORD_BYTES
    return [data[i : i + WORD_BYTES] for i in range(first, last, WORD_BYTES)] if last <= len(data) else None


def _buffers(column: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The bytes of a binary column one after the other, and where each value starts and how long it is."""
    array = column.to_arrow()
    _, offset_buffer, data_buffer = array.buffers()
    if not len(array) or data_buffer is None:
        nothing = np.zeros(len(array), dtype=np.int64)
        return np.zeros(0, dtype=np.uint8), nothing, nothing
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    lengths = np.diff(offsets)
    if array.null_count:
        lengths = np.where(present(column), lengths, 0)
    return np.frombuffer(data_buffer, dtype=np.uint8), offsets[:-1], lengths
