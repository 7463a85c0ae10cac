"""Where in a Parquet lake a transaction stands, without reading the lake."""

from pathlib import Path

import polars as pl

from tocsin.chain.cryo import columns
from tocsin.edge import lake
from tocsin.model.errors import MalformedInput, SourceError

DATASETS = ("transactions", "calls", "traces", "logs")
"""Those whose rows name their transaction, smallest first."""


def block_of(directory: Path, transaction_hash: bytes) -> int | None:
    """
    The height of the block that holds a transaction; None when no file names it.

    Raises `SourceError` when there is no lake, `MalformedInput` when a file in it cannot be read.
    """
    files = dict.fromkeys(file for span in lake.spans(directory) for file in span.files)
    for dataset in DATASETS:
        for file in files:
            if file.name.dataset == dataset and (number := _within(file.path, transaction_hash)) is not None:
                return number
    return None


def _within(path: Path, transaction_hash: bytes) -> int | None:
    try:
        scanned = pl.scan_parquet(path)
        schema = scanned.collect_schema()
        number = columns.block_column(schema.names())
        is_text = schema["transaction_hash"] == pl.String()
        wanted = pl.lit("0x" + transaction_hash.hex()) if is_text else pl.lit(transaction_hash)
        found = scanned.filter(pl.col("transaction_hash") == wanted).select(number).head(1).collect()
    except (pl.exceptions.PolarsError, KeyError) as error:
        raise MalformedInput(f"{path}: cannot be read ({type(error).__name__})") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    return None if found.is_empty() else int(found.item())
