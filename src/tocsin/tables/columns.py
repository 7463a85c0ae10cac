"""
Column types, units and the columns every row of chain data carries.

An address is 20 raw bytes, a hash 32. An amount is exact: 32 bytes, big-endian, unsigned, in a column whose
name ends in `_binary`, beside a column that ends in `_f64` for filtering and ranking only, never to state.
Names follow cryo's Parquet datasets where they overlap (https://github.com/paradigmxyz/cryo).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset."""

    type: pl.DataType
    unit: str
    """What the values are measured in, or the kind of thing they are."""
    says: str
    """One sentence for the reference page."""
    required: bool = True
    """False where a source may honestly leave it empty (null)."""


def address(says: str, *, required: bool = True) -> Column:
    """20 raw bytes."""
    return Column(pl.Binary(), "address, 20 bytes", says, required)


def digest(says: str, *, required: bool = True) -> Column:
    """32 raw bytes: a hash, a topic, a storage slot."""
    return Column(pl.Binary(), "32 bytes", says, required)


def octets(says: str, *, required: bool = True) -> Column:
    """Raw bytes of any length."""
    return Column(pl.Binary(), "bytes", says, required)


def amount(name: str, unit: str, says: str, *, required: bool = True) -> dict[str, Column]:
    """The two columns of an exact amount: `name_binary` to state, `name_f64` to rank and filter."""
    return {
        f"{name}_binary": Column(pl.Binary(), f"{unit}, 32 bytes big-endian", says, required),
        f"{name}_f64": Column(pl.Float64(), unit, f"{says} Rounded: to rank and filter only.", required),
    }


def count(unit: str, says: str, *, required: bool = True) -> Column:
    """A whole number up to 2^64 - 1."""
    return Column(pl.UInt64(), unit, says, required)


def index(says: str, *, required: bool = True) -> Column:
    """A position in a block, a transaction or a tree."""
    return Column(pl.UInt32(), "position from 0", says, required)


def flag(says: str, *, required: bool = True) -> Column:
    """True or false."""
    return Column(pl.Boolean(), "true or false", says, required)


def text(unit: str, says: str, *, required: bool = True) -> Column:
    """A short word from a fixed set, or text."""
    return Column(pl.String(), unit, says, required)


PLACE: Mapping[str, Column] = {
    "chain_id": count("EIP-155 chain id", "The chain."),
    "block_number": count("block height", "The block, where known.", required=False),
    "block_hash": digest("The block's hash, where known: what a reorg retracts by.", required=False),
    "transaction_index": index("Position of the transaction in its block.", required=False),
    "transaction_hash": digest("The transaction.", required=False),
}
"""The place columns: every dataset below block level starts with them."""

NATIVE = bytes.fromhex("ee" * 20)
"""The address that stands for the chain's native coin in token columns (the convention 0xeee...eee)."""

ZERO = bytes(20)
"""The zero address: where mints come from and burns go to."""


def schema(columns: Mapping[str, Column]) -> pl.Schema:
    """The Polars schema of these columns."""
    return pl.Schema({name: column.type for name, column in columns.items()})
