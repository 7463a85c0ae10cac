"""
Code that looks whether it is being simulated.

A real block has somebody who makes it; many simulations leave that account zero. Code that branches on whether
COINBASE is zero can behave in the one case and steal in the other. Paying whoever makes the block, as searchers do, is
no comparison with zero and is not taken for one.
"""

from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache

from tocsin.chain.bytecode.opcodes import (
    AND,
    COINBASE,
    DUP1,
    DUP16,
    ENDS,
    EQ,
    ISZERO,
    JUMPDEST,
    JUMPI,
    LT,
    PUSH0,
    PUSH32,
    SHL,
    SHR,
    STACK,
    SUB,
    SWAP1,
    SWAP16,
    XOR,
)
from tocsin.chain.bytecode.program import Program, program

MOST_INSTRUCTIONS = 256
"""Of one block of code without jumps; longer ones do not test anything at their end that they read at their start."""
MOST_READS = 64
"""So many uses of COINBASE are followed up in one contract."""


class _Value(Enum):
    OTHER = auto()
    ZERO = auto()
    MAKER = auto()
    """Whoever makes the block, shifted or masked or not."""
    TEST = auto()
    """Whether that is zero."""


_COMPARING = frozenset((EQ, SUB, XOR, LT, LT + 1))
_KEEPING = frozenset((AND, SHL, SHR))


@lru_cache(maxsize=256)
def tests_block_maker(code: bytes) -> bool:
    """Whether the code branches on whether the account that makes the block is zero."""
    read = program(code)
    begun = {_beginning(read, number) for number in read.find(COINBASE)[:MOST_READS]}
    return any(_branches(_block(read, start)) for start in begun)


def _beginning(read: Program, number: int) -> int:
    """Where the block of code begins that an instruction stands in."""
    at = number
    while at > 0 and number - at < MOST_INSTRUCTIONS:
        before = int(read.ops[at - 1])
        if before == JUMPI or before in ENDS or int(read.ops[at]) == JUMPDEST:
            break
        at -= 1
    return at


def _block(read: Program, start: int) -> Iterator[tuple[int, bool]]:
    """The instructions of a block of code, each with whether it pushes zero."""
    for number in range(start, min(len(read), start + 2 * MOST_INSTRUCTIONS)):
        op = int(read.ops[number])
        yield op, PUSH0 <= op <= PUSH32 and not any(read.pushed(number))
        if op == JUMPI or op in ENDS:
            return


def _branches(block: Iterator[tuple[int, bool]]) -> bool:
    stack: list[_Value] = []
    for op, is_zero in block:
        if op == JUMPI:
            _, condition = _pop(stack, 2)
            return condition in (_Value.MAKER, _Value.TEST)
        _step(stack, op, is_zero=is_zero)
    return False


def _step(stack: list[_Value], op: int, *, is_zero: bool) -> None:
    if PUSH0 <= op <= PUSH32:
        stack.append(_Value.ZERO if is_zero else _Value.OTHER)
    elif op == COINBASE:
        stack.append(_Value.MAKER)
    elif DUP1 <= op <= DUP16:
        _deepen(stack, op - DUP1 + 1)
        stack.append(stack[-(op - DUP1 + 1)])
    elif SWAP1 <= op <= SWAP16:
        _deepen(stack, op - SWAP1 + 2)
        other = -(op - SWAP1 + 2)
        stack[-1], stack[other] = stack[other], stack[-1]
    else:
        takes, leaves = STACK.get(op, (0, 0))
        stack.extend([_result(op, _pop(stack, takes))] * leaves)


def _result(op: int, taken: list[_Value]) -> _Value:
    kinds = frozenset(taken)
    if op == ISZERO and kinds & {_Value.MAKER, _Value.TEST}:
        return _Value.TEST
    if op in _COMPARING and kinds == {_Value.MAKER, _Value.ZERO}:
        return _Value.TEST
    if op in _KEEPING and _Value.MAKER in kinds:
        return _Value.MAKER
    return _Value.ZERO if op in _KEEPING and _Value.ZERO in kinds else _Value.OTHER


def _pop(stack: list[_Value], count: int) -> list[_Value]:
    """The topmost values, first the top; what stood there before the block is unknown."""
    _deepen(stack, count)
    return [stack.pop() for _ in range(count)]


def _deepen(stack: list[_Value], depth: int) -> None:
    missing = depth - len(stack)
    if missing > 0:
        stack[:0] = [_Value.OTHER] * missing
