"""
Signatures of the code of known contracts: of attackers', and of harmless ones that look like them.

## What it holds
Rows of `known_code`: a name, a verdict (`attack` or `benign`) and a signature. A signature says how much some other
code is like the known one; the code itself cannot be got back from it, so that it can be shared.

## Format
CSV, its first line `name,verdict,signature`: a signature is 2048 hexadecimal digits, as `tools/code_signatures.py`
makes them from code.

## Blind spots
A signature knows nothing of constants, nor of what a contract is called with: the same program against another victim
is the same. Which contracts were attackers' is the word of whoever made the file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.intel.reference import CODE
from tocsin.model.errors import MalformedInput

COLUMNS = ("name", "verdict", "signature")
VERDICTS = ("attack", "benign")
SIGNATURE_BYTES = 1_024


def recognises(_name: str, head: bytes) -> bool:
    """Whether the first line names its columns."""
    return set(COLUMNS) <= rows.first_line(head)


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The signatures in it."""
    return {CODE: rows.table(CODE, _signatures(content, name))}


def _signatures(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for where, row in rows.rows(content, name, COLUMNS):
        if row["verdict"] not in VERDICTS:
            raise MalformedInput(f"{where}: verdict is {row['verdict'][:50]!r}; it is {' or '.join(VERDICTS)}")
        yield {
            "name": row["name"][: rows.MOST_TEXT],
            "verdict": row["verdict"],
            "signature": _signature(row["signature"], where),
        }


def _signature(text: str, where: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != SIGNATURE_BYTES:
        raise MalformedInput(f"{where}: a signature is {2 * SIGNATURE_BYTES} hexadecimal digits")
    return found


_HEAD = b"name,verdict,signature\n"

feed = Feed(
    id="code_signatures",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="one attacker's contract",
            name="code.csv",
            content=_HEAD + b"loop,attack," + b"01" * SIGNATURE_BYTES + b"\n",
            gives={"known_code": ({"name": "loop", "verdict": "attack", "signature": "0x" + "01" * SIGNATURE_BYTES},)},
        ),
        Example(
            says="a signature that is cut off",
            name="code.csv",
            content=_HEAD + b"loop,attack,0101\n",
            gives={},
            refuses="2048 hexadecimal digits",
        ),
        Example(
            says="a verdict that is none",
            name="code.csv",
            content=_HEAD + b"loop,bad," + b"01" * SIGNATURE_BYTES + b"\n",
            gives={},
            refuses="attack or benign",
        ),
    ),
)
