"""
Code as instructions, in the order in which they stand.

Everything is read as if it were code. Behind the last instruction there may be data, constants or the code of contracts
yet to be created: what looks like an instruction there is one more that is never run. Code is written by attackers:
reading never raises, and what is longer than any code a chain takes is cut off.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tocsin.chain.bytecode.opcodes import PUSH0, PUSH32

MOST_BYTES = 131_072
"""Twice what any large chain takes as creation code; Ethereum takes 49 152 bytes (EIP-3860)."""
KEPT_PROGRAMS = 256
"""Factories deploy the same code again and again, and several detectors read each."""
_MARKERS = (b"ipfs", b"solc", b"bzzr", b"vyper")
"""The keys of compilers' metadata."""
_MOST_METADATA_BYTES = 512

_TOKEN = re.compile(
    rb"[^\x60-\x7f]+|" + b"|".join(rb"\x%02x.{0,%d}" % (PUSH0 + width, width) for width in range(1, 33)), re.DOTALL
)
"""A run of instructions without constants, or one that has its constant behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The instructions of some code."""

    code: bytes
    starts: npt.NDArray[np.int64]
    """Where each instruction stands."""
    ops: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.ops)

    def pushed(self, number: int) -> bytes:
        """The constant of instruction `number`, which is a push; zeros stand for what the code does not reach."""
        start, width = int(self.starts[number]), int(self.ops[number]) - PUSH0
        return self.code[start + 1 : start + 1 + width].ljust(width, b"\0")

    def find(self, *ops: int) -> list[int]:
        """The numbers of the instructions that are one of these."""
        return [int(number) for number in np.flatnonzero(np.isin(self.ops, ops))]

    def constants(self, first: int, last: int) -> Iterator[bytes]:
        """Every constant that is pushed with an instruction from `first` to `last`."""
        pushes = (self.ops >= first) & (self.ops <= last)
        return (self.pushed(int(number)) for number in np.flatnonzero(pushes))


@lru_cache(maxsize=KEPT_PROGRAMS)
def program(code: bytes) -> Program:
    """The instructions of this code, compilers' metadata left out."""
    own = without_metadata(code[:MOST_BYTES])
    tokens = _TOKEN.findall(own)
    sizes = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    at = np.cumsum(sizes) - sizes
    raw = np.frombuffer(own, dtype=np.uint8)
    is_start = np.ones(len(raw), dtype=np.bool_)
    # A token that begins with a push is that push and its constant: only its first byte is an instruction.
    pushes = (raw[at] > PUSH0) & (raw[at] <= PUSH32)
    for start, size in zip(at[pushes].tolist(), sizes[pushes].tolist(), strict=True):
        is_start[start + 1 : start + size] = False
    starts = np.flatnonzero(is_start)
    return Program(own, starts, raw[starts])


def without_metadata(code: bytes) -> bytes:
    """The code without the metadata that Solidity and Vyper put behind it."""
    if len(code) < 4:
        return code
    size = int.from_bytes(code[-2:], "big")
    if not 0 < size <= min(_MOST_METADATA_BYTES, len(code) - 2):
        return code
    tail = code[-2 - size : -2]
    return code[: -2 - size] if any(marker in tail for marker in _MARKERS) else code
