"""
Rows of one transaction put beside the frame or the log they belong to, in one sorted pass.

A transaction may hold a hundred thousand frames made to be matched with one another; a join of all with all would need
more memory than there is. Here each row meets one other at most.
"""

from collections.abc import Sequence

import polars as pl

from tocsin.chain.datasets._moves import SAME_TRANSACTION


def innermost(frames: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """
    The rows that stand in the subtree of the frame that began last before them, with that frame's `_id`.

    Both have `call_index`; frames have `_id` and `subtree_end`.
    """
    begun = frames.select(*SAME_TRANSACTION, "call_index", "_id", pl.col("subtree_end").alias("_end"))
    held = _merged(begun, rows.drop("subtree_end", strict=False), "call_index").with_columns(
        pl.col("_id", "_end").forward_fill().over(SAME_TRANSACTION)
    )
    return held.filter(pl.col("_is_row") & (pl.col("call_index") < pl.col("_end"))).drop("_is_row", "_end")


def following(
    rows: pl.DataFrame, marks: pl.DataFrame, at: str, same: Sequence[str], take: Sequence[str]
) -> pl.DataFrame:
    """The rows with `take` of the mark that comes next, at the same position or later, of those with the same keys."""
    named = {name: f"_next_{name}" for name in take}
    wanted = marks.select(*same, at, *(pl.col(name).alias(new) for name, new in named.items()))
    met = _merged(wanted, rows, at, rows_first=True).with_columns(pl.col(*named.values()).backward_fill().over(same))
    return met.filter(pl.col("_is_row")).drop("_is_row")


def _merged(marks: pl.DataFrame, rows: pl.DataFrame, at: str, *, rows_first: bool = False) -> pl.DataFrame:
    both = [marks.with_columns(_is_row=pl.lit(value=False)), rows.with_columns(_is_row=pl.lit(value=True))]
    return pl.concat(both, how="diagonal").sort(at, "_is_row", descending=[False, rows_first], maintain_order=True)
