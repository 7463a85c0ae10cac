"""Swaps as values, in the order of the chain: what the labels for maximal extractable value walk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.tokens import token
from tocsin.detect.detector import Read
from tocsin.model.finding import Value, hexadecimal
from tocsin.tables.choice import in_order, rows_where
from tocsin.tables.columns import NATIVE

TRANSACTION = ("chain_id", "block_number", "block_hash", "transaction_hash")
BLOCK = ("chain_id", "block_number", "block_hash")
POOL = ("pool_address", "pool_id")

_ORDER = (
    "chain_id",
    "block_number",
    "block_hash",
    "transaction_index",
    "transaction_hash",
    "_position",
    "pool_address",
)

READ = Read(
    columns=(
        "pool_address",
        "pool_id",
        "from_address",
        "to_address",
        "token_in_address",
        "amount_in_binary",
        "token_out_address",
        "amount_out_binary",
        "log_index",
        "call_index",
    )
)
"""What is read of `swaps`."""

CALLS = Read(columns=("call_index", "from_address", "to_address"), optional=True)
"""What is read of `calls`: who sent a transaction, and to whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sent a transaction, and the contract they called."""

    sender: bytes | None
    called: bytes | None


NOBODY = Party(sender=None, called=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trade:
    """One swap. Two trades are the same only if they are the same object: a cycle may hold two equal ones."""

    row: Mapping[str, Any]
    """The row it was read from, for its place."""
    party: Party
    position: int
    """Order within the transaction, one number line per dataset it was read from."""
    pool: tuple[bytes, bytes]
    payer: bytes
    receiver: bytes
    token_in: bytes
    amount_in: int
    token_out: bytes
    amount_out: int

    @property
    def transaction(self) -> bytes:
        """The hash of its transaction."""
        hash_: bytes = self.row["transaction_hash"]
        return hash_

    @property
    def transaction_index(self) -> int:
        """The position of its transaction in the block."""
        index: int = self.row["transaction_index"]
        return index


Parties = Mapping[tuple[int, bytes], Party]
"""By chain id and transaction hash."""


def parties(calls: pl.DataFrame | None, swaps: pl.DataFrame) -> Parties:
    """Who is behind each transaction that swaps."""
    if calls is None or swaps.is_empty():
        return {}
    named = calls[["call_index", "chain_id", "transaction_hash", "from_address", "to_address"]]
    is_root = named["call_index"].to_numpy() == 0
    is_wanted = abi.among(named["transaction_hash"], swaps["transaction_hash"].drop_nulls().to_arrow())
    roots = rows_where(named, is_root & is_wanted).rows()
    return {(chain, tx): Party(sender=sender, called=called) for _, chain, tx, sender, called in roots}


def trades(swaps: pl.DataFrame, behind: Parties) -> Iterator[Trade]:
    """These swaps in the order of the chain."""
    logged, called = (abi.filled(swaps[name], 0) for name in ("log_index", "call_index"))
    position = pl.Series("_position", np.where(abi.present(swaps["log_index"]), logged, called))
    return (_trade(row, behind) for row in in_order(swaps.hstack([position]), *_ORDER))


def _trade(row: dict[str, Any], behind: Parties) -> Trade:
    return Trade(
        row=row,
        party=behind.get((row["chain_id"], row["transaction_hash"]), NOBODY),
        position=row["_position"],
        pool=(row["pool_address"], row["pool_id"]),
        payer=row["from_address"],
        receiver=row["to_address"],
        token_in=row["token_in_address"],
        amount_in=int.from_bytes(row["amount_in_binary"], "big"),
        token_out=row["token_out_address"],
        amount_out=int.from_bytes(row["amount_out_binary"], "big"),
    )


def coin(chain_id: int, address: bytes) -> bytes:
    """The token, with a wrapped native coin taken for the coin itself: traders wrap and unwrap between swaps."""
    known = token(chain_id, address)
    return NATIVE if known is not None and known.wraps_native else address


def shown(raw: bytes) -> str:
    """An address or hash as findings show it."""
    return hexadecimal(raw) or ""


def once(values: Iterable[bytes]) -> tuple[bytes, ...]:
    """The values in their order, each once."""
    return tuple(dict.fromkeys(values))


def transactions(trades: Iterable[Trade]) -> list[Value]:
    """The hashes of their transactions, each once."""
    return [shown(hash_) for hash_ in once(trade.transaction for trade in trades)]
