"""Rows about the network in the shape in which they are remembered: with every place column, those of no use null."""

from collections.abc import Mapping

import polars as pl

from tocsin.tables.columns import PLACE, Column


def kept(rows: pl.DataFrame, columns: Mapping[str, Column]) -> pl.DataFrame:
    """These columns and the place columns of rows. Column by column, without a query: it runs on every block."""
    whole = {**PLACE, **columns}
    return pl.DataFrame(
        [rows[name] if name in rows.columns else _nothing(name, column, rows.height) for name, column in whole.items()]
    )


def _nothing(name: str, column: Column, height: int) -> pl.Series:
    return pl.Series(name, [None], dtype=column.type).new_from_index(0, height)
