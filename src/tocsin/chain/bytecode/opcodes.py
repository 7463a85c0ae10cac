"""The instructions of the EVM as far as reading code needs them: numbers, what they take from the stack and leave."""

from collections.abc import Mapping

SUB, LT, EQ, ISZERO, AND, XOR, SHL, SHR = 0x03, 0x10, 0x14, 0x15, 0x16, 0x18, 0x1B, 0x1C
CALLER, CALLDATALOAD, EXTCODECOPY, COINBASE = 0x33, 0x35, 0x3C, 0x41
JUMP, JUMPI, JUMPDEST = 0x56, 0x57, 0x5B
PUSH0, PUSH1, PUSH4, PUSH20, PUSH32 = 0x5F, 0x60, 0x63, 0x73, 0x7F
DUP1, DUP16, SWAP1, SWAP16 = 0x80, 0x8F, 0x90, 0x9F
STOP, CREATE, RETURN, DELEGATECALL, CREATE2, STATICCALL = 0x00, 0xF0, 0xF3, 0xF4, 0xF5, 0xFA
REVERT, INVALID, SELFDESTRUCT = 0xFD, 0xFE, 0xFF

ENDS = frozenset((STOP, JUMP, RETURN, REVERT, INVALID, SELFDESTRUCT))
"""What comes after one of these is reached by a jump or not at all."""

_TAKES_AND_LEAVES = """
0 0  00 5b
2 1  01 02 03 04 05 06 07 0a 0b 10 11 12 13 14 16 17 18 1a 1b 1c 1d 20
3 1  08 09 f0
1 1  15 19 31 35 3b 3f 40 49 51 54 5c
0 1  30 32 33 34 36 38 3a 3d 41 42 43 44 45 46 47 48 4a 58 59 5a 5f
3 0  37 39 3e 5e
4 0  3c
1 0  50 56 ff
2 0  52 53 55 57 5d a0 f3 fd
3 0  a1
4 0  a2
5 0  a3
6 0  a4
7 1  f1 f2
6 1  f4 fa
4 1  f5
"""
"""Of each line: values taken, values left, instructions (Ethereum yellow paper and the EIPs since)."""


def _parse(text: str) -> Mapping[int, tuple[int, int]]:
    lines = [line.split() for line in text.split("\n") if line]
    return {int(op, 16): (int(takes), int(leaves)) for takes, leaves, *ops in lines for op in ops}


STACK: Mapping[int, tuple[int, int]] = _parse(_TAKES_AND_LEAVES)
"""By instruction: how many values it takes from the stack and leaves on it; pushes, copies and swaps left out."""
