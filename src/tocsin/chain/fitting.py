"""
Whether an answer can be one to the question: of its kind, and about the block or transaction that was asked about.

Nodes are untrusted, and on another fork they answer for another block. What does not fit is nobody's evidence.
"""

import re
from collections.abc import Callable
from typing import Any

Fits = Callable[[Any], bool]
HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,15}")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")


def tree(answer: Any) -> bool:
    """Calls or a difference: each node writes its own."""
    return isinstance(answer, dict | list)


def code(answer: Any) -> bool:
    """Bytes."""
    return isinstance(answer, str) and _DATA.fullmatch(answer) is not None


def hashed(answer: Any) -> bool:
    """A hash."""
    return isinstance(answer, str) and HASH.fullmatch(answer) is not None


def head(answer: Any) -> bool:
    """A block, whichever."""
    return _has(answer, "hash", HASH) and _has(answer, "number", _QUANTITY)


def block(number: int, block_hash: str) -> Fits:
    """The block of this height and hash, with its transactions."""

    def fits(answer: Any) -> bool:
        return (
            head(answer)
            and _same(answer["hash"], block_hash)
            and int(answer["number"], 16) == number
            and _are(answer.get("transactions"), dict | str)
        )

    return fits


def receipts(block_hash: str) -> Fits:
    """Receipts, all of this block."""
    return lambda answer: _are(answer, dict) and all(_same(each.get("blockHash"), block_hash) for each in answer)


def transaction(transaction_hash: str) -> Fits:
    """This transaction, in a block or waiting for one."""

    def fits(answer: Any) -> bool:
        return (
            isinstance(answer, dict)
            and _same(answer.get("hash"), transaction_hash)
            and (answer.get("blockNumber") is None or _has(answer, "blockNumber", _QUANTITY))
        )

    return fits


def receipt(transaction_hash: str) -> Fits:
    """The receipt of this transaction, which says in which block it is."""

    def fits(answer: Any) -> bool:
        return (
            isinstance(answer, dict)
            and _same(answer.get("transactionHash"), transaction_hash)
            and _has(answer, "blockHash", HASH)
            and _has(answer, "blockNumber", _QUANTITY)
            and _are(answer.get("logs"), dict)
        )

    return fits


def proof(address: str) -> Fits:
    """A proof of this account."""
    return lambda answer: isinstance(answer, dict) and _same(answer.get("address"), address)


def _has(answer: Any, name: str, form: "re.Pattern[str]") -> bool:
    value = answer.get(name) if isinstance(answer, dict) else None
    return isinstance(value, str) and form.fullmatch(value) is not None


def _are(answer: Any, kind: Any) -> bool:
    return isinstance(answer, list) and all(isinstance(each, kind) for each in answer)


def _same(found: Any, wanted: str) -> bool:
    return isinstance(found, str) and found.lower() == wanted.lower()
