"""Where rows stand: the place of every transaction of a batch, decoded once and repeated for its logs and calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain.codecs import hexadecimal as hx
from tocsin.tables.columns import PLACE, schema

Numbers = Sequence[int] | npt.NDArray[np.integer]
"""Transactions by their number in the batch, from 0."""


@dataclass(slots=True)
class Transactions:
    """The transactions of a batch, as text, one entry each; a block-level change has one without hash and index."""

    chain_ids: list[int] = field(default_factory=list)
    block_numbers: list[int | None] = field(default_factory=list)
    block_hashes: list[str | None] = field(default_factory=list)
    indices: list[int | None] = field(default_factory=list)
    hashes: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.hashes)


class Places:
    """The place columns of a batch's transactions."""

    def __init__(self, transactions: Transactions) -> None:
        columns = (
            pl.Series("chain_id", transactions.chain_ids, dtype=pl.UInt64()),
            hx.unsigned(transactions.block_numbers, "block_number"),
            _repeated(transactions.block_hashes, "block_hash"),
            hx.positions(transactions.indices, "transaction_index"),
            hx.fixed(transactions.hashes, 32, "transaction_hash"),
        )
        self._frame = pl.DataFrame(columns) if len(transactions) else pl.DataFrame(schema=schema(PLACE))

    def rows(self, numbers: Numbers) -> list[pl.Series]:
        """The place columns of rows that belong to these transactions."""
        return self._frame[pl.Series(numbers, dtype=pl.UInt32())].get_columns()


def _repeated(texts: Sequence[str | None], name: str) -> pl.Series:
    """A column of hashes that repeat: each decoded once."""
    distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    values = hx.fixed(list(distinct), 32, name)
    return values.gather(pl.Series([distinct[text] for text in texts], dtype=pl.UInt32()))
