"""What tokens say of themselves: read as far as it can be, whatever the bytes."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.token_claims import (
    LONGEST_SYMBOL,
    MOST_DECIMALS,
    Claim,
    claims,
    decimals_in,
    imitates,
    questions,
    symbol_in,
)

TOKEN = "0x" + "5a" * 20


def string(text: str) -> str:
    return "0x" + encode(["string"], [text]).hex()


def word(number: int) -> str:
    return f"0x{number:064x}"


@given(st.text(max_size=LONGEST_SYMBOL))
def test_a_symbol_comes_back_as_it_was_encoded(text: str) -> None:
    assert symbol_in(string(text)) == text


@given(st.integers(0, 2**256 - 1))
def test_decimals_are_a_number_that_a_token_can_have(number: int) -> None:
    assert decimals_in(word(number)) == (number if number <= MOST_DECIMALS else None)


@given(st.text() | st.binary().map(lambda data: "0x" + data.hex()))
def test_no_answer_breaks_anything(answer: str) -> None:
    assert len(symbol_in(answer)) <= LONGEST_SYMBOL
    assert decimals_in(answer) is None or answer


def test_the_oldest_tokens_answer_one_word() -> None:
    assert symbol_in("0x" + b"MKR".ljust(32, b"\0").hex()) == "MKR"
    assert symbol_in("0x") == ""


def test_a_long_symbol_is_cut_and_a_length_that_lies_is_not_believed() -> None:
    assert symbol_in(string("A" * 10_000)) == "A" * (LONGEST_SYMBOL - 1) + "…"
    assert symbol_in(word(32) + f"{2**255:064x}" + b"GEM".hex()) == "GEM"
    assert symbol_in(word(2**255) + f"{3:064x}" + b"GEM".hex()) == ""


def test_only_what_was_answered_is_claimed() -> None:
    symbol, decimals = questions(TOKEN, block_number=5, chain_id=1)
    told = {symbol: string("GEM"), decimals: word(18)}
    assert claims([TOKEN], told, block_number=5, chain_id=1) == {TOKEN: Claim(symbol="GEM", decimals=18)}
    assert claims([TOKEN], {symbol: string("GEM")}, block_number=5, chain_id=1)[TOKEN].decimals is None
    assert claims([TOKEN], told, block_number=6, chain_id=1) == {}
    assert claims([TOKEN], {symbol: "0x", decimals: "0x"}, block_number=5, chain_id=1) == {}


@pytest.mark.parametrize(
    "symbol", ["USDC", "usdc", "U5DC", "USDC.", "USDC-1", "$USDC", "WETH-USDC", "0xUSDC USDC", "ETH"]
)
def test_symbols_that_read_like_well_known_ones_imitate_them(symbol: str) -> None:
    assert imitates(symbol, 1)
    assert imitates(symbol, 5000)  # where nothing is well known, what is so elsewhere is believed all the same


@pytest.mark.parametrize("symbol", ["GEM", "aUSDC", "UNI-V2", "PEPE", ""])
def test_other_symbols_do_not(symbol: str) -> None:
    assert not imitates(symbol, 1)


def test_a_development_chain_has_only_its_own_coin_to_imitate() -> None:
    assert not imitates("WETH", 31_337)
    assert imitates("ETH", 31_337)
