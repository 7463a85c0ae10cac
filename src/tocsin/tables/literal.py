"""
Small literal tables: what examples and tests are written in.

A row is a mapping of column names to plain values. Addresses and hashes may be names ("alice"), hexadecimal
("0x...") or bytes; an amount is one integer under its name without `_binary` / `_f64`; columns that are not
given take the place defaults below, or zero, empty or null.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import polars as pl

from tocsin.tables.columns import Column, schema

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Sequence[Row]

NAME_TAG = b"\xee\x01"
"""Every address and hash made from a name begins so; no real one has to: see `renamed`."""

_PLACE_DEFAULTS: Row = {"chain_id": 1, "block_number": 1, "transaction_index": 0}


def named(name: str, width: int = 20) -> bytes:
    """The bytes a name stands for: the tag, two bytes of copy number 0, and the name, cut or padded to `width`."""
    return (NAME_TAG + b"\0\0" + name.encode()).ljust(width, b"\0")[:width]


def address(name: str) -> str:
    """The address a name stands for, as findings show it."""
    return "0x" + named(name).hex()


def topic(value: str | int | bytes) -> bytes:
    """A 32-byte topic or ABI word: a name or hexadecimal address padded on the left, or an integer."""
    raw = value.to_bytes(32, "big") if isinstance(value, int) else octets(value, 20)
    return raw.rjust(32, b"\0")


def words(*values: str | int | bytes) -> bytes:
    """ABI words one after the other: the data of a log or, after a selector, of a call."""
    return b"".join(topic(value) for value in values)


def octets(value: str | bytes, width: int) -> bytes:
    """Bytes as they are, from hexadecimal, or from a name."""
    if isinstance(value, bytes):
        return value
    return bytes.fromhex(value[2:]) if value.startswith("0x") else named(value, width)


def frame(columns: Mapping[str, Column], rows: Rows) -> pl.DataFrame:
    """The frame these rows describe, with exactly these columns."""
    full = [_complete(columns, row) for row in rows]
    return pl.DataFrame(full, schema=schema(columns), orient="row")


def _complete(columns: Mapping[str, Column], row: Row) -> dict[str, Any]:
    _refuse_unknown(columns, row)
    given = {**_PLACE_DEFAULTS, **row}
    given.setdefault("block_hash", named(f"block-{given['block_number']}", 32))
    given.setdefault("transaction_hash", named(f"tx-{given['block_number']}-{given['transaction_index']}", 32))
    return {name: _value(name, column, given) for name, column in columns.items()}


def _refuse_unknown(columns: Mapping[str, Column], row: Row) -> None:
    known = {*columns, *(n.removesuffix("_binary") for n in columns), *_PLACE_DEFAULTS}
    if unknown := set(row) - known:
        raise KeyError(f"no such column: {', '.join(sorted(unknown))}")


def _value(name: str, column: Column, given: Row) -> Any:
    if name.endswith("_binary"):
        value = given.get(name, given.get(name.removesuffix("_binary"), 0 if column.required else None))
        return value.to_bytes(32, "big") if isinstance(value, int) else value
    if name.endswith("_f64"):
        value = given.get(name, given.get(name.removesuffix("_f64"), 0 if column.required else None))
        return None if value is None else float(value)
    if name not in given:
        return _default(column) if column.required else None
    value = given[name]
    if column.type == pl.Binary() and value is not None:
        return octets(value, 20 if column.unit.startswith("address") else 32)
    return value


def _default(column: Column) -> Any:
    if column.type == pl.Binary():
        return bytes({"address, 20 bytes": 20, "32 bytes": 32}.get(column.unit, 0))
    return column.type.to_python()()


def renamed(table: pl.DataFrame, copy: int) -> pl.DataFrame:
    """The same rows with every name replaced by its copy number `copy` (1..65535), so that no copy meets another."""
    before, after = NAME_TAG + b"\0\0", NAME_TAG + copy.to_bytes(2, "big")

    def swap(raw: bytes | None) -> bytes | None:
        return None if raw is None else raw.replace(before, after)

    return table.with_columns(
        pl.Series(name, [swap(raw) for raw in table[name].to_list()], dtype=pl.Binary())
        for name, kind in table.schema.items()
        if kind == pl.Binary()
    )
