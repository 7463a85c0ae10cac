"""
Decoded arguments of logs and calls, as columns: whole columns at once where a place holds the value itself.

Data is written by anybody. Where a row is not of the declared event or function, has another number of indexed
arguments, or is too short, the argument is empty; nothing raises. Of an address only the low 20 bytes count.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.chain import abi
from tocsin.detect.rules.declaration import Declaration, Parameter
from tocsin.detect.rules.document import Mark
from tocsin.detect.rules.fields import ARGUMENT, Field, Sort
from tocsin.tables import amounts, literal
from tocsin.tables.amounts import WORD_BYTES, Words

LONGEST_BYTES = 100_000
"""Of one `bytes` or `string` that is looked at."""
SIGN = np.uint8(0x80)
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "logs": ("topic0", "topic1", "topic2", "topic3", "data"),
    "calls": ("selector", "input"),
    "transactions": ("to_address", "input"),
}
"""By dataset that has arguments: what they are read from."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of one declaration, and the field it becomes."""

    declaration: Declaration
    number: int
    field: Field

    @property
    def parameter(self) -> Parameter:
        """Its name and type."""
        return self.declaration.parameters[self.number]


def argument(declaration: Declaration, number: int, mark: Mark, field: str) -> Argument:
    """The field that an argument becomes. Raises `RuleError` for what cannot be compared."""
    parameter = declaration.parameters[number]
    sort, width = _sort(parameter.type)
    if sort is None:
        mark.refuse(field, f"its type is {parameter.type}: lists and structs are not decoded")
    if parameter.indexed and parameter.is_dynamic:
        mark.refuse(field, "a log holds only the hash of an indexed text; compare topic1, topic2 or topic3")
    if declaration.is_bare:
        mark.refuse(
            field,
            f"whether it is indexed decides where it stands; write the signature as Solidity declares it, such as "
            f"{declaration.name}({declaration.parameters[0].type} indexed owner, ...)",
        )
    name = ARGUMENT + (parameter.name or str(number))
    column = f"{ARGUMENT}{declaration.canonical}.{''.join('i' if p.indexed else '-' for p in declaration.parameters)}"
    return Argument(declaration, number, Field(name, f"{column}.{number}", sort, required=False, width=width))


def _sort(kind: str) -> tuple[Sort | None, int]:
    if kind.endswith((")", "]")):
        return None, 0
    if kind.startswith("bytes") and kind != "bytes":
        width = int(kind.removeprefix("bytes"))
        return (Sort.WORD if width == WORD_BYTES else Sort.BYTES), width
    plain = {"address": (Sort.ADDRESS, 20), "bool": (Sort.FLAG, 0), "string": (Sort.TEXT, 0), "bytes": (Sort.BYTES, 0)}
    return plain.get(kind) or (Sort.AMOUNT if kind.startswith("uint") else Sort.SIGNED, WORD_BYTES)


def decoded(frame: pl.DataFrame, dataset: str, wanted: Sequence[Argument]) -> pl.DataFrame:
    """The frame with a column for each argument."""
    if not wanted:
        return frame
    return frame.hstack([_column(frame, dataset, each).rename(each.field.column) for each in wanted])


def _column(frame: pl.DataFrame, dataset: str, wanted: Argument) -> pl.Series:
    there = _decodable(frame, dataset, wanted.declaration)
    if wanted.parameter.is_dynamic:
        raw = list(_dynamic(frame, dataset, wanted, there))
        return _of_bytes(raw, wanted)
    return _of_words(_place(frame, dataset, wanted), there, wanted)


def _decodable(frame: pl.DataFrame, dataset: str, declaration: Declaration) -> abi.Mask:
    """Which rows are of this event or function, and long enough."""
    words = sum(each.head_words for each in declaration.parameters if not each.indexed)
    if dataset == "logs":
        indexed = sum(each.indexed for each in declaration.parameters)
        same = abi.which(frame["topic0"], abi.keys([declaration.topic])) == 0
        return np.asarray(same & (abi.topics(frame) == indexed + 1) & abi.has_words(frame["data"], words))
    called = frame["selector"] if dataset == "calls" else called_selectors(frame)
    same = abi.which(called, abi.keys([declaration.selector])) == 0
    return np.asarray(same & abi.has_words(frame["input"], words, skip=abi.SELECTOR_BYTES))


