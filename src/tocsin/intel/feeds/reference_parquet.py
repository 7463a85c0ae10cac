"""
Labels or prices as Parquet, with the columns of the reference table itself.

## What it holds
Rows of `labels` (chain_id, address, kind, name, source) or `prices` (chain_id, token_address, dollars_per_unit).

## Format
Parquet. Addresses are 20 raw bytes, or 0x and 40 hexadecimal digits.

## Blind spots
As of the same tables from CSV.
"""

import io
import sys
from collections.abc import Mapping

import polars as pl

from tocsin.intel import rows
from tocsin.intel.feed import Example, Feed
from tocsin.intel.kinds import KINDS
from tocsin.intel.reference import LABELS, PRICES, REFERENCE_COLUMNS
from tocsin.model.errors import MalformedInput
from tocsin.tables.columns import schema

MAGIC = b"PAR1"
ADDRESS_BYTES = 20


def recognises(_name: str, head: bytes) -> bool:
    """Whether it begins as Parquet does."""
    return head[:4] == MAGIC


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The rows in it."""
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise MalformedInput(f"{name}: no Parquet file that can be read: {error}") from None
    table = next((table for table in (LABELS, PRICES) if set(REFERENCE_COLUMNS[table]) <= set(frame.columns)), None)
    if table is None:
        raise MalformedInput(
            f"{name}: the columns are {', '.join(frame.columns)}: neither those of labels nor of prices"
        )
    return {table: _checked(_typed(frame, table, name), name)}


def _typed(frame: pl.DataFrame, table: str, name: str) -> pl.DataFrame:
    wanted = schema(REFERENCE_COLUMNS[table])
    try:
        return frame.select(_as(frame, column, kind, name) for column, kind in wanted.items())
    except pl.exceptions.PolarsError as error:
        raise MalformedInput(f"{name}: {error}") from None


def _as(frame: pl.DataFrame, column: str, kind: pl.DataType, name: str) -> pl.Series:
    values = frame[column]
    if kind == pl.Binary() and values.dtype == pl.String():
        found = [rows.address(text or "", f"{name}, row {row}") for row, text in enumerate(values.to_list(), 1)]
        return pl.Series(column, found, dtype=kind)
    return values.cast(kind)


def _checked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    for column in ("address", "token_address"):
        if column in frame and any(raw is None or len(raw) != ADDRESS_BYTES for raw in frame[column].to_list()):
            raise MalformedInput(f"{name}: an address of {column} is not 20 bytes long")
    if "kind" in frame and (unknown := set(frame["kind"].to_list()) - KINDS.keys()):
        raise MalformedInput(f"{name}: no kind {min(map(str, unknown))[:50]!r}; there are {', '.join(KINDS)}")
    if (
        "dollars_per_unit" in frame
        and not frame["dollars_per_unit"].is_between(0, sys.float_info.max).fill_null(value=False).all()
    ):
        raise MalformedInput(f"{name}: dollars_per_unit must be numbers of 0 or more")
    return frame.with_columns(pl.col(pl.String()).fill_null("").str.head(rows.MOST_TEXT))


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


_PRICES = pl.DataFrame({"chain_id": [1], "token_address": ["0x" + "ab" * 20], "dollars_per_unit": [1e-6]})
_LABELS = pl.DataFrame(
    {"chain_id": [None], "address": ["0x" + "ab" * 20], "kind": ["own"], "name": [None], "source": ["us"]}
)

feed = Feed(
    id="reference_parquet",
    recognises=recognises,
    read=read,
    examples=(
        Example(
            says="prices",
            name="prices.parquet",
            content=_parquet(_PRICES),
            gives={"prices": ({"chain_id": 1, "token_address": "0x" + "ab" * 20, "dollars_per_unit": 1e-6},)},
        ),
        Example(
            says="a label whose name is missing, as an empty one",
            name="labels.parquet",
            content=_parquet(_LABELS),
            gives={"labels": ({"chain_id": None, "kind": "own", "name": "", "source": "us"},)},
        ),
        Example(
            says="a price below zero",
            name="prices.parquet",
            content=_parquet(_PRICES.with_columns(pl.lit(-1.0).alias("dollars_per_unit"))),
            gives={},
            refuses="0 or more",
        ),
        Example(
            says="other columns",
            name="prices.parquet",
            content=_parquet(_PRICES.rename({"dollars_per_unit": "price"})),
            gives={},
            refuses="neither those of labels nor of prices",
        ),
        Example(
            says="a file that is cut short",
            name="prices.parquet",
            content=_parquet(_PRICES)[:40],
            gives={},
            refuses="no Parquet file",
        ),
    ),
)
