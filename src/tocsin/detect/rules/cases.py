"""
The tests of a rule: rows that must match and rows that must not, in the form that detectors' examples have.

A row of logs, calls or transactions may give its `args` by name instead of topics and data.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain.catalogue import datasets
from tocsin.detect.detector import Example
from tocsin.detect.rules.arguments import COLUMNS, encoded, word
from tocsin.detect.rules.declaration import Declaration, Parameter
from tocsin.detect.rules.document import Items, Map, Node, Text, as_map, as_text, nearest
from tocsin.detect.rules.fields import WIDTHS
from tocsin.detect.rules.quantities import BITS, whole
from tocsin.detect.rules.vocabulary import SIGNATURE, Vocabulary
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.tables.columns import PLACE, Column
from tocsin.tables.literal import Row, octets

MOST_TESTS = 200
MOST_IN_LIST = 2**32 - 1
_KEYS = ("says", "matches", "rows")
Declared = Callable[[str], tuple[Declaration, ...]]
"""By dataset: the signatures of the rules that read it."""


def examples(node: Node | None, reads: Mapping[str, Any], own: str, declared: Declared) -> tuple[Example, ...]:
    """The tests under `tests:`. `own` is the dataset that `rows:` stands for; empty where there are several."""
    if node is None:
        return ()
    if not isinstance(node, Items) or len(node.items) > MOST_TESTS:
        node.mark.refuse("tests", f"must be a list of at most {MOST_TESTS} tests")
    return tuple(_example(as_map(each, each.mark, "tests"), reads, own, declared) for each in node.items)


def _example(node: Map, reads: Mapping[str, Any], own: str, declared: Declared) -> Example:
    tables: dict[str, list[Row]] = {}
    for key, value in node:
        if key.value in _KEYS and not (key.value == "rows" and own):
            if key.value == "rows":
                key.mark.refuse("tests.rows", f"say of which dataset: {', '.join(reads)}")
            continue
        name = own if key.value == "rows" else key.value
        if name not in reads:
            key.mark.refuse(f"tests.{name}", f"the rule does not read it; {nearest(name, [*reads, *_KEYS])}")
        tables[name] = _rows(value, name, declared)
    return Example(says=as_text(node.get("says"), node.mark, "tests.says"), tables=tables, finds=({},) * _matches(node))


def _matches(node: Map) -> int:
    """How many findings there must be."""
    text = as_text(node.get("matches"), node.mark_of("matches"), "tests.matches")
    number = {"true": 1, "false": 0}.get(text, whole(text))
    if number is None or not 0 <= number <= MOST_TESTS:
        node.mark_of("matches").refuse("tests.matches", "must be true, false or the number of findings")
    return number


def _rows(node: Node, dataset: str, declared: Declared) -> list[Row]:
    if not isinstance(node, Items):
        node.mark.refuse(f"tests.{dataset}", "must be a list of rows")
    return [_row(as_map(each, each.mark, f"tests.{dataset}"), dataset, declared) for each in node.items]


def _row(node: Map, dataset: str, declared: Declared) -> Row:
    columns = REFERENCE_COLUMNS.get(dataset) or datasets()[dataset].columns
    row: dict[str, Any] = {}
    for key, value in node:
        if key.value in {"args", SIGNATURE} and dataset in COLUMNS:
            continue
        column = columns.get(key.value) or columns.get(f"{key.value}_binary") or PLACE.get(key.value)
        if column is None:
            known = [name.removesuffix("_binary") for name in columns if not name.endswith("_f64")]
            key.mark.refuse(f"tests.{dataset}.{key.value}", f"no such column; {nearest(key.value, [*known, 'args'])}")
        row[key.value] = _value(value, key, column, dataset)
    if dataset in COLUMNS and (node.get("args") is not None or node.get(SIGNATURE) is not None):
        row = {**_called(node, dataset, declared), **row}
    return row


def _value(node: Node, key: Text, column: Column, dataset: str) -> Any:
    where = f"tests.{dataset}.{key.value}"
    if isinstance(node, Items):
        return [_number(each, where, 0, MOST_IN_LIST) for each in node.items]
    if not isinstance(node, Text):
        node.mark.refuse(where, "must be a value")
    if node.is_null:
        return None
    if column.type == pl.Boolean():
        return _truth(node, where)
    if column.type.is_float():
        return _price(node, where)
    if column.type.is_numeric() or column.unit.endswith("32 bytes big-endian"):
        return _number(node, where, 0, _most(column.type))
    return _bytes(node, where, WIDTHS.get(column.unit)) if column.type == pl.Binary() else node.value


def _most(kind: pl.DataType) -> int:
    """The largest number a column holds: its own type's, or of bytes that of 256 bits."""
    return 2**BITS - 1 if kind == pl.Binary() else int(np.iinfo(str(kind).lower()).max)


