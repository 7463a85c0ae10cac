"""What a correlation keeps of the rows its rules matched: where they were, when, and what they are grouped by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tocsin.detect.rules.fields import Field, Sort
from tocsin.detect.rules.matching import Matcher
from tocsin.detect.rules.telling import Row
from tocsin.tables.columns import PLACE, Column, count, index, schema, text
from tocsin.tables.dataset import Tables

MATCHED = "matched"
COLUMNS: Mapping[str, Column] = {
    "rule": index("Which of the correlation's rules matched."),
    "position": count("position from 0", "Of the row in its transaction, where that is known; else 0."),
    "timestamp": count("seconds since 1970", "Of its block."),
    "group": text("values", "What it is grouped by, as hexadecimal digits."),
    "value": text("value", "What is counted once, as hexadecimal digits."),
}
_SCHEMA = schema({**PLACE, **COLUMNS})
_BLOCK = ("chain_id", "block_number", "block_hash")
_SECONDS = "block.timestamp"


@dataclass(frozen=True, slots=True)
class Part:
    """One rule of a correlation."""

    number: int
    title: str
    matcher: Matcher
    groups: tuple[Field, ...]
    value: Field | None
    has_order: bool
    """Whether positions in a transaction can be compared with those of the other rules."""

    @property
    def value_name(self) -> str:
        """The field whose values are counted."""
        return self.value.name if self.value else ""


def prepare(tables: Tables, parts: Sequence[Part]) -> Tables:
    """The rows each rule matches in this batch, and all of them as they are remembered."""
    frames = [_timed(_grouped(part.matcher.matches(tables), part), tables["blocks"]) for part in parts]
    kept = [_kept(frame, part) for frame, part in zip(frames, parts, strict=True)]
    return {MATCHED: pl.concat(kept), **{f"{MATCHED}:{number}": frame for number, frame in enumerate(frames)}}


def _grouped(rows: pl.DataFrame, part: Part) -> pl.DataFrame:
    """
    The rows that belong to a group, and have what is counted.

    Who is not known is nobody in particular: else all arguments that cannot be decoded would be one account's.
    """
    needed = [field.column for field in (*part.groups, *([part.value] if part.value else ()))]
    return rows if rows.is_empty() or not needed else rows.drop_nulls(needed)


def _timed(rows: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """The rows whose time is known, with it."""
    if rows.is_empty():
        return rows
    times = blocks.select(*_BLOCK, pl.col("timestamp").alias(_SECONDS)).unique(_BLOCK, keep="any")
    timed = rows.join(times, on=_BLOCK, how="left", nulls_equal=True, maintain_order="left")
    return timed.filter(pl.col(_SECONDS).is_not_null() & pl.col("block_number").is_not_null())


def _kept(rows: pl.DataFrame, part: Part) -> pl.DataFrame:
    if rows.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    order = [pl.col(name) for name in part.matcher.order] if part.has_order else []
    groups = [_as_text(field) for field in part.groups]
    return rows.select(
        *(pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in PLACE),
        pl.lit(part.number).alias("rule"),
        pl.coalesce(*order, pl.lit(0)).alias("position"),
        pl.col(_SECONDS).alias("timestamp"),
        (pl.concat_str(groups, separator="|") if groups else pl.lit("")).alias("group"),
        (_as_text(part.value) if part.value else pl.lit("")).alias("value"),
    ).cast(dict(_SCHEMA))  # type: ignore[arg-type] # Polars takes names and types


def _as_text(field: Field) -> pl.Expr:
    """A value as text that no other value has."""
    column = pl.col(field.column)
    if field.sort is Sort.TEXT:
        column = column.cast(pl.Binary())
    plain = field.sort in {Sort.COUNT, Sort.FLAG}
    return column.cast(pl.String()) if plain else column.bin.encode("hex")


def shown_row(tables: Tables, number: int, parts: Sequence[Part]) -> tuple[Row, Part]:
    """The full row behind one of the rows matched in this batch, and the rule that matched it."""
    for part in parts:
        frame = tables[f"{MATCHED}:{part.number}"]
        if number < len(frame):
            return frame.row(number, named=True), part
        number -= len(frame)
    raise IndexError(number)