def called_selectors(transactions: pl.DataFrame) -> pl.Series:
    """The selector each transaction calls; null where it creates a contract or calls nothing."""
    return abi.selectors(transactions["input"], abi.present(transactions["to_address"]))


def _place(frame: pl.DataFrame, dataset: str, wanted: Argument) -> Words:
    """The word at the argument's place."""
    before = wanted.declaration.parameters[: wanted.number]
    if wanted.parameter.indexed:
        return abi.word(frame[f"topic{1 + sum(each.indexed for each in before)}"], 0)
    at, skip = _data_place(wanted), 0 if dataset == "logs" else abi.SELECTOR_BYTES
    return abi.word(frame["data" if dataset == "logs" else "input"], at, skip=skip)


def _data_place(wanted: Argument) -> int:
    before = wanted.declaration.parameters[: wanted.number]
    return sum(each.head_words for each in before if not each.indexed)


def _of_words(words: Words, there: abi.Mask, wanted: Argument) -> pl.Series:
    match wanted.field.sort:
        case Sort.ADDRESS:
            return abi.addresses(words, there)
        case Sort.FLAG:
            return pl.Series(pa.array(abi.truth(words), mask=~there))
        case Sort.AMOUNT:
            return amounts.column(words, there)
        case Sort.SIGNED:
            # With the sign bit turned, the bytes stand in the order of the numbers.
            turned = np.array(words)
            turned[:, 0] ^= SIGN
            return amounts.column(turned, there)
    width = wanted.field.width
    return amounts.fixed(np.ascontiguousarray(words[:, :width]).tobytes(), width, there)


def _dynamic(frame: pl.DataFrame, dataset: str, wanted: Argument, there: abi.Mask) -> Iterator[bytes | None]:
    """The bytes an offset points at; None where they are not all there."""
    skip = 0 if dataset == "logs" else abi.SELECTOR_BYTES
    at = skip + _data_place(wanted) * WORD_BYTES
    for is_there, data in zip(there.tolist(), frame["data" if dataset == "logs" else "input"].to_list(), strict=True):
        yield _pointed(data, skip, at) if is_there else None


def _pointed(data: bytes, skip: int, at: int) -> bytes | None:
    start = skip + int.from_bytes(data[at : at + WORD_BYTES], "big")
    length = int.from_bytes(data[start : start + WORD_BYTES], "big") if start + WORD_BYTES <= len(data) else -1
    first = start + WORD_BYTES
    return data[first : first + length] if 0 <= length <= min(LONGEST_BYTES, len(data) - first) else None


def _of_bytes(raw: Sequence[bytes | None], wanted: Argument) -> pl.Series:
    if wanted.field.sort is Sort.TEXT:
        texts = [None if each is None else each.decode(errors="replace") for each in raw]
        return pl.Series(texts, dtype=pl.String())
    return pl.Series(raw, dtype=pl.Binary())


def encoded(parameters: Iterable[Parameter], values: Sequence[Any]) -> bytes:
    """Values as ABI words, for the rows of tests. A name stands for an address."""
    heads, tails = [], b""
    pairs = list(zip(parameters, values, strict=True))
    length = WORD_BYTES * sum(parameter.head_words for parameter, _ in pairs)
    for parameter, value in pairs:
        if parameter.is_dynamic:
            heads.append(literal.topic(length + len(tails)))
            raw = value if isinstance(value, bytes) else str(value).encode()
            tails += literal.topic(len(raw)) + raw + bytes(-len(raw) % WORD_BYTES)
        else:
            heads.append(word(parameter.type, value))
    return b"".join(heads) + tails


def word(kind: str, value: Any) -> bytes:
    """One value as a word."""
    if isinstance(value, int):
        return (value % 2**256).to_bytes(WORD_BYTES, "big")
    return bytes(value).ljust(WORD_BYTES, b"\0") if kind.startswith("bytes") else literal.topic(value)