def _truth(node: Text, where: str) -> bool:
    if node.value not in {"true", "false"}:
        node.mark.refuse(where, "must be true or false")
    return node.value == "true"


def _number(node: Node, where: str, least: int, most: int) -> int:
    number = whole(node.value) if isinstance(node, Text) else None
    if number is None or not least <= number <= most:
        node.mark.refuse(where, f"must be a whole number between {least} and {most}")
    return number


def _price(node: Text, where: str) -> float:
    try:
        return float(node.value)
    except ValueError:
        return node.mark.refuse(where, "must be a number")


def _bytes(node: Text, where: str, width: int | None = None) -> str:
    """A name, or hexadecimal digits, of which there are no more than it has place for."""
    if node.value.startswith("0x"):
        try:
            given = bytes.fromhex(node.value[2:])
        except ValueError:
            node.mark.refuse(where, f"{node.value!r} is not hexadecimal")
        if width is not None and len(given) > width:
            node.mark.refuse(where, f"has {len(given)} bytes, and place for {width}")
    return node.value


def _called(node: Map, dataset: str, declared: Declared) -> Row:
    """The columns that a signature and arguments make."""
    declaration = _declaration(node, dataset, declared)
    given = node.get("args")
    arguments = as_map(given, node.mark, "tests.args") if given is not None else Map(node.mark, ())
    values = [_argument(each, number, arguments) for number, each in enumerate(declaration.parameters)]
    for key, _ in arguments:
        if declaration.parameter(key.value) is None:
            near = nearest(key.value, declaration.names)
            key.mark.refuse("tests.args", f"{declaration.canonical} has no argument {key.value!r}; {near}")
    pairs = list(zip(declaration.parameters, values, strict=True))
    data = [pair for pair in pairs if not pair[0].indexed]
    packed = encoded([parameter for parameter, _ in data], [value for _, value in data])
    if dataset == "logs":
        topics = (word(parameter.type, value) for parameter, value in pairs if parameter.indexed)
        return {"topic0": declaration.topic, "data": packed, **{f"topic{n}": raw for n, raw in enumerate(topics, 1)}}
    called = {"input": declaration.selector + packed}
    return called | ({"selector": declaration.selector} if dataset == "calls" else {"to_address": "called"})


def _declaration(node: Map, dataset: str, declared: Declared) -> Declaration:
    if (text := node.get(SIGNATURE)) is not None:
        vocabulary = Vocabulary(datasets()[dataset])
        return vocabulary.declare(as_text(text, node.mark, "tests.signature"), text.mark, "tests.signature")
    found = set(declared(dataset))
    if len(found) != 1:
        node.mark_of("args").refuse("tests.args", "say with `signature` of which event or function")
    return found.pop()


def _argument(parameter: Parameter, number: int, given: Map) -> Any:
    node = given.get(parameter.name) if parameter.name else None
    node = node or given.get(str(number))
    where = f"tests.args.{parameter.name or number}"
    if node is None:
        return "" if parameter.is_dynamic else 0
    if not isinstance(node, Text):
        node.mark.refuse(where, "must be a value")
    kind = parameter.type
    if kind.endswith((")", "]")):
        node.mark.refuse(where, f"its type is {kind}: give the data itself")
    if kind == "bool":
        return int(_truth(node, where))
    if kind.startswith(("uint", "int")):
        return _number(node, where, *_between(kind))
    if kind == "string":
        return node.value
    if kind == "bytes":
        return octets(_bytes(node, where), 32)
    width = 20 if kind == "address" else int(kind.removeprefix("bytes"))
    return octets(_bytes(node, where, width), 20 if kind == "address" else 32)


def _between(kind: str) -> tuple[int, int]:
    """The least and the most of an integer type."""
    bits = int(kind.removeprefix("u").removeprefix("int"))
    return (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
