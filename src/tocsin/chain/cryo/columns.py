"""
Any frame with cryo's columns, or ours, to one of our datasets: exactly its columns, of exactly its types.

A column that is absent is made from another that says the same, is null where the dataset allows it, and is an error
otherwise. Nothing that is stated exactly is made from a float.
"""

from collections.abc import Mapping

import polars as pl

from tocsin.model.errors import MalformedInput
from tocsin.tables import amounts
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import Column
from tocsin.tables.dataset import Dataset

_OLD_NAMES: Mapping[str, Mapping[str, str]] = {
    "blocks": {"number": "block_number", "hash": "block_hash"},
    "logs": {"contract_address": "address"},
    "transactions": {"value": "value_string", "value_str": "value_string"},
    "traces": {"transaction_position": "transaction_index"},
}
"""By dataset: names of cryo's first versions and what they are called now."""
_TEXTS = ("_string", "_str")
_WIDTHS: Mapping[str, int] = {"address, 20 bytes": 20, "32 bytes": 32}
_DEFAULTS: Mapping[str, int] = {"transaction_type": 0}
"""What a null stands for in a column that must not have one: cryo leaves the type of legacy transactions out."""


def block_column(frame_columns: list[str]) -> str:
    """Where the block's number stands in a file. Raises `MalformedInput`."""
    found = next((name for name in ("block_number", "number") if name in frame_columns), None)
    if found is None:
        raise MalformedInput("it has no column block_number")
    return found


def modern(dataset: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the names that cryo gives its columns now."""
    renames = {old: new for old, new in _OLD_NAMES.get(dataset, {}).items() if old in frame and new not in frame}
    return frame.rename(renames)


def conform(dataset: Dataset, frame: pl.DataFrame, chain_id: int | None) -> pl.DataFrame:
    """The dataset's frame. Raises `MalformedInput` that names the column."""
    frame = modern(dataset.id, frame)
    if "chain_id" not in frame and chain_id is not None:
        frame = frame.with_columns(pl.lit(chain_id, dtype=pl.UInt64()).alias("chain_id"))
    return pl.DataFrame([_column(name, column, frame) for name, column in dataset.columns.items()])


def _column(name: str, column: Column, frame: pl.DataFrame) -> pl.Series:
    series = _found(name, column, frame)
    if series is None:
        series = _absent(name, column, len(frame))
    if name in _DEFAULTS:
        series = series.fill_null(_DEFAULTS[name])
    _check(series, name, column)
    return series.rename(name)


def _found(name: str, column: Column, frame: pl.DataFrame) -> pl.Series | None:
    if name in frame:
        return _typed(frame[name], name, column)
    if name.endswith("_binary"):
        stem = name.removesuffix("_binary")
        return next((exact(frame[stem + end]) for end in _TEXTS if stem + end in frame), None)
    if name.endswith("_f64") and (words := _found(name.removesuffix("_f64") + "_binary", _WORD, frame)) is not None:
        return nearest(words)
    return None


_WORD = Column(pl.Binary(), "32 bytes", "")


def _typed(series: pl.Series, name: str, column: Column) -> pl.Series:
    if column.type == pl.Binary() and series.dtype == pl.String():
        return _unhexed(series, name)
    if name.endswith("_binary") and series.dtype == pl.Binary():
        return _padded(series)
    if series.dtype == column.type:
        return series
    try:
        return series.cast(column.type, strict=True)
    except pl.exceptions.PolarsError:
        raise MalformedInput(f"column {name}: {series.dtype} does not fit into {column.type}") from None


def _absent(name: str, column: Column, rows: int) -> pl.Series:
    if column.required and name not in _DEFAULTS:
        raise MalformedInput(f"column {name} is not there; let cryo include it (--include-columns {name})")
    return pl.Series(name, [None] * rows, dtype=column.type)


def _check(series: pl.Series, name: str, column: Column) -> None:
    if column.required and series.null_count():
        raise MalformedInput(f"column {name}: a value is missing")
    width = WORD_BYTES if name.endswith("_binary") else _WIDTHS.get(column.unit)
    if width is not None and column.type == pl.Binary() and (series.bin.size() != width).any():
        raise MalformedInput(f"column {name}: a value has not {width} bytes")


def _unhexed(series: pl.Series, name: str) -> pl.Series:
    """cryo's --hex writes bytes as text."""
    if not series.str.starts_with("0x").fill_null(value=True).all():
        raise MalformedInput(f"column {name}: a value does not begin with 0x")
    try:
        return series.str.strip_prefix("0x").str.decode("hex", strict=True)
    except pl.exceptions.PolarsError:
        raise MalformedInput(f"column {name}: a value is not hexadecimal") from None


def _padded(series: pl.Series) -> pl.Series:
    if not (series.bin.size() < WORD_BYTES).any():
        return series
    return pl.Series(series.name, [v and v.rjust(WORD_BYTES, b"\0") for v in series.to_list()], dtype=pl.Binary())


def exact(decimals: pl.Series) -> pl.Series:
    """Words from decimal text. Raises `MalformedInput`."""
    texts = decimals.cast(pl.String()).to_list()
    if not all(text is None or (text.isascii() and text.isdigit() and len(text) <= 78) for text in texts):
        raise MalformedInput(f"column {decimals.name}: a value is no whole number")
    words = amounts.column(amounts.from_integers(int(text or 0) for text in texts))
    return words.zip_with(decimals.is_not_null(), pl.Series([None], dtype=pl.Binary())) if None in texts else words


def nearest(words: pl.Series) -> pl.Series:
    """The floats nearest to words; nulls stay."""
    floats = pl.Series(amounts.to_float(amounts.words(words.fill_null(bytes(WORD_BYTES)))), dtype=pl.Float64())
    return floats.zip_with(words.is_not_null(), pl.Series([None], dtype=pl.Float64()))
