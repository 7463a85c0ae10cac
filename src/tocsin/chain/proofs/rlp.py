"""Recursive length prefix, both ways (Ethereum yellow paper, appendix B), strict: one value has one encoding."""

from collections.abc import Sequence
from typing import TypeAlias

from tocsin.model.errors import MalformedInput

Value: TypeAlias = "bytes | Sequence[Value]"
DEEPEST = 64
"""No header, transaction, receipt or node of a trie is nested deeper."""


def encode(value: Value) -> bytes:
    """The encoding of bytes, or of a list of values."""
    if isinstance(value, bytes):
        return value if len(value) == 1 and value[0] < 0x80 else _length(len(value), 0x80) + value
    body = b"".join(map(encode, value))
    return _length(len(body), 0xC0) + body


def number(value: int) -> bytes:
    """A number as the bytes that are encoded: no leading zeros, and nothing for zero."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Value:
    """The value whose encoding this is, all of it. Raises `MalformedInput`."""
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise MalformedInput("RLP: something stands behind the value")
    return value


def _length(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes([offset + size])
    digits = number(size)
    return bytes([offset + 55 + len(digits)]) + digits


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if at >= len(data) or depth > DEEPEST:
        raise MalformedInput("RLP: breaks off, or is nested too deeply")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    is_list = first >= 0xC0
    start, end = _bounds(data, at, first - (0xC0 if is_list else 0x80))
    if is_list:
        return _items(data, start, end, depth), end
    if end - start == 1 and data[start] < 0x80:
        raise MalformedInput("RLP: a byte is encoded longer than it must be")
    return data[start:end], end


def _items(data: bytes, start: int, end: int, depth: int) -> list[Value]:
    found: list[Value] = []
    while start < end:
        value, start = _read(data, start, depth + 1)
        found.append(value)
    if start != end:
        raise MalformedInput("RLP: an item is longer than its list")
    return found


def _bounds(data: bytes, at: int, size: int) -> tuple[int, int]:
    """Where the body begins and ends; `size` is the first byte without what tells lists from bytes."""
    start = at + 1
    if size > 55:
        digits = data[start : start + size - 55]
        start, length = start + size - 55, int.from_bytes(digits, "big")
        if length < 56 or digits[0] == 0:
            raise MalformedInput("RLP: a length is encoded longer than it must be")
        size = length
    if start + size > len(data):
        raise MalformedInput("RLP: breaks off")
    return start, start + size
