"""Literal logs and call trees of pools, for the tests of what is derived from them."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.signatures import selector, topic
from tocsin.tables.literal import Row, frame
from tocsin.tables.literal import topic as word
from tocsin.tables.literal import words as abi

WORDS = 1 << 256


def minus(value: int) -> int:
    """The two's complement of a negative number, as an ABI word holds it."""
    return -value % WORDS


def log(signature: str, emitter: str, *topics: str | int | bytes, data: bytes = b"", **more: Any) -> Row:
    shown = {f"topic{at}": word(value) for at, value in enumerate(topics, 1)}
    return {"address": emitter, "topic0": topic(signature), "data": data, **shown, **more}


def moved(token: str, source: str, target: str, value: int, **more: Any) -> Row:
    return log("Transfer(address,address,uint256)", token, source, target, data=abi(value), **more)


def numbered(rows: list[Row]) -> list[Row]:
    """The logs in their order, each with its index."""
    return [{"log_index": number, **row} for number, row in enumerate(rows)]


@dataclass
class Call:
    """One frame, with the frames below it."""

    signature: str
    caller: str
    callee: str
    data: bytes = b""
    output: bytes = b""
    inner: list["Call"] = field(default_factory=list)
    kind: str = "call"
    value: int = 0
    reverted: bool = False


def send(token: str, source: str, target: str, value: int, *, by: str | None = None) -> Call:
    """A transfer by its owner or, with `by`, by somebody allowed to."""
    if by is None:
        return Call("transfer(address,uint256)", source, token, abi(target, value), abi(1))
    return Call("transferFrom(address,address,uint256)", by, token, abi(source, target, value), abi(1))


def asks(pool: str, token: str, balance: int) -> Call:
    """A pool asks for its own balance of a token."""
    return Call("balanceOf(address)", pool, token, abi(pool), abi(balance), kind="staticcall")


def reserves(caller: str, pair: str, first: int, second: int) -> Call:
    return Call("getReserves()", caller, pair, b"", abi(first, second, 0), kind="staticcall")


def tree(*calls: Call) -> list[Row]:
    """The rows of a transaction in which these calls are made one after the other."""
    rows: list[dict[str, Any]] = []
    _lay(Call("run()", "sender", "bot", inner=list(calls)), None, rows)
    return list(rows)


def _lay(call: Call, parent: int | None, rows: list[dict[str, Any]]) -> None:
    number = len(rows)
    name = selector(call.signature)
    row = {
        "call_index": number, "parent_index": parent, "depth": 0 if parent is None else rows[parent]["depth"] + 1,
        "call_type": call.kind, "from_address": call.caller, "to_address": call.callee, "value": call.value,
        "input": name + call.data, "selector": name, "output": call.output, "reverted": call.reverted,
    }  # fmt: skip
    rows.append(row)
    for below in call.inner:
        _lay(below, number, rows)
    row["subtree_end"] = len(rows)


def from_logs(dataset: str, rows: list[Row], calls: list[Row] | None = None) -> pl.DataFrame:
    """The dataset, from these logs and, if given, the call tree beside them."""
    beside = {"transactions": []} if calls is None else {"calls": calls}
    return _derived(dataset, {"logs": numbered(rows), **beside})


def from_calls(dataset: str, rows: list[Row]) -> pl.DataFrame:
    """The dataset, from calls alone."""
    return _derived(dataset, {"calls": rows})


def _derived(dataset: str, raw: dict[str, list[Row]]) -> pl.DataFrame:
    table = derived({name: frame(datasets()[name].columns, rows) for name, rows in raw.items()})[dataset]
    assert table.schema == datasets()[dataset].schema
    return table


def who(raw: bytes | None) -> str | None:
    """The name an address was made from."""
    return None if raw is None else raw[4:].rstrip(b"\0").decode()


def number(raw: bytes | None) -> int | None:
    return None if raw is None else int.from_bytes(raw, "big")


NATIVE = b"\xee" * 20
ETH = "0x" + NATIVE.hex()
