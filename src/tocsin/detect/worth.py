"""
What an amount of a token is worth in US dollars: to rank findings and to compare them with thresholds, never to state.

Prices are constants from long before the transaction, so that a price moved inside it can neither inflate nor hide a
profit. They are deliberately low: a reference price is about the least the coin was worth for most of the time since
2021, so that dollars are rather too few than too many. A token that is not well known has no price, which is not the
same as a price of zero. Whoever has better prices hands them over as `prices`, made with `table`.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain.tokens import TOKENS, Token

REFERENCE_DATE = "2024-01-01"
"""When the reference prices were set; rounded down from that day's market."""

REFERENCE_DOLLARS = {"usd": 1.0, "eth": 2_000.0, "btc": 40_000.0, "bnb": 300.0, "pol": 0.5, "avax": 20.0}
"""US dollars per whole coin, by what a token follows."""

MILLION = 1_000_000

Prices: TypeAlias = pl.DataFrame
"""Columns chain_id, token_address, dollars_per_unit (US dollars per base unit of the token); one row a token."""

_SCHEMA = pl.Schema({"chain_id": pl.UInt64(), "token_address": pl.Binary(), "dollars_per_unit": pl.Float64()})


def table(rows: Iterable[tuple[int, bytes, float]]) -> Prices:
    """A price table from (chain id, token address, US dollars per base unit)."""
    return pl.DataFrame(list(rows), schema=_SCHEMA, orient="row")


def _per_unit(token: Token) -> float:
    return REFERENCE_DOLLARS[token.follows] / 10.0**token.decimals


REFERENCE: Prices = table((token.chain_id, token.address, _per_unit(token)) for token in TOKENS.values())
"""The well-known tokens at the reference prices."""


def _by_token(prices: Prices) -> dict[tuple[int, bytes], float]:
    return {(chain, token): price for chain, token, price in prices.iter_rows()}


_BY_TOKEN = _by_token(REFERENCE)


def dollars(chain_id: int, token: bytes, amount: int) -> float | None:
    """About how many US dollars this amount, in base units, is worth; None where the token has no known price."""
    known = TOKENS.get((chain_id, token))
    return None if known is None else float(amount) * _per_unit(known)


def about(dollars: float) -> str:
    """The sum in words, with the two digits that a rough price is good for."""
    rounded = float(f"{dollars:.2g}")
    if rounded >= MILLION:
        return f"about {rounded / MILLION:,.10g} million dollars"
    return f"about {rounded:,.0f} dollars"


def with_dollars(frame: pl.DataFrame, amount: str = "net_f64", prices: Prices = REFERENCE) -> pl.DataFrame:
    """The frame with a column `dollars`: the worth of column `amount` of its `token_address`; null where unknown."""
    worth = frame[amount].to_numpy() * _per_unit_of(frame, prices)
    return frame.hstack([pl.Series("dollars", worth, dtype=pl.Float64(), nan_to_null=True)])


def _per_unit_of(frame: pl.DataFrame, prices: Prices) -> npt.NDArray[np.float64]:
    """Dollars per base unit of each row's token; NaN where unknown. Looked up once for each chain and token."""
    known = _BY_TOKEN if prices is REFERENCE else _by_token(prices)
    encoded = frame["token_address"].to_arrow().dictionary_encode(null_encoding="encode")
    tokens, numbers = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    chains, per_unit = frame["chain_id"].to_numpy(), np.full(len(frame), np.nan)
    for chain in np.unique(chains).tolist():
        here = chains == chain
        per_unit[here] = np.array([known.get((chain, token), np.nan) for token in tokens])[numbers[here]]
    return per_unit
