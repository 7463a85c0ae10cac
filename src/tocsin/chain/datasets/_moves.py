"""Parts that derived datasets share: rows of one shape, and frames of one schema put together."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from tocsin.tables.columns import PLACE, Column, schema

SAME_TRANSACTION = ("chain_id", "block_hash", "transaction_hash")
"""What groups rows of one transaction; the two hashes may be null, so joins on them must match nulls."""


def rows(source: pl.DataFrame, keep: Sequence[str], values: Iterable[pl.Series], **constants: pl.Expr) -> pl.DataFrame:
    """The place columns and `keep` of `source`, with these columns and constants beside them."""
    made = pl.DataFrame([*(source[name] for name in (*PLACE, *keep)), *values])
    return made.with_columns(**constants) if constants else made


def together(columns: Mapping[str, Column], parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """These frames as one of exactly these columns; what a part does not say is null."""
    filled = [part for part in parts if not part.is_empty()]
    wanted = schema(columns)
    if not filled:
        return pl.DataFrame(schema=wanted)
    whole = pl.concat(filled, how="diagonal_relaxed")
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in wanted.items() if name not in whole.columns]
    return whole.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in wanted.items())
