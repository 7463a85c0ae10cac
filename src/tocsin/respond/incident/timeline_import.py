"""
Timelines of other tools: CSV or JSON lines with `datetime`, `timestamp_desc` and `message`, as Timesketch reads them
(reference: incident response, 3.5). Other columns are left out. Times without a zone are taken as UTC.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.model.errors import Unacceptable
from tocsin.respond.incident.texts import LONGEST_NAME, bounded

COLUMNS = ("datetime", "timestamp_desc", "message")
MOST_LINES = 10_000
LONGEST_MESSAGE = 4_000


@dataclass(frozen=True, slots=True)
class Imported:
    """One line: when it happened, in which zone that was written, what kind of time it is, and what happened."""

    at: float
    time_zone: str
    category: str
    text: str


def read(text: str) -> tuple[Imported, ...]:
    """The lines in a text of either form, in their order. Raises `Unacceptable`, with the line that is wrong."""
    rows = _json_lines(text) if text.lstrip().startswith("{") else _csv(text)
    found: list[Imported] = []
    for number, row in rows:
        if len(found) == MOST_LINES:
            raise Unacceptable(f"more than {MOST_LINES:,} lines; import them in parts")
        found.append(_line(row, number))
    if not found:
        raise Unacceptable("there is no line in it")
    return tuple(found)


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=None))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Unacceptable(f"line 1: the columns {', '.join(missing)} are missing; needed: {', '.join(COLUMNS)}")
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise Unacceptable(f"line {reader.line_num + 1}: not CSV: {error}") from None


def _json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise Unacceptable(f"line {number}: not JSON") from None
        if not isinstance(row, dict):
            raise Unacceptable(f"line {number}: a line is a JSON object")
        yield number, row


def _line(row: Mapping[str, Any], number: int) -> Imported:
    told = [row.get(name) for name in COLUMNS]
    if not all(isinstance(one, str) for one in told):
        raise Unacceptable(f"line {number}: {', '.join(COLUMNS)} must all be texts")
    when, category, message = (str(one) for one in told)
    try:
        moment = datetime.fromisoformat(when.strip())
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        at = zoned.timestamp()
    except (ValueError, OverflowError):
        raise Unacceptable(f"line {number}: {when[:50]!r} is no time; write 2026-11-30T03:12:00Z") from None
    return Imported(
        at=at,
        time_zone=str(zoned.tzinfo),
        category=bounded(f"line {number}: timestamp_desc", category, LONGEST_NAME, may_be_empty=True),
        text=bounded(f"line {number}: message", message, LONGEST_MESSAGE),
    )
