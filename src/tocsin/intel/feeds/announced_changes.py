"""
Changes that the organisation has announced to itself: upgrades, new owners, rotations of keys.

## What it holds
Rows of `announced_changes`. A finding about such a change, of the announced chain, account and time, is lowered and
says which announcement it goes by; it is never hidden. Where the announcement names what the change is to (`becomes`),
a change to something else keeps its severity, and that is the case to fear. So does a finding by which somebody gains
whom no announcement names; and, where `becomes` is left out, one that says that somebody took, or lost.

## Format
TOML: one `[[change]]` each, with `chain_id`, `address`, `not_before`, `not_after` (date-times with an offset) and
`reference`; and, better than without, `becomes` (the new owner, implementation, recipient: an address, or 32 bytes such
as a role or a hash of code) and `detectors` (the ids of those whose findings are expected).

## Blind spots
Whoever can write the file can make an attack look planned for as long as the file says: keep it where few can write,
and windows short. A window of more than 31 days is refused.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.intel.reference import CHANGES
from tocsin.model.errors import MalformedInput

LONGEST_WINDOW_SECONDS = 31 * 86_400
"""A change that may come at any time has not been announced."""

REQUIRED = ("chain_id", "address", "not_before", "not_after", "reference")
OPTIONAL = ("becomes", "detectors")


def recognises(name: str, head: bytes) -> bool:
    """Whether it is TOML with changes in it."""
    return name.endswith(".toml") and b"[[change]]" in head


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The changes in it."""
    try:
        changes = tomllib.loads(rows.text(content, name)).get("change", [])
    except tomllib.TOMLDecodeError as error:
        raise MalformedInput(f"{name}: not TOML: {error}") from None
    if not isinstance(changes, list):
        raise MalformedInput(f"{name}: write [[change]], with two brackets: there may be several")
    found = (_rows(change, f"{name}, change {number}") for number, change in enumerate(changes, 1))
    return {CHANGES: rows.table(CHANGES, (row for change in found for row in change))}


def _rows(change: object, where: str) -> Iterator[dict[str, Any]]:
    given = _complete(change, where)
    start, end = (_seconds(given[name], f"{where}: {name}") for name in ("not_before", "not_after"))
    if start < 0 or not 0 <= end - start <= LONGEST_WINDOW_SECONDS:
        raise MalformedInput(f"{where}: it lasts from not_before, after 1970, to not_after, 31 days at the most")
    for detector in _detectors(given.get("detectors", []), where):
        yield {
            "chain_id": rows.chain_id(str(given["chain_id"]), where) or 0,
            "address": rows.address(str(given["address"]), where),
            "becomes": _becomes(given.get("becomes"), where),
            "detector": detector,
            "not_before": start,
            "not_after": end,
            "reference": str(given["reference"])[: rows.MOST_TEXT],
        }


def _complete(change: object, where: str) -> Mapping[str, Any]:
    if not isinstance(change, dict):
        raise MalformedInput(f"{where}: must be a table")
    if missing := [name for name in REQUIRED if name not in change]:
        raise MalformedInput(f"{where}: {', '.join(missing)} is missing")
    if unknown := change.keys() - {*REQUIRED, *OPTIONAL}:
        raise MalformedInput(f"{where}: no {min(unknown)!r} in a change; it has {', '.join((*REQUIRED, *OPTIONAL))}")
    return change


def _seconds(value: object, where: str) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise MalformedInput(f"{where} must be a date-time with an offset, such as 2026-01-31T10:00:00Z")
    return int(value.timestamp())


def _detectors(value: object, where: str) -> list[str | None]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MalformedInput(f"{where}: detectors must be a list of ids")
    return list(value) or [None]


def _becomes(value: object, where: str) -> bytes | None:
    if value is None:
        return None
    try:
        raw = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) not in (20, 32):
        raise MalformedInput(f"{where}: becomes must be an address, or 32 bytes in hexadecimal")
    return raw


_CHANGE = b"""[[change]]
chain_id = 1
address = "0xabababababababababababababababababababab"
becomes = "0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
detectors = ["proxy-upgrade"]
not_before = 2026-01-31T10:00:00Z
not_after = 2026-01-31T12:00:00Z
reference = "CHG-42"
"""

feed = Feed(
    id="announced_changes",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="an upgrade in two hours of one morning",
            name="changes.toml",
            content=_CHANGE,
            gives={
                "announced_changes": (
                    {"detector": "proxy-upgrade", "becomes": "0x" + "cd" * 20, "not_before": 1_769_853_600},
                )
            },
        ),
        Example(
            says="a window of years",
            name="changes.toml",
            content=_CHANGE.replace(b"not_after = 2026", b"not_after = 2029"),
            gives={},
            refuses="31 days at the most",
        ),
        Example(
            says="a window of long ago",
            name="changes.toml",
            content=_CHANGE.replace(b" = 2026", b" = 0026"),
            gives={},
            refuses="after 1970",
        ),
        Example(
            says="a time without an offset",
            name="changes.toml",
            content=_CHANGE.replace(b"10:00:00Z", b"10:00:00"),
            gives={},
            refuses="not_before must be a date-time with an offset",
        ),
        Example(
            says="a word that is misspelt",
            name="changes.toml",
            content=_CHANGE.replace(b"becomes", b"become"),
            gives={},
            refuses="no 'become' in a change",
        ),
    ),
)
