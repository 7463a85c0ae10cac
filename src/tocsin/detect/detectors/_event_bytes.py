"""Where in an event its parts stand, as data: so that another contract's shape of the same event is another row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.tables.amounts import WORD_BYTES

ADDRESS, U32, U64 = 20, 4, 8
"""How many bytes of a word such a value has."""
_TOPICS = ("topic0", "topic1", "topic2", "topic3")


@dataclass(frozen=True, slots=True)
class Bytes:
    """Where in a log some bytes stand: in an indexed argument, or in the data."""

    topic: int | None
    """1 to 3; None for the data."""
    start: int
    size: int

    def read(self, log: Mapping[str, Any]) -> bytes | None:
        """The bytes in a row of `logs`; None where the log does not reach so far."""
        whole = log["data"] if self.topic is None else log[_TOPICS[self.topic]]
        found: bytes = (whole or b"")[self.start : self.start + self.size]
        return found if len(found) == self.size else None


def indexed(number: int, size: int = WORD_BYTES, *, start: int | None = None) -> Bytes:
    """The low bytes of an indexed argument, or those from `start` on."""
    return Bytes(number, WORD_BYTES - size if start is None else start, size)


def word(number: int, size: int = WORD_BYTES) -> Bytes:
    """The low bytes of a word of the data."""
    return Bytes(None, (number + 1) * WORD_BYTES - size, size)


def inside(number: int, start: int, size: int) -> Bytes:
    """Bytes of a packed message that begins at word `number` of the data."""
    return Bytes(None, number * WORD_BYTES + start, size)


def number(raw: bytes | None) -> int | None:
    """A number of at most 64 bits; None for a greater one, which no counter and no clock reaches."""
    if raw is None or any(raw[:-U64]):
        return None
    return int.from_bytes(raw, "big")
