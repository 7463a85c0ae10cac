"""What every feed shares: reading addresses and text rows, and frames of reference tables."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from tocsin.intel.reference import LABELS, REFERENCE_COLUMNS
from tocsin.model.errors import MalformedInput
from tocsin.tables.columns import schema

MOST_TEXT = 200
"""Characters of a name that are kept: names come from strangers."""
LARGEST_CHAIN_ID = 2**63 - 1
MOST_DIGITS = len(str(LARGEST_CHAIN_ID))

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def is_address(text: str) -> bool:
    """Whether it is 0x and 40 hexadecimal digits."""
    return _ADDRESS.fullmatch(text) is not None


def address(text: str, where: str) -> bytes:
    """The 20 bytes of an address. Raises `MalformedInput`."""
    if not is_address(text):
        raise MalformedInput(f"{where}: {text[:MOST_TEXT]!r} is no address, which is 0x and 40 hexadecimal digits")
    return bytes.fromhex(text[2:])


def chain_id(text: str, where: str) -> int | None:
    """A chain id; none for nothing, which means every chain. Raises `MalformedInput`."""
    if not text:
        return None
    found = whole(text)
    if found is None or not 0 < found <= LARGEST_CHAIN_ID:
        raise MalformedInput(f"{where}: chain_id is {text[:MOST_TEXT]!r}; it is a whole number above 0, or empty")
    return found


def whole(text: str) -> int | None:
    """The whole number that a text of digits says; none for anything else, and for more digits than any here has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def text(content: bytes, name: str) -> str:
    """The content as text. Raises `MalformedInput`."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInput(f"{name}: not UTF-8 text: {error.reason} at byte {error.start}") from None


def rows(content: bytes, name: str, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file with a header, each with where it stands. Raises `MalformedInput`."""
    reader = csv.DictReader(io.StringIO(text(content, name)))
    try:
        if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
            raise MalformedInput(f"{name}: the first line must name the columns; {', '.join(missing)} is missing")
        for row in reader:
            yield f"{name}, line {reader.line_num}", {column: (row[column] or "").strip() for column in columns}
    except csv.Error as error:
        raise MalformedInput(f"{name}, line {reader.line_num}: no CSV: {error}") from None


def first_line(head: bytes) -> frozenset[str]:
    """The names in the first line of a CSV file."""
    line = head.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    return frozenset(word.strip() for word in line.split(","))


def table(name: str, found: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The frame of a reference table."""
    return pl.DataFrame(list(found), schema=schema(REFERENCE_COLUMNS[name]), orient="row")


def labels(found: Iterable[Mapping[str, Any]]) -> Mapping[str, pl.DataFrame]:
    """Labels, with names cut to what is kept."""
    return {LABELS: table(LABELS, ({**row, "name": row["name"][:MOST_TEXT]} for row in found))}
