"""What is known beside a batch, as columns of its rows: what an address is labelled, and what an amount is worth."""

from collections.abc import Iterable, Mapping

import polars as pl

from tocsin.detect.detector import Read
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices
from tocsin.intel.reference import LABELS, PRICES
from tocsin.tables.dataset import Tables

DOLLARS = "dollars"
AMOUNT, TOKEN = "value", "token_address"
"""What a dataset must have for its rows to be worth something."""
_LABEL = "label."


def label_column(kind: str, column: str) -> str:
    """The column that says whether the address in another column has this label."""
    return f"{_LABEL}{kind}.{column}"


def is_beside(column: str) -> bool:
    """Whether a column is one of these."""
    return column == DOLLARS or column.startswith(_LABEL)


def reads(columns: Iterable[str]) -> Mapping[str, Read]:
    """The reference tables that these columns are made from."""
    columns = tuple(columns)
    found = {PRICES: PRICES_READ} if DOLLARS in columns else {}
    return {**found, LABELS: LABELS_READ} if any(name.startswith(_LABEL) for name in columns) else found


def with_known(rows: pl.DataFrame, columns: Iterable[str], tables: Tables) -> pl.DataFrame:
    """The rows with these columns."""
    for name in columns:
        if name == DOLLARS:
            rows = Prices.of(tables).with_dollars(rows, f"{AMOUNT}_f64")
        else:
            rows = rows.hstack([_labelled(rows, name, Labels.of(tables))])
    return rows


def _labelled(rows: pl.DataFrame, name: str, labels: Labels) -> pl.Series:
    """Whether each row's address has the label on the row's chain. Looked up once for each address."""
    kind, _, column = name.removeprefix(_LABEL).partition(".")
    keyed = rows.select("chain_id", pl.col(column).alias("address"))
    pairs = keyed.unique()
    truths = [address is not None and kind in labels.kinds(chain, address) for chain, address in pairs.iter_rows()]
    known = pairs.with_columns(pl.Series(name, truths, dtype=pl.Boolean()))
    return keyed.join(known, on=("chain_id", "address"), how="left", nulls_equal=True, maintain_order="left")[name]
