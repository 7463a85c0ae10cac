"""Addresses that look alike where a wallet shortens them: equal first and last hexadecimal digits."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tocsin.chain.abi import ADDRESS_BYTES

OWNER_BYTES = 6
KEY_BYTES = 8
HEX_DIGITS = 16
FASHIONABLE_ZEROS = 4
"""A run of so many zeros at an end was made on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Likeness:
    """How many first and last digits two addresses share, long runs of zeros at the ends left out."""

    total: int
    first: int
    last: int

    def reaches(self, first: int, last: int) -> bool:
        """Whether both ends are at least this alike."""
        return self.first >= first and self.last >= last

    def chance(self, among: int) -> float:
        """How likely one of so many unrelated addresses would be as alike by chance."""
        return among * float(HEX_DIGITS) ** -self.total


def likeness(one: bytes, other: bytes) -> Likeness:
    """
    The likeness of two addresses.

    Many addresses are made to begin or end with zeros: that is fashion, and says nothing about who imitates whom.
    """
    left, right = one.hex(), other.hex()
    first, last = _shared(left, right), _shared(left[::-1], right[::-1])
    return Likeness(first + last, first, last)


def _shared(left: str, right: str) -> int:
    equal = next((at for at in range(len(left)) if left[at] != right[at]), len(left))
    zeros = equal - len(left[:equal].lstrip("0"))
    return equal - zeros if zeros >= FASHIONABLE_ZEROS else equal


def keys(owners: pl.Series, others: pl.Series) -> pl.Series:
    """
    A number that is the same for an owner and all addresses alike by two first and two last digits.

    Different owners may share one by design of an attacker: it finds candidates and decides nothing.
    """
    left, right = (_matrix(column) for column in (owners, others))
    packed = np.concatenate([left[:, :OWNER_BYTES], right[:, :1], right[:, -1:]], axis=1)
    return pl.Series("key", np.ascontiguousarray(packed).view(">u8").astype(np.uint64).ravel(), dtype=pl.UInt64())


def _matrix(column: pl.Series) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(column.to_list()), dtype=np.uint8).reshape(-1, ADDRESS_BYTES)
