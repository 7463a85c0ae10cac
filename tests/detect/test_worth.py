"""What amounts are worth: well-known tokens at reference prices, nothing invented for the others."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.tokens import TOKENS, token
from tocsin.detect.worth import REFERENCE, REFERENCE_DOLLARS, about, prices, table
from tocsin.tables.columns import NATIVE

USDC = bytes.fromhex("a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
UNKNOWN = b"\x11" * 20
dollars, with_dollars = prices(REFERENCE).dollars, prices(REFERENCE).with_dollars


def test_a_dollar_token_is_read_with_its_decimals():
    assert dollars(1, USDC, 1_500_000) == pytest.approx(1.5)


def test_a_sum_in_words_says_no_more_than_rough_prices_know():
    assert about(2_939_716.9) == "about 2.9 million dollars"
    assert about(999_999) == "about 1 million dollars"
    assert about(43_793) == "about 44,000 dollars"
    assert about(7.4) == "about 7 dollars"
    assert about(623_000_000) == "about 620 million dollars"


def test_native_coin_follows_the_coin_of_its_chain():
    assert dollars(1, NATIVE, 10**18) == pytest.approx(REFERENCE_DOLLARS["eth"])
    assert dollars(56, NATIVE, 10**18) == pytest.approx(REFERENCE_DOLLARS["bnb"])


def test_an_unknown_token_has_no_price_which_is_not_zero():
    assert dollars(1, UNKNOWN, 10**18) is None


def test_the_same_address_on_another_chain_is_another_token():
    assert dollars(137, USDC, 1_500_000) is None


def test_a_frame_is_priced_row_by_row_and_keeps_its_order():
    rows = pl.DataFrame(
        {"chain_id": [1, 1, 1], "token_address": [UNKNOWN, USDC, NATIVE], "net_f64": [5.0, -2e6, 1e18]},
        schema_overrides={"chain_id": pl.UInt64()},
    )
    assert with_dollars(rows)["dollars"].to_list() == [None, pytest.approx(-2.0), pytest.approx(2_000.0)]


def test_better_prices_can_be_handed_over():
    rows = pl.DataFrame(
        {"chain_id": [1], "token_address": [UNKNOWN], "net_f64": [3.0]}, schema_overrides={"chain_id": pl.UInt64()}
    )
    assert prices(table([(1, UNKNOWN, 7.0)])).with_dollars(rows)["dollars"].to_list() == [21.0]


@given(st.sampled_from(list(TOKENS.values())), st.integers(0, 2**256 - 1))
def test_every_well_known_token_has_a_finite_price_that_grows_with_the_amount(known, amount):
    worth = dollars(known.chain_id, known.address, amount)
    assert worth is not None
    assert 0 <= worth < float("inf")
    assert worth <= dollars(known.chain_id, known.address, 2**256 - 1)


def test_the_table_is_well_formed():
    assert all(len(known.address) == 20 and known.follows in REFERENCE_DOLLARS for known in TOKENS.values())
    assert sum(known.wraps_native for known in TOKENS.values()) == 12
    assert token(1, USDC).symbol == "USDC"
