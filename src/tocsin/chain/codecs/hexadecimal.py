"""
Hexadecimal text to columns, in bulk: one join and one conversion per column instead of one per value.

Every function takes the texts of one column in row order, `None` for a missing value, and the column's name for
messages. All raise `MalformedInput` for text that is not 0x and hexadecimal digits of the right number.
"""

from binascii import Error as BinasciiError
from binascii import unhexlify
from collections.abc import Callable, Sequence
from itertools import compress
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tocsin.model.errors import MalformedInput
from tocsin.tables import amounts

Texts: TypeAlias = Sequence[str | None]

_PREFIXES = frozenset(("0x", "0X"))
_ZEROS = frozenset((None, "0x0"))
PREFIX = 2
"""Characters before the digits: 0x."""
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, dtype=np.uint8)
"""The value of each character."""
for _characters in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _DIGITS[list(_characters)] = range(16)
SHOWN_CHARACTERS = 80
"""How much of a bad value an error repeats: it is somebody else's text."""


def fixed(texts: Texts, width: int, name: str) -> pl.Series:
    """A binary column of values of `width` bytes each: addresses, hashes, topics."""
    present = [text for text in texts if text is not None]
    if not present:
        return pl.Series(name, [None] * len(texts), dtype=pl.Binary())
    values = amounts.fixed(_joined_fixed(present, width, name), width)
    return (values if len(present) == len(texts) else _spread(values, texts)).rename(name)


def _joined_fixed(present: Sequence[str], width: int, name: str) -> bytes:
    characters = 2 + 2 * width
    joined = "".join(present).encode("ascii", "replace")
    if len(joined) != characters * len(present) or set(map(len, present)) != {characters}:
        raise _malformed(present, name, lambda text: len(text) == characters, f"{width} bytes")
    grid = np.frombuffer(joined, dtype=np.uint8).reshape(-1, characters)
    if not (grid[:, 0] == ord("0")).all() or not ((grid[:, 1] | 0x20) == ord("x")).all():
        raise _malformed(present, name, lambda text: text[:2] in ("0x", "0X"), f"0x and {width} bytes")
    return _unhexlified(grid[:, 2:].tobytes(), present, name)


def octets(texts: Texts, name: str) -> pl.Series:
    """A binary column of values of any length: call data, log data, code."""
    stripped = _without_prefixes(["0x" if text is None else text for text in texts], name)
    raw = _unhexlified("".join(stripped).encode("ascii", "replace"), stripped, name)
    lengths = np.fromiter(map(len, stripped), dtype=np.int64, count=len(stripped))
    if (lengths & 1).any():
        raise _malformed(stripped, name, lambda text: not len(text) & 1, "an even number of hexadecimal digits")
    offsets = np.concatenate(([0], np.cumsum(lengths // 2)))
    array = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(stripped), [_validity(texts), pa.py_buffer(offsets), pa.py_buffer(raw)]
    )
    return pl.Series(pl.from_arrow(array)).rename(name)


def _without_prefixes(texts: Sequence[str], name: str) -> list[str]:
    if not _PREFIXES.issuperset({text[:2] for text in texts}):
        bad = next(text for text in texts if text[:2] not in _PREFIXES)
        raise MalformedInput(f"{name}: {_shown(bad)} is not hexadecimal; it must begin with 0x")
    return [text[2:] for text in texts]


def quantities(texts: Texts, name: str) -> list[int | None]:
    """The integers of a column of quantities. Leading zeros are tolerated; 0x alone is not a number."""
    try:
        known = {text: None if text is None else _quantity(text) for text in set(texts)}
    except ValueError as error:
        raise _malformed([t for t in texts if t is not None], name, _is_quantity, "a 0x quantity") from error
    return [known[text] for text in texts]


def _quantity(text: str) -> int:
    # int() would also take signs, underscores and blanks, which no quantity has.
    if text[:2] not in ("0x", "0X") or not text[2:].isalnum():
        raise ValueError(text)
    return int(text, 16)


def _is_quantity(text: str) -> bool:
    try:
        _quantity(text)
    except ValueError:
        return False
    return True


def counts(texts: Texts, name: str) -> pl.Series:
    """A column of whole numbers below 2^64."""
    present = [text for text in texts if text is not None]
    if not present:
        return pl.Series(name, [None] * len(texts), dtype=pl.UInt64())
    packed = _right_aligned(present, 8, name, "a count does not fit in 64 bits")
    values = pl.Series(np.frombuffer(packed, dtype=">u8").astype(np.uint64))
    return (values if len(present) == len(texts) else _spread(values, texts)).rename(name)


def _right_aligned(texts: Sequence[str], width: int, name: str, says: str) -> bytes:
    """
    Quantities as big-endian integers of `width` bytes, one after the other.

    All digits are put in their places at once: row by row, counted from the end of each text.
    """
    characters = np.frombuffer("".join(texts).encode("ascii", "replace"), dtype=np.uint8)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(lengths)
    digits = _DIGITS[characters]
    if lengths.min() <= PREFIX or not _cleared(characters, digits, ends - lengths) or digits.max() == _NO_DIGIT:
        raise _malformed(texts, name, _is_quantity, "a 0x quantity")
    columns = PREFIX + 2 * width
    if lengths.max() > columns:
        return _squeezed(texts, width, name, says)
    grid = np.zeros((len(texts), columns), dtype=np.uint8)
    row_ends = np.arange(1, len(texts) + 1) * columns
    grid.reshape(-1)[np.arange(len(characters)) + np.repeat(row_ends - ends, lengths)] = digits
    return ((grid[:, PREFIX::2] << 4) | grid[:, PREFIX + 1 :: 2]).tobytes()


def _cleared(characters: npt.NDArray[np.uint8], digits: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]) -> bool:
    """Whether each text begins with 0x; that then counts as zeros."""
    digits[starts] = digits[starts + 1] = 0
    return bool((characters[starts] == ord("0")).all() and ((characters[starts + 1] | 0x20) == ord("x")).all())


def _squeezed(texts: Sequence[str], width: int, name: str, says: str) -> bytes:
    """The same where some have more digits than `width` holds: these may all be leading zeros."""
    try:
        return b"".join([(value or 0).to_bytes(width, "big") for value in quantities(texts, name)])
    except OverflowError as error:
        raise MalformedInput(f"{name}: {says}") from error


def unsigned(values: Sequence[int | None], name: str) -> pl.Series:
    """A column of these whole numbers; `MalformedInput` for one that is negative or 2^64 or more."""
    return _bounded(values, name, pl.UInt64(), "a count does not fit in 64 bits")


def positions(values: Sequence[int | None], name: str) -> pl.Series:
    """A column of positions; `MalformedInput` for one that is negative or 2^32 or more."""
    return _bounded(values, name, pl.UInt32(), "a position does not fit in 32 bits")


def _bounded(values: Sequence[int | None], name: str, kind: pl.DataType, says: str) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=kind)
    except (OverflowError, TypeError) as error:
        raise MalformedInput(f"{name}: {says}") from error


