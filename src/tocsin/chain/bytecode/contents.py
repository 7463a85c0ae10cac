"""What stands in code: which functions it answers to, which addresses it names, which callbacks it expects."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tocsin.chain.bytecode.opcodes import (
    CREATE,
    CREATE2,
    DELEGATECALL,
    DUP1,
    DUP16,
    EQ,
    JUMPI,
    PUSH0,
    PUSH4,
    PUSH20,
    PUSH32,
    SELFDESTRUCT,
    SUB,
    SWAP1,
    SWAP16,
    XOR,
)
from tocsin.chain.bytecode.program import Program, program
from tocsin.chain.callbacks import CALLBACKS, EXCHANGES

ADDRESS_BYTES, WORD_BYTES = 20, 32
SHORT_ADDRESS_BYTES = 14
"""An address with leading zeros is pushed without them; with fewer bytes than this a number is rather a number."""
MOST_SELECTORS = 512
_COMPARISONS = frozenset((EQ, SUB, XOR))
_REACH = 5
"""Within so many instructions a selector that is pushed is compared and the code branches."""
_LOAN_CALLBACKS = frozenset(CALLBACKS)
_SWAP_CALLBACKS = frozenset(EXCHANGES)


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in some code."""

    size: int
    """Bytes, metadata left out."""
    selectors: tuple[bytes, ...]
    """Functions that it answers to, in the order in which they stand, those of contracts that it creates included."""
    addresses: frozenset[bytes]
    """Whatever it pushes that may be an address."""
    creates: bool
    creates_at_known_addresses: bool
    """CREATE2."""
    destroys_itself: bool
    delegates: bool

    @property
    def loan_callbacks(self) -> tuple[bytes, ...]:
        """The callbacks of flash lenders that it has."""
        return tuple(each for each in self.selectors if each in _LOAN_CALLBACKS)

    @property
    def swap_callbacks(self) -> tuple[bytes, ...]:
        """The callbacks of exchanges' pools that it has."""
        return tuple(each for each in self.selectors if each in _SWAP_CALLBACKS)

    def names(self, addresses: Collection[bytes]) -> list[bytes]:
        """Which of these addresses stand in it, in order."""
        return sorted(self.addresses.intersection(addresses))


@lru_cache(maxsize=256)
def contents(code: bytes) -> Contents:
    """What stands in this code."""
    read = program(code)
    ops = frozenset(read.ops.tolist())
    return Contents(
        size=len(read.code),
        selectors=_selectors(read),
        addresses=_addresses(read),
        creates=CREATE in ops or CREATE2 in ops,
        creates_at_known_addresses=CREATE2 in ops,
        destroys_itself=SELFDESTRUCT in ops,
        delegates=DELEGATECALL in ops,
    )


def _selectors(read: Program) -> tuple[bytes, ...]:
    """Constants of up to four bytes that something is compared with, on a branch."""
    ops = read.ops
    pushes = np.flatnonzero((ops > PUSH0) & (ops <= PUSH4))
    found: dict[bytes, None] = {}
    for number in pushes.tolist():
        if _is_compared(ops[number + 1 : number + 1 + _REACH].tolist()):
            found[read.pushed(number).rjust(4, b"\0")] = None
            if len(found) == MOST_SELECTORS:
                break
    # Small numbers are compared too; every real selector of so few digits would be a rarity.
    return tuple(each for each in found if each[:2] != b"\0\0")


def _is_compared(ahead: list[int]) -> bool:
    """Whether the value just pushed is compared at once and the code branches; copies and swaps may stand between."""
    at = 0
    while at < len(ahead) and (DUP1 <= ahead[at] <= DUP16 or SWAP1 <= ahead[at] <= SWAP16):
        at += 1
    return at < len(ahead) and ahead[at] in _COMPARISONS and JUMPI in ahead[at + 1 :]


def _addresses(read: Program) -> frozenset[bytes]:
    """Constants of twenty bytes and words that hold no more; a little shorter ones may be addresses too."""
    found: set[bytes] = set()
    for constant in read.constants(PUSH0 + SHORT_ADDRESS_BYTES, PUSH20):
        if not _is_mask(constant):
            found.add(constant.rjust(ADDRESS_BYTES, b"\0"))
    for constant in read.constants(PUSH32, PUSH32):
        # Immutable variables of Solidity are whole words.
        head, tail = constant[: WORD_BYTES - ADDRESS_BYTES], constant[WORD_BYTES - ADDRESS_BYTES :]
        if not any(head) and any(tail[: ADDRESS_BYTES - SHORT_ADDRESS_BYTES + 1]) and not _is_mask(tail):
            found.add(tail)
    return frozenset(found)


def _is_mask(constant: bytes) -> bool:
    """Whether it is a mask, or a power of two: no address."""
    digits = constant.strip(b"\0")
    return len(digits) <= 2 or not digits.strip(b"\xff")
