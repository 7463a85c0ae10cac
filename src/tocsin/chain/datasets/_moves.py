"""Parts that derived datasets share: rows of one shape, and frames of one schema put together."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import polars as pl

from tocsin.tables.columns import PLACE, Column, schema

SAME_TRANSACTION = ("chain_id", "block_hash", "transaction_hash")
"""What groups rows of one transaction; the two hashes may be null, so joins on them must match nulls."""


def rows(
    source: pl.DataFrame, keep: Sequence[str], values: Iterable[pl.Series], **constants: str | bytes | float
) -> pl.DataFrame:
    """The place columns and `keep` of `source`, with these columns and constants beside them."""
    same = (pl.Series(name, [value]).new_from_index(0, len(source)) for name, value in constants.items())
    return pl.DataFrame([*(source[name] for name in (*PLACE, *keep)), *values, *same])


def read_from(
    source: pl.DataFrame, numbers: Sequence[int], position: str, values: Iterable[pl.Series], columns: Iterable[str]
) -> pl.DataFrame:
    """
    One row for each of these numbers of a row of `source`, with these columns, in the order of `columns`.

    `position` is the column that says where it was read from, `log_index` or `call_index`; the other one is null.
    """
    kept = source[[*PLACE, position]][list(numbers)]
    other = "call_index" if position == "log_index" else "log_index"
    absent = pl.Series(other, [None] * len(kept), dtype=pl.UInt32())
    return pl.DataFrame([*kept, *values, absent])[[*columns]]


def together(columns: Mapping[str, Column], parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """These frames as one of exactly these columns; what a part does not say is null."""
    filled = [_whole(columns, part) for part in parts if not part.is_empty()]
    return pl.concat(filled, rechunk=True) if filled else _empty(tuple(columns.items())).clone()


def _whole(columns: Mapping[str, Column], part: pl.DataFrame) -> pl.DataFrame:
    # Series by series: a query of its own for each step would cost more than all the rows of a block.
    given = set(part.columns)
    return pl.DataFrame(
        [
            part[name].cast(column.type) if name in given else _nulls(name, column, len(part))
            for name, column in columns.items()
        ]
    )


def _nulls(name: str, column: Column, count: int) -> pl.Series:
    return pl.Series(name, [None], dtype=column.type).new_from_index(0, count)


@cache
def _empty(columns: tuple[tuple[str, Column], ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema(dict(columns)))
