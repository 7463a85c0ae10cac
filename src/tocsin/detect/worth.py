"""
What an amount of a token is worth in US dollars: to rank findings and to compare them with thresholds, never to state.

Prices come from a table beside the batch. The built-in one holds constants from long before the transaction, so that a
price moved inside it can neither inflate nor hide a profit. They are deliberately low: a reference price is about the
least the coin was worth for most of the time since 2021, so that dollars are rather too few than too many. A token that
is not well known has no price, which is not the same as a price of zero. Whoever has better prices loads them.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain.tokens import TOKENS, Token
from tocsin.detect.detector import Read
from tocsin.intel.reference import PRICES, REFERENCE_COLUMNS, ByIdentity
from tocsin.tables.columns import schema
from tocsin.tables.dataset import Tables
from tocsin.tables.shared import Shared

PRICES_READ = Read(columns=("token_address", "dollars_per_unit"))
"""What a detector that asks for dollars reads."""

REFERENCE_DATE = "2024-01-01"
"""When the reference prices were set; rounded down from that day's market."""

REFERENCE_DOLLARS = {"usd": 1.0, "eth": 2_000.0, "btc": 40_000.0, "bnb": 300.0, "pol": 0.5, "avax": 20.0}
"""US dollars per whole coin, by what a token follows."""

MILLION = 1_000_000


def table(rows: Iterable[tuple[int, bytes, float]]) -> pl.DataFrame:
    """A price table from (chain id, token address, US dollars per base unit)."""
    return pl.DataFrame(list(rows), schema=schema(REFERENCE_COLUMNS[PRICES]), orient="row")


def _per_unit(token: Token) -> float:
    return REFERENCE_DOLLARS[token.follows] / 10.0**token.decimals


REFERENCE = table((token.chain_id, token.address, _per_unit(token)) for token in TOKENS.values())
"""The well-known tokens at the reference prices."""


class Prices:
    """A price table, to ask about amounts."""

    __slots__ = ("_per_unit", "_worth")

    def __init__(self, per_unit: Mapping[tuple[int, bytes], float]) -> None:
        self._per_unit = per_unit
        self._worth = Shared[pl.DataFrame]()

    @classmethod
    def of(cls, tables: Tables) -> "Prices":
        """The prices beside these tables."""
        return prices(tables[PRICES])

    def dollars(self, chain_id: int, token: bytes, amount: int) -> float | None:
        """About how many US dollars this amount, in base units, is worth; None where the token has no known price."""
        price = self._per_unit.get((chain_id, token))
        return None if price is None else float(amount) * price

    def with_dollars(self, frame: pl.DataFrame, amount: str = "net_f64") -> pl.DataFrame:
        """
        The frame with a column `dollars`: the worth of this column of its `token_address`; null where unknown.

        Many ask it of all transfers or profits of a batch, which is priced once for all of them.
        """
        return self._worth.of(frame, amount, lambda: self._with_dollars(frame, amount))

    def _with_dollars(self, frame: pl.DataFrame, amount: str) -> pl.DataFrame:
        worth = frame[amount].to_numpy() * self._of_rows(frame)
        return frame.hstack([pl.Series("dollars", worth, dtype=pl.Float64(), nan_to_null=True)])

    def _of_rows(self, frame: pl.DataFrame) -> npt.NDArray[np.float64]:
        """Dollars per base unit of each row's token; NaN where unknown. Looked up once for each chain and token."""
        known = self._per_unit
        encoded = frame["token_address"].to_arrow().dictionary_encode(null_encoding="encode")
        tokens, numbers = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
        chains, per_unit = frame["chain_id"].to_numpy(), np.full(len(frame), np.nan)
        for chain in np.unique(chains).tolist():
            here = chains == chain
            per_unit[here] = np.array([known.get((chain, token), np.nan) for token in tokens])[numbers[here]]
        return per_unit


def prices(frame: pl.DataFrame) -> Prices:
    """The prices of a table; the last row of a token holds."""
    return _shared(ByIdentity(frame))


@lru_cache(maxsize=4)
def _shared(key: ByIdentity) -> Prices:
    rows = key.frame.select("chain_id", "token_address", "dollars_per_unit").iter_rows()
    return Prices({(chain, token): price for chain, token, price in rows})


def about(dollars: float) -> str:
    """The sum in words, with the two digits that a rough price is good for."""
    rounded = float(f"{dollars:.2g}")
    if rounded >= MILLION:
        return f"about {rounded / MILLION:,.10g} million dollars"
    return f"about {rounded:,.0f} dollars"
