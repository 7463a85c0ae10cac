"""
What a node answers about an asset, read: addresses, numbers, lists and text out of ABI words.

Contracts answer what they like. What is not of the expected form is None, as if nobody had answered.
"""

import re

_WORD = 32
_HEAD = 2 * _WORD
MOST_LISTED = 1_000
"""Addresses read of one list."""
MOST_TEXT = 64
"""Characters kept of a text."""
ZERO = "0x" + "0" * 40
DELEGATED = b"\xef\x01\x00"
"""How the code of an account begins that lets a contract's code act for it (EIP-7702); its address follows."""
_MINIMAL = re.compile(rb"\x36\x3d\x3d\x37\x3d\x3d\x3d\x36\x3d\x73(.{20})\x5a\xf4\x3d\x82\x80\x3e\x90\x3d\x91\x60", re.S)
"""A contract that only passes calls on to another (EIP-1167)."""


def raw(answer: str | None) -> bytes | None:
    """The bytes of an answer."""
    try:
        return None if answer is None else bytes.fromhex(answer.removeprefix("0x"))
    except ValueError:
        return None


def number(answer: str | None) -> int | None:
    """The one word of an answer, as a number."""
    data = raw(answer)
    return int.from_bytes(data, "big") if data is not None and len(data) == _WORD else None


def quantity(answer: str | None) -> int | None:
    """A number as nodes write their own, such as a balance."""
    try:
        return None if answer is None or len(answer) > 2 + 2 * _WORD else max(0, int(answer, 16))
    except ValueError:
        return None


def signed(word: bytes) -> int:
    """A word as a number that may be below zero."""
    return int.from_bytes(word, "big", signed=True)


def address(answer: str | None) -> str | None:
    """The one word of an answer, as an address."""
    data = raw(answer)
    if data is None or len(data) != _WORD or any(data[:12]):
        return None
    return "0x" + data[12:].hex()


def slot_address(answer: str | None) -> str | None:
    """The address in a storage slot; None where it is empty."""
    found = address(answer)
    return None if found == ZERO else found


def addresses(answer: str | None, head: int = 0) -> tuple[str, ...] | None:
    """The list of addresses whose offset stands in word `head`, sorted."""
    data = raw(answer)
    if data is None or len(data) < (head + 1) * _WORD:
        return None
    start = int.from_bytes(data[head * _WORD : (head + 1) * _WORD], "big")
    count = int.from_bytes(data[start : start + _WORD], "big") if start + _WORD <= len(data) else MOST_LISTED + 1
    first = start + _WORD
    if count > MOST_LISTED or first + count * _WORD > len(data):
        return None
    words = (data[at : at + _WORD] for at in range(first, first + count * _WORD, _WORD))
    return tuple(sorted("0x" + word[12:].hex() for word in words))


def text(answer: str | None) -> str | None:
    """The text of an answer: an ABI-encoded string, or one word filled with zeros as the oldest tokens have it."""
    data = raw(answer)
    if data is None:
        return None
    if len(data) == _WORD:
        return _decoded(data.partition(b"\0")[0])
    if len(data) <= _HEAD or int.from_bytes(data[:_WORD], "big") != _WORD:
        return None
    length = int.from_bytes(data[_WORD:_HEAD], "big")
    return _decoded(data[_HEAD : _HEAD + min(length, len(data))])


def words(answer: str | None, count: int) -> tuple[bytes, ...] | None:
    """An answer of so many words."""
    data = raw(answer)
    if data is None or len(data) != count * _WORD:
        return None
    return tuple(data[at : at + _WORD] for at in range(0, len(data), _WORD))


def minimal_proxy(code: bytes) -> str | None:
    """Whom code passes every call on to, where that is all it does."""
    found = _MINIMAL.match(code)
    return None if found is None else "0x" + found[1].hex()


def _decoded(data: bytes) -> str:
    found = data.decode("utf-8", "replace")
    return found if len(found) <= MOST_TEXT else f"{found[: MOST_TEXT - 1]}…"
