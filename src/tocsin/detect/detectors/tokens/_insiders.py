"""Who made a pair, or put the first liquidity into it: remembered, because owners renounce."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, ZERO, Column, address, schema
from tocsin.tables.dataset import Tables

PAIR_CREATED = topic("PairCreated(address,address,address,uint256)")
WORD_BYTES = 32

REMEMBERED: Mapping[str, Column] = {
    "pair": address("The pair."),
    "insider": address("Who made it, or put the first liquidity into it."),
}
NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_ZERO = abi.keys((ZERO,))


def remember(tables: Tables) -> pl.DataFrame:
    """The insiders of the pairs that a batch made or filled for the first time."""
    made = [*_created(tables["logs"]), *_filled(tables["transfers"])]
    if not made:
        return NOTHING
    sent = tables["transactions"][["block_hash", "transaction_hash", "from_address"]].rows()
    senders = {(block, hash_): sender for block, hash_, sender in sent}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, pair, holder in made:
        for insider in {holder, senders.get((place["block_hash"], place["transaction_hash"]))} - {None, ZERO}:
            row = {**{name: place[name] for name in PLACE}, "pair": pair, "insider": insider}
            rows[tuple(row.values())] = row
    return pl.DataFrame(list(rows.values()), schema=NOTHING.schema, orient="row") if rows else NOTHING


def _created(logs: pl.DataFrame) -> Iterator[tuple[Mapping[str, Any], bytes, bytes | None]]:
    for row in logs.iter_rows(named=True):
        if len(row["data"] or b"") >= WORD_BYTES:
            yield row, row["data"][WORD_BYTES - abi.ADDRESS_BYTES : WORD_BYTES], None


def _filled(transfers: pl.DataFrame) -> Iterator[tuple[Mapping[str, Any], bytes, bytes | None]]:
    """Who got shares where others were minted to nobody: a pair of Uniswap's does so once, for its first liquidity."""
    minted = rows_where(transfers, abi.among(transfers["from_address"], _ZERO))
    locked = {
        (row["block_hash"], row["transaction_hash"], row["token_address"])
        for row in rows_where(minted, abi.among(minted["to_address"], _ZERO)).iter_rows(named=True)
    }
    for row in minted.iter_rows(named=True) if locked else ():
        if (row["block_hash"], row["transaction_hash"], row["token_address"]) in locked:
            yield row, row["token_address"], row["to_address"]


def of_pair(memory: pl.DataFrame, row: Mapping[str, Any], window_blocks: int) -> frozenset[bytes]:
    """The insiders of the pair whose shares a row tells of, known before its transaction."""
    if memory.is_empty():
        return frozenset()
    number = pl.col("block_number")
    earlier = memory.filter(
        (pl.col("pair") == row["token_address"])
        & (pl.col("chain_id") == row["chain_id"])
        & ((number < row["block_number"]) | ((number == row["block_number"]) & _is_earlier(row)))
        & (number + window_blocks >= row["block_number"])
    )
    return frozenset(earlier["insider"].to_list())


def _is_earlier(row: Mapping[str, Any]) -> pl.Expr:
    return pl.col("transaction_index") < (row["transaction_index"] or 0)
