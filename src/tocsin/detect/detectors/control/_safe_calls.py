"""What a call of a Safe's execute functions says: which targets it runs by delegatecall, batches included."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect.detectors.control._events import address_of
from tocsin.tables.amounts import WORD_BYTES

EXECUTE = selector("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)")
BY_MODULE = selector("execTransactionFromModule(address,uint256,bytes,uint8)")
BY_MODULE_WITH_DATA = selector("execTransactionFromModuleReturnData(address,uint256,bytes,uint8)")
SELECTORS = (EXECUTE, BY_MODULE, BY_MODULE_WITH_DATA)
"""All begin with the same four arguments: target, value, data, operation."""
MULTI_SEND = selector("multiSend(bytes)")

DELEGATECALL = 1
_SELECTOR_BYTES = 4
_STEP_HEAD_BYTES = 1 + 20 + 32 + 32
"""Of one step of a batch: operation, target, value, length of the data that follows."""


def executions(calls: pl.DataFrame) -> pl.DataFrame:
    """The calls that took effect. A proxy hands the same input to its code by delegatecall: that is no call."""
    return calls.filter(
        pl.col("selector").is_in(SELECTORS)
        & (pl.col("call_type") == "call")
        & ~pl.col("reverted")
        & pl.col("to_address").is_not_null()
    )


def delegates(call: Mapping[str, Any]) -> Iterator[str]:
    """The targets an execution ran by delegatecall; none when it returned false."""
    arguments, output = call["input"][_SELECTOR_BYTES:], call["output"] or b""
    if len(arguments) < 4 * WORD_BYTES or (len(output) >= WORD_BYTES and not any(output[:WORD_BYTES])):
        return
    if _number(arguments, 3) == DELEGATECALL:
        yield address_of(arguments[:WORD_BYTES])
        yield from _batched(_octets(arguments, 2))


def _batched(data: bytes) -> Iterator[str]:
    """The targets of the delegatecalls inside a batch; reading stops where the bytes do not fit."""
    if data[:_SELECTOR_BYTES] != MULTI_SEND:
        return
    steps = _octets(data[_SELECTOR_BYTES:], 0)
    at = 0
    while at + _STEP_HEAD_BYTES <= len(steps):
        head = steps[at : at + _STEP_HEAD_BYTES]
        if head[0] == DELEGATECALL:
            yield "0x" + head[1:21].hex()
        at += _STEP_HEAD_BYTES + int.from_bytes(head[-WORD_BYTES:], "big")


def _octets(arguments: bytes, head: int) -> bytes:
    """The dynamic bytes whose offset stands in word `head`, as far as they reach."""
    start = _number(arguments, head)
    length = int.from_bytes(arguments[start : start + WORD_BYTES], "big")
    return arguments[start + WORD_BYTES : start + WORD_BYTES + length]


def _number(arguments: bytes, word: int) -> int:
    return int.from_bytes(arguments[word * WORD_BYTES : (word + 1) * WORD_BYTES], "big")
