"""
cryo's four difference datasets to the columns of our `state_changes`.

cryo writes zero, or no code, for an account or slot that was not there before; so do these rows, where ours have null.
"""

from collections.abc import Mapping

import polars as pl

from tocsin.chain.cryo.columns import exact
from tocsin.model.errors import MalformedInput
from tocsin.tables.amounts import WORD_BYTES

KINDS: Mapping[str, str] = {
    "balance_diffs": "balance",
    "nonce_diffs": "nonce",
    "code_diffs": "code",
    "storage_diffs": "storage",
}
"""What kind of change each of cryo's datasets holds."""


def state_changes(dataset: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Our columns, as far as they can be made. Raises `MalformedInput`."""
    kind = KINDS[dataset]
    slot = pl.col("slot") if "slot" in frame else pl.lit(None, dtype=pl.Binary()).alias("slot")
    return frame.with_columns(
        _value(frame, "from_value", kind).alias("before"),
        _value(frame, "to_value", kind).alias("after"),
        pl.lit(kind).alias("kind"),
        slot,
    )


def _value(frame: pl.DataFrame, name: str, kind: str) -> pl.Series:
    found = next((frame[name + end] for end in ("_binary", "", "_string") if name + end in frame), None)
    if found is None:
        raise MalformedInput(f"column {name} is not there")
    if found.dtype != pl.Binary():
        return exact(found)
    if kind == "code":
        return found
    return pl.Series([value and value.rjust(WORD_BYTES, b"\0") for value in found.to_list()], dtype=pl.Binary())
