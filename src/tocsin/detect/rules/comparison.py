"""
One line of a selection: a field, its modifiers, its values; as a test of a row.

Values are read by the field's kind, exactly; `texts` compares texts and bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import and_, ge, gt, le, lt, or_
from typing import Any

import polars as pl

from tocsin.detect.rules.beside import label_column
from tocsin.detect.rules.document import Items, Text, as_texts, nearest
from tocsin.detect.rules.fields import BINARY, NUMBERS, Field, Sort
from tocsin.detect.rules.line import Line, result
from tocsin.detect.rules.logic import Test, among, together
from tocsin.detect.rules.quantities import BITS, whole
from tocsin.detect.rules.texts import FLAGS, PARTS, matching, octets, partly, text_equal
from tocsin.intel.kinds import KINDS

_AS_BYTES = frozenset({*BINARY, Sort.AMOUNT, Sort.SIGNED})
ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
MODIFIERS = frozenset({*ORDERS, *PARTS, "all", "re", "exists", "fieldref", "cased", "label"})
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("base64", "base64offset", "wide", "utf16", "utf16le", "utf16be", "windash", "expand"),
        "is about text on hosts; chain data holds bytes: write them as 0x and hexadecimal digits",
    ),
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), "is not built: no field is a date"),
    "cidr": "compares IP addresses, and no field of chain data is one",
    "neq": "is not read: give the value a selection of its own and write `not` in the condition",
}


def test(line: Line, field_named: Callable[[str], Field]) -> Test:
    """Compile a line. `field_named` finds the field that `fieldref` names. Raises `RuleError`."""
    _check_modifiers(line)
    if line.field.sort is Sort.LIST and "exists" not in line.modifiers:
        line.refuse("is a list; only `exists` can be asked of it")
    if "exists" in line.modifiers:
        return _exists(line)
    if "fieldref" in line.modifiers:
        return _against(line, field_named(_one(line).value))
    if isinstance(line.value, Text) and line.value.is_null:
        return result(line, pl.col(line.field.column).is_null(), selective=not line.field.required)
    if order := next((name for name in line.modifiers if name in ORDERS), None):
        return _ordered(line, order)
    return _of_values(line, as_texts(line.value, line.key))


def _of_values(line: Line, texts: Sequence[Text]) -> Test:
    """Any of the values of a line, or with `all` each of them."""
    if not texts:
        line.refuse("has no value")
    if line.field.sort is Sort.FLAG and len(texts) > 1:
        line.refuse("is true or false; give one of the two")
    if not line.modifiers and line.field.sort in _AS_BYTES:
        return result(line, among(pl.col(line.field.column), [_octets(line, text) for text in texts]))
    values = [_value(line, text) for text in texts]
    join, is_selective = (and_, any) if "all" in line.modifiers else (or_, all)
    expression = together([each.expression for each in values], join)
    whole_line = result(line, expression, selective=is_selective(each.selective for each in values))
    return replace(whole_line, fields=frozenset().union(*(each.fields for each in values)))


def _check_modifiers(line: Line) -> None:
    for name in line.modifiers:
        if name in _REFUSED:
            line.refuse(f"the modifier {name!r} {_REFUSED[name]}")
        if name not in MODIFIERS and not (name in FLAGS and "re" in line.modifiers):
            line.refuse(f"no modifier is called {name!r}; {nearest(name, MODIFIERS)}")
    kinds = [name for name in line.modifiers if name in {*PARTS, *ORDERS, "re", "exists", "label"}]
    if len(kinds) > 1 or len(set(line.modifiers)) < len(line.modifiers):
        line.refuse(f"{' and '.join(line.modifiers)} cannot go together")
    if "fieldref" in line.modifiers and set(line.modifiers) - {"fieldref", *ORDERS}:
        line.refuse(f"fieldref goes with {', '.join(ORDERS)} or alone")
    if "cased" in line.modifiers and line.field.sort is not Sort.TEXT:
        line.refuse(f"is {line.field.sort}; only texts have capital and small letters")
    if "all" in line.modifiers and not isinstance(line.value, Items):
        line.refuse("`all` needs a list of values")


def _one(line: Line) -> Text:
    if not isinstance(line.value, Text) or line.value.is_null:
        line.refuse("needs one value")
    return line.value  # type: ignore[return-value] # refused above if it is not one text


def _exists(line: Line) -> Test:
    wanted = _flag(line, _one(line))
    if line.field.required and not wanted:
        line.refuse("is never empty, so this never matches")
    column = pl.col(line.field.column)
    expression = column.is_not_null() if wanted else column.is_null()
    return result(line, expression, selective=not wanted, selective_not=wanted and not line.field.required)


def _against(line: Line, other: Field) -> Test:
    """Two fields of a row compared with one another."""
    if other.sort is not line.field.sort or line.field.sort is Sort.LIST:
        line.refuse(f"is {line.field.sort}, {other.name} is {other.sort}; only like can be compared with like")
    if other.column == line.field.column:
        line.refuse("is compared with itself")
    order = next((name for name in line.modifiers if name in ORDERS), None)
    if order and line.field.sort not in NUMBERS:
        line.refuse(f"is {line.field.sort}; only numbers have an order")
    one, two = pl.col(line.field.column), pl.col(other.column)
    if line.field.sort is Sort.TEXT:
        one, two = one.str.to_lowercase(), two.str.to_lowercase()
    expression = ORDERS[order](one, two) if order else one == two
    return Test(expression, frozenset({line.field.column, other.column}), selective=True, selective_not=bool(order))


def _ordered(line: Line, order: str) -> Test:
    """A number compared with a number. One that every value satisfies leaves nothing out."""
    sort = Sort.AMOUNT if line.field.sort is Sort.WORD or _is_state(line.field) else line.field.sort
    if sort not in {*NUMBERS, Sort.DOLLARS}:
        line.refuse(f"is {line.field.sort}; only numbers can be compared with {order}")
    number = _whole(line, _one(line))
    least, most = _range(sort)
    holds = [ORDERS[order](edge, number) for edge in (least, most)]
    if not any(holds):
        line.refuse(f"never matches: it is between {least} and {most}")
    column = pl.col(line.field.column)
    clamped = min(max(number, least), most)
    expression = ORDERS[order](column, _packed(sort, clamped)) if clamped == number else pl.lit(value=True)
    if sort is Sort.AMOUNT:
        expression &= column.bin.size() == BITS // 8
    return result(line, expression, selective=not all(holds), selective_not=True)


def _is_state(field: Field) -> bool:
    """The values of storage, balances and nonces, which are 32 bytes big-endian; code is longer."""
    return field.column in {"before", "after"}


def _range(sort: Sort) -> tuple[int, int]:
    return {
        Sort.AMOUNT: (0, 2**BITS - 1),
        Sort.SIGNED: (-(2 ** (BITS - 1)), 2 ** (BITS - 1) - 1),
        Sort.COUNT: (0, 2**64 - 1),
        Sort.DOLLARS: (0, 2**BITS),
    }[sort]


def _packed(sort: Sort, number: int) -> Any:
    """A number as the column holds it. Signed ones are turned as `arguments` turns them."""
    if sort is Sort.DOLLARS:
        return pl.lit(float(number))
    if sort is Sort.COUNT:
        return pl.lit(number, dtype=pl.UInt64())
    return pl.lit(_big_endian(sort, number))


def _big_endian(sort: Sort, number: int) -> bytes:
    return (number + 2 ** (BITS - 1) if sort is Sort.SIGNED else number).to_bytes(BITS // 8, "big")


def _whole(line: Line, text: Text) -> int:
    number = whole(text.value)
    if number is None:
        line.refuse(f"{text.value!r} is no whole number; write 1500, 1_500, 1.5e3 or 0x5dc")
    return number  # type: ignore[return-value] # refused above


def _flag(line: Line, text: Text) -> bool:
    if text.value not in {"true", "false"}:
        line.refuse(f"is true or false, not {text.value!r}")
    return text.value == "true"


def _value(line: Line, text: Text) -> Test:
    """One value of a line."""
    if text.is_null:
        line.refuse("null stands alone, not in a list")
    if "label" in line.modifiers:
        return _labelled(line, text)
    if "re" in line.modifiers:
        return matching(line, text)
    if any(name in PARTS for name in line.modifiers):
        return partly(line, text)
    return _equal(line, text)


def _labelled(line: Line, text: Text) -> Test:
    """An address of which something is known."""
    if line.field.sort is not Sort.ADDRESS:
        line.refuse(f"is {line.field.sort}; only addresses have labels")
    if text.value not in KINDS:
        line.refuse(f"no label is called {text.value!r}; {nearest(text.value, KINDS)}")
    column = label_column(text.value, line.field.column)
    return Test(pl.col(column), frozenset({line.field.column, column}))


def _octets(line: Line, text: Text) -> bytes:
    """A whole value of a column of bytes."""
    if text.is_null:
        line.refuse("null stands alone, not in a list")
    if line.field.sort in BINARY:
        return octets(line, text)
    return _big_endian(line.field.sort, _in_range(line, text))


def _in_range(line: Line, text: Text) -> int:
    number = _whole(line, text)
    least, most = _range(line.field.sort)
    if not least <= number <= most:
        line.refuse(f"never matches: it is between {least} and {most}")
    return number


def _equal(line: Line, text: Text) -> Test:
    field, column = line.field, pl.col(line.field.column)
    if field.sort is Sort.DOLLARS:
        line.refuse(f"is {field.sort}; compare it with {', '.join(ORDERS)}")
    if field.sort is Sort.TEXT:
        return text_equal(line, text)
    if field.sort is Sort.FLAG:
        return result(line, column == _flag(line, text), selective_not=True)
    if field.sort is Sort.COUNT:
        return result(line, column == _packed(field.sort, _in_range(line, text)))
    return result(line, column == pl.lit(_octets(line, text)))
