"""Liquidations that logs tell of."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.signatures import topic
from tocsin.tables.columns import PLACE

COMPOUND = topic("LiquidateBorrow(address,address,uint256,address,uint256)")
COMPOUND_WORDS = 5


@dataclass(frozen=True, slots=True)
class _Aave:
    """Which words of a LiquidationCall say who liquidated, and whether for a share of the pool."""

    words: int
    liquidator: int
    as_share: int


AAVE = {
    topic("LiquidationCall(address,address,address,uint256,uint256,address,bool)"): _Aave(4, 2, 3),
    topic("LiquidationCall(address,address,address,uint256,uint256,uint256,address,bool,uint256)"): _Aave(6, 3, 4),
}
"""V2 and V3; V1. Collateral, debt and borrower are topics; the two amounts are the first words."""


def closed(logs: pl.DataFrame, transfers: pl.DataFrame | None) -> list[pl.DataFrame]:
    """Frames of liquidations; logs of other shapes are left out."""
    found = logs.filter(pl.col("topic0").is_in([*AAVE, COMPOUND]))
    kinds = {key[0]: part for key, part in found.partition_by("topic0", as_dict=True).items()}
    aave = [_aave(kinds[name], shape, transfers) for name, shape in AAVE.items() if name in kinds]
    return [*aave, _compound(kinds[COMPOUND], transfers)] if COMPOUND in kinds else aave


def _row(logs: pl.DataFrame, protocol: str, *columns: pl.Series) -> pl.DataFrame:
    named = logs.select(*PLACE, "log_index", pl.col("address").alias("market_address"))
    return _moves.rows(named, ("log_index", "market_address"), columns, protocol=protocol)


def _aave(logs: pl.DataFrame, shape: _Aave, transfers: pl.DataFrame | None) -> pl.DataFrame:
    fits = logs.filter(pl.Series(abi.has_words(logs["data"], shape.words)), pl.col("topic3").is_not_null())
    data = fits["data"]
    rows = _row(
        fits,
        "aave",
        abi.address(fits["topic1"]).rename("collateral_token_address"),
        abi.address(fits["topic2"]).rename("debt_token_address"),
        abi.address(fits["topic3"]).rename("borrower_address"),
        *abi.amount(abi.word(data, 0), "debt_amount"),
        *abi.amount(abi.word(data, 1), "collateral_amount"),
        abi.address(data, shape.liquidator).rename("liquidator_address"),
        pl.Series("_as_share", abi.truth(abi.word(data, shape.as_share)), dtype=pl.Boolean()),
    )
    return rows if transfers is None else _with_shares(rows, transfers)


def _with_shares(rows: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """Where the liquidator took a share of the pool, the token received is that share, not the asset it stands for."""
    if not rows["_as_share"].any():
        return rows
    ends = {"from_address": "borrower_address", "to_address": "liquidator_address"}
    moved = _moved(rows, transfers, {**ends, "value_binary": "collateral_amount_binary"}, "_share")
    share = pl.when("_as_share").then("_share")
    return moved.with_columns(collateral_token_address=pl.coalesce(share, "collateral_token_address"))


def _compound(logs: pl.DataFrame, transfers: pl.DataFrame | None) -> pl.DataFrame:
    fits = logs.filter(pl.Series(abi.has_words(logs["data"], COMPOUND_WORDS)), pl.col("topic1").is_null())
    data = fits["data"]
    rows = _row(
        fits,
        "compound_v2",
        abi.address(data, 0).rename("liquidator_address"),
        abi.address(data, 1).rename("borrower_address"),
        *abi.amount(abi.word(data, 2), "debt_amount"),
        abi.address(data, 3).rename("collateral_token_address"),
        *abi.amount(abi.word(data, 4), "collateral_amount"),
    )
    if transfers is None:
        return rows
    ends = {"from_address": "liquidator_address", "to_address": "market_address"}
    return _moved(rows, transfers, {**ends, "value_binary": "debt_amount_binary"}, "debt_token_address")


def _moved(rows: pl.DataFrame, transfers: pl.DataFrame, match: dict[str, str], token: str) -> pl.DataFrame:
    """The rows with the token of a transfer of the same transaction that has these ends and this value, if one has."""
    keys: Sequence[str] = (*_moves.SAME_TRANSACTION, *match.values())
    tokens = transfers.select(*_moves.SAME_TRANSACTION, pl.col("token_address").alias(token), *match).rename(match)
    matching = tokens.join(rows, on=keys, how="semi", nulls_equal=True).sort(token)
    first = matching.unique(keys, keep="first", maintain_order=True)
    return rows.join(first, on=keys, how="left", nulls_equal=True)
