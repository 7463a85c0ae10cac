"""
Prices of your own: what a token is worth, so that thresholds in dollars work offline.

## What it holds
Rows of `prices`, beside those tocsin knows; a price of yours replaces the built-in one.

## Format
CSV, its first line `chain_id,token_address,decimals,dollars`: US dollars for one whole token, which is ten to the power
of its decimals base units. 0xeee...eee stands for the native coin.

## Blind spots
One price a token, whenever a block was made: take prices from before what you look at. They rank and filter, and are
never stated as an amount.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.intel.reference import PRICES
from tocsin.model.errors import MalformedInput

COLUMNS = ("chain_id", "token_address", "decimals", "dollars")
MOST_DECIMALS = 77
"""Ten to the power of more is no amount of 256 bits."""


def recognises(_name: str, head: bytes) -> bool:
    """Whether the first line names its columns."""
    return set(COLUMNS) <= rows.first_line(head)


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The prices in it."""
    return {PRICES: rows.table(PRICES, _prices(content, name))}


def _prices(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for where, row in rows.rows(content, name, COLUMNS):
        chain = rows.chain_id(row["chain_id"], where)
        if chain is None:
            raise MalformedInput(f"{where}: a price needs its chain_id")
        yield {
            "chain_id": chain,
            "token_address": rows.address(row["token_address"], where),
            "dollars_per_unit": _dollars(row["dollars"], where) / 10.0 ** _decimals(row["decimals"], where),
        }


def _decimals(text: str, where: str) -> int:
    found = rows.whole(text)
    if found is None or found > MOST_DECIMALS:
        raise MalformedInput(f"{where}: decimals is {text[:50]!r}; it is a whole number from 0 to {MOST_DECIMALS}")
    return found


def _dollars(text: str, where: str) -> float:
    try:
        dollars = float(text)
    except ValueError:
        dollars = math.nan
    if not (math.isfinite(dollars) and dollars >= 0):
        raise MalformedInput(f"{where}: dollars is {text[:50]!r}; it is a number of 0 or more, such as 1.00")
    return dollars


_HEAD = b"chain_id,token_address,decimals,dollars\n"

feed = Feed(
    id="price_list",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="a dollar with six decimals",
            name="prices.csv",
            content=_HEAD + b"1,0x" + b"ab" * 20 + b",6,1.00\n",
            gives={"prices": ({"token_address": "0x" + "ab" * 20, "dollars_per_unit": 1e-6},)},
        ),
        Example(
            says="a price that is none",
            name="prices.csv",
            content=_HEAD + b"1,0x" + b"ab" * 20 + b",6,nan\n",
            gives={},
            refuses="line 2: dollars is 'nan'",
        ),
        Example(
            says="decimals of more digits than can be read",
            name="prices.csv",
            content=_HEAD + b"1,0x" + b"ab" * 20 + b"," + b"9" * 5_000 + b",1\n",
            gives={},
            refuses="line 2: decimals is '999",
        ),
    ),
)
