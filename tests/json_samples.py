"""Small blocks in the JSON that nodes answer, written by hand, to bend one thing at a time."""

import json
from typing import Any

from tocsin.chain.recording import Recording

ALICE, BOB, TOKEN = ("0x" + digit * 40 for digit in "ab7")
BLOCK_HASH, PARENT_HASH = "0x" + "1" * 64, "0x" + "0" * 64
FIRST, SECOND = "0x" + "f1" * 32, "0x" + "f2" * 32


def transaction(index: int = 0, **changed: Any) -> dict[str, Any]:
    """A plain transfer of 1 wei from Alice to Bob."""
    sent = {
        "hash": (FIRST, SECOND)[index],
        "from": ALICE,
        "to": BOB,
        "value": "0x1",
        "nonce": "0x7",
        "input": "0x",
        "gas": "0x5208",
        "gasPrice": "0x2",
        "transactionIndex": hex(index),
        "type": "0x0",
    }
    return sent | changed


def header(*transactions: Any, **changed: Any) -> dict[str, Any]:
    """Block 5 with these transactions."""
    block = {
        "number": "0x5",
        "hash": BLOCK_HASH,
        "parentHash": PARENT_HASH,
        "timestamp": "0x64",
        "miner": BOB,
        "gasLimit": "0x1c9c380",
        "gasUsed": "0x5208",
        "transactions": list(transactions),
    }
    return block | changed


def log(**changed: Any) -> dict[str, Any]:
    """A log of one topic and one word."""
    entry = {
        "address": TOKEN,
        "topics": ["0x" + "d" * 64],
        "data": "0x" + "00" * 31 + "2a",
        "logIndex": "0x0",
        "transactionHash": FIRST,
        "transactionIndex": "0x0",
        "blockHash": BLOCK_HASH,
        "blockNumber": "0x5",
    }
    return entry | changed


def receipt(index: int = 0, *logs: Any, **changed: Any) -> dict[str, Any]:
    """The receipt of a transaction that succeeded."""
    paper = {
        "transactionHash": (FIRST, SECOND)[index],
        "transactionIndex": hex(index),
        "blockHash": BLOCK_HASH,
        "blockNumber": "0x5",
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x2",
        "logs": list(logs),
    }
    return paper | changed


def trace(address: list[int], position: int = 0, **changed: Any) -> dict[str, Any]:
    """A call from Alice to Bob at this place of the tree."""
    frame = {
        "action": {"callType": "call", "from": ALICE, "to": BOB, "value": "0x1", "gas": "0x9", "input": "0xa9059cbb00"},
        "result": {"gasUsed": "0x3", "output": "0x"},
        "traceAddress": address,
        "subtraces": 0,
        "transactionHash": (FIRST, SECOND)[position],
        "transactionPosition": position,
        "blockHash": BLOCK_HASH,
        "blockNumber": 5,
        "type": "call",
    }
    return frame | changed


def frame(*calls: Any, **changed: Any) -> dict[str, Any]:
    """A callTracer frame: Alice calls Bob."""
    call = {"type": "CALL", "from": ALICE, "to": BOB, "value": "0x1", "gas": "0x9", "gasUsed": "0x3", "input": "0x"}
    return call | ({"calls": list(calls)} if calls else {}) | changed


def recording(name: str = "block 5", **answers: Any) -> Recording:
    """A recording of these answers, by method; `__` stands for a colon in a method's name."""
    raw = {method.replace("__", ":"): json.dumps(answer).encode() for method, answer in answers.items()}
    return Recording(chain_id=1, name=name, answers=raw)
