"""
Texts and bytes compared: whole, in part, with wildcards, by regular expression.

Texts are compared whatever their case, and `*` and `?` in them stand for any text and any sign, as Sigma has it; bytes
are compared by their hexadecimal digits where only a part is given.
"""

import re

import polars as pl

from tocsin.detect.rules.document import Text, nearest
from tocsin.detect.rules.fields import BINARY, Sort
from tocsin.detect.rules.line import Line, result
from tocsin.detect.rules.logic import Test

PARTS = frozenset({"contains", "startswith", "endswith"})
FLAGS = frozenset({"i", "m", "s"})
"""Sub-modifiers of `re`."""
_PROBES = ("", "a", "0x", "Zz 9-_/", "0" * 64)
"""Texts that no one pattern matches all of, unless it matches every text."""


def octets(line: Line, text: Text) -> bytes:
    """Whole bytes as the field has them."""
    given = digits(line, text)
    raw = bytes.fromhex(given) if len(given) % 2 == 0 else None
    if raw is None or (line.field.width and len(raw) != line.field.width):
        width = f"0x and {2 * line.field.width}" if line.field.width else "0x and an even number of"
        line.refuse(f"is {width} hexadecimal digits; for a part of them use contains, startswith or endswith")
    return raw  # type: ignore[return-value] # refused above


def digits(line: Line, text: Text) -> str:
    """The hexadecimal digits of a value, without 0x. Raises `RuleError`."""
    if not re.fullmatch(r"0x[0-9a-fA-F]*", text.value):
        line.refuse(f"is {line.field.sort}: write it as 0x and hexadecimal digits, not {text.value!r}")
    return text.value[2:].lower()


def text_equal(line: Line, text: Text) -> Test:
    """A whole text, or one with wildcards."""
    choices, column = line.field.choices, pl.col(line.field.column)
    if re.search(r"[*?\\]", text.value):
        return _like(line, text.value)
    if choices and text.value.lower() not in {each.lower() for each in choices}:
        line.refuse(f"is never {text.value!r}; {nearest(text.value, choices)}")
    if "cased" in line.modifiers:
        return result(line, column == text.value)
    return result(line, column.str.to_lowercase() == text.value.lower())


def _like(line: Line, pattern: str) -> Test:
    """Sigma's wildcards: `*` any text, `?` any sign; a backslash takes their meaning away."""
    parts = re.findall(r"\\[*?\\]|\*|\?|[^*?\\]+|\\", pattern)
    wild = {"*": ".*", "?": "."}
    body = "".join(
        wild.get(part) or re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part) for part in parts
    )
    case = "" if "cased" in line.modifiers else "i"
    return result(
        line,
        pl.col(line.field.column).str.contains(f"^(?s{case}:{body})$"),
        selective=any(part not in wild for part in parts),
    )


def partly(line: Line, text: Text) -> Test:
    """A text that holds, begins or ends with another; bytes by their hexadecimal digits."""
    (how,) = (name for name in line.modifiers if name in PARTS)
    column, given = pl.col(line.field.column), text.value
    if line.field.sort in BINARY:
        given = digits(line, text)
        column = column.bin.encode("hex")
    elif line.field.sort is Sort.TEXT:
        if "cased" not in line.modifiers:
            given, column = given.lower(), column.str.to_lowercase()
    else:
        line.refuse(f"is {line.field.sort}; only texts and bytes have parts")
    expressions = {
        "contains": column.str.contains(given, literal=True),
        "startswith": column.str.starts_with(given),
        "endswith": column.str.ends_with(given),
    }
    return result(line, expressions[how], selective=bool(given))


def matching(line: Line, text: Text) -> Test:
    """A regular expression, of the kind that takes time in proportion to the text."""
    flags = "".join(sorted(set(line.modifiers) & FLAGS))
    pattern = f"(?{flags}){text.value}" if flags else text.value
    try:
        hits = pl.Series(_PROBES).str.contains(pattern).to_list()
    except pl.exceptions.ComputeError as error:
        line.refuse(f"is no regular expression: {' '.join(str(error).split())[:200]}")
    column = pl.col(line.field.column)
    if line.field.sort in BINARY:
        column = "0x" + column.bin.encode("hex")
    elif line.field.sort is not Sort.TEXT:
        line.refuse(f"is {line.field.sort}; only texts and bytes can be matched with a regular expression")
    return result(line, column.str.contains(pattern), selective=not all(hits))
