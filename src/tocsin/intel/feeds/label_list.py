"""
Labels of your own: which contracts you protect, which accounts are yours, whom you know.

## What it holds
Rows of `labels`. The kind `watched` names what you protect: detectors then know whose loss is yours, and say so. `own`
names your other accounts. The other kinds tell who others are.

## Format
CSV, its first line `chain_id,address,kind,name,source`. An empty chain_id means every chain; name and source may be
empty. A file is refused as a whole when one line is wrong.

## Blind spots
A label is believed: whoever can write the file can make a finding look better or worse, though never hide it.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.intel.kinds import KINDS
from tocsin.model.errors import MalformedInput

COLUMNS = ("chain_id", "address", "kind", "name", "source")


def recognises(_name: str, head: bytes) -> bool:
    """Whether the first line names its columns."""
    return {"address", "kind"} <= rows.first_line(head)


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The labels in it."""
    return rows.labels(_labels(content, name))


def _labels(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for where, row in rows.rows(content, name, COLUMNS):
        if row["kind"] not in KINDS:
            near = difflib.get_close_matches(row["kind"], KINDS, n=1, cutoff=0)[0]
            raise MalformedInput(f"{where}: no kind {row['kind'][:50]!r}; did you mean {near!r}?")
        yield {
            **row,
            "chain_id": rows.chain_id(row["chain_id"], where),
            "address": rows.address(row["address"], where),
            "source": row["source"] or name,
        }


_HEAD = b"chain_id,address,kind,name,source\n"

feed = Feed(
    id="label_list",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="a vault that is watched on one chain, and a wallet on all",
            name="ours.csv",
            content=_HEAD + b"1,0x" + b"AB" * 20 + b",watched,Vault,\n,0x" + b"cd" * 20 + b",own,,treasury team\n",
            gives={
                "labels": (
                    {"chain_id": 1, "address": "0x" + "ab" * 20, "kind": "watched", "name": "Vault"},
                    {"chain_id": None, "kind": "own", "source": "treasury team"},
                )
            },
        ),
        Example(
            says="a kind that is misspelt",
            name="ours.csv",
            content=_HEAD + b"1,0x" + b"ab" * 20 + b",wached,Vault,\n",
            gives={},
            refuses="line 2: no kind 'wached'; did you mean 'watched'",
        ),
        Example(
            says="half an address",
            name="ours.csv",
            content=_HEAD + b"1,0xab,own,,\n",
            gives={},
            refuses="no address",
        ),
    ),
)
