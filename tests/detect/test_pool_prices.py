"""What tokens are worth by the pools of a block: as its first trade found them, and only by deep pairs."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets
from tocsin.detect.pool_prices import SWAP, SYNC, best, quotes
from tocsin.detect.worth import Prices
from tocsin.tables.literal import frame, named, words

DOLLAR, COIN = sorted((named("dollar"), named("coin")))
PRICES = Prices({(1, DOLLAR): 1.0})
AMOUNTS = st.integers(10**6, 2**100)


def pair(after: tuple[int, int], came: tuple[int, int], went: tuple[int, int], at: int = 0, **more: Any) -> list[Any]:
    moved = words(came[0], came[1], went[0], went[1])
    return [
        {"address": "pair", "topic0": SYNC, "data": words(*after), "log_index": at, **more},
        {"address": "pair", "topic0": SWAP, "data": moved, "log_index": at + 1, **more},
    ]


def tables(logs: list[Any], pools: tuple[str, ...] = ("pair",)) -> dict[str, pl.DataFrame]:
    swap = {"protocol": "uniswap_v2", "token_in_address": DOLLAR, "token_out_address": COIN}
    swaps = [{**swap, "pool_address": name} for name in pools]
    return {
        "logs": frame(datasets()["logs"].columns, logs),
        "swaps": frame(datasets()["swaps"].columns, swaps),
    }


def priced(logs: list[Any], least: float = 0.0) -> list[float]:
    return [quote.dollars_per_unit for quote in quotes(tables(logs), PRICES, least)]


@given(AMOUNTS, AMOUNTS, st.integers(0, 10**6), st.integers(0, 10**6 - 1))
def test_the_price_is_that_of_before_the_first_trade(dollars: int, coins: int, came: int, went: int) -> None:
    (price,) = priced(pair((dollars + came, coins - went), (came, 0), (0, went)))
    assert price == pytest.approx(dollars / coins)


def test_what_is_traded_later_in_the_block_changes_nothing() -> None:
    first = pair((110_000, 90), (10_000, 0), (0, 10))
    assert priced([*first, *pair((900_000, 11), (790_000, 0), (0, 79), at=5)]) == [1_000.0]


def test_a_shallow_pair_says_nothing() -> None:
    logs = pair((110_000, 90), (10_000, 0), (0, 10))
    assert priced(logs, least=100_000) == [1_000.0]
    assert priced(logs, least=100_001) == []


def test_of_two_pairs_the_deeper_counts_and_of_two_blocks_the_first() -> None:
    logs = [
        *pair((110_000, 90), (10_000, 0), (0, 10)),
        *pair((500_000, 100), (0, 0), (0, 0), block_number=2),
        *({**each, "address": "other"} for each in pair((300_000, 200), (0, 0), (0, 0), at=9)),
    ]
    (quote,) = best(quotes(tables(logs, ("pair", "other")), PRICES, 0.0))
    assert (quote.pool, quote.dollars_per_unit) == (named("other"), 1_500.0)


@pytest.mark.parametrize("data", [b"", b"\xff" * 31, words(1, 2), words(2**256 - 1, 2**256 - 1, 0, 0)])
def test_nonsense_says_nothing(data: bytes) -> None:
    logs = pair((110_000, 90), (10_000, 0), (0, 10))
    logs[1]["data"] = data
    assert priced(logs) == []


def test_a_sync_without_a_trade_says_nothing() -> None:
    assert priced(pair((110_000, 90), (10_000, 0), (0, 10))[:1]) == []