def amount(texts: Texts, name: str) -> tuple[pl.Series, pl.Series]:
    """The two columns of an exact amount, `name_binary` and `name_f64`; a missing value counts as zero."""
    if _ZEROS.issuperset(texts):
        words = np.zeros((len(texts), amounts.WORD_BYTES), dtype=np.uint8)
    else:
        words = _words([text or "0x0" for text in texts], name)
    return amounts.column(words).rename(f"{name}_binary"), pl.Series(f"{name}_f64", amounts.to_float(words))


def _words(texts: Sequence[str], name: str) -> amounts.Words:
    packed = _right_aligned(texts, amounts.WORD_BYTES, name, "an amount does not fit in 256 bits")
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, amounts.WORD_BYTES)


def word(texts: Sequence[str], name: str) -> pl.Series:
    """A column of 32-byte values whose leading zeros may be missing."""
    return amounts.column(_words(texts, name)).rename(name) if texts else pl.Series(name, [], dtype=pl.Binary())


def _spread(values: pl.Series, texts: Texts) -> pl.Series:
    """The values at the rows that have one, null elsewhere."""
    present = np.fromiter((text is not None for text in texts), dtype=np.bool_, count=len(texts))
    places = pa.array(np.cumsum(present) - 1, mask=~present)
    return cast("pl.Series", pl.from_arrow(values.to_arrow().take(places)))


def _validity(texts: Texts) -> pa.Buffer | None:
    if None not in texts:
        return None
    bits = np.packbits([text is not None for text in texts], bitorder="little")
    return pa.py_buffer(bits.tobytes())


def _unhexlified(digits: bytes, texts: Sequence[str], name: str) -> bytes:
    try:
        return unhexlify(digits)
    except BinasciiError as error:
        raise _malformed(texts, name, _is_hexadecimal, "hexadecimal") from error


def _is_hexadecimal(text: str) -> bool:
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    return not len(digits) & 1 and all(c in "0123456789abcdefABCDEF" for c in digits)


def _malformed(texts: Sequence[str], name: str, good: Callable[[str], bool], wanted: str) -> MalformedInput:
    """The error for the first of `texts` that is not good."""
    bad = next(compress(texts, [not good(text) for text in texts]), "")
    return MalformedInput(f"{name}: {_shown(bad)} is not {wanted}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…")
