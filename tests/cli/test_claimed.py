"""Tokens by the names they give themselves: amounts exact, and nothing that could be taken for what it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.token_claims import Claim
from tocsin.cli.render.claimed import LONGEST_SHOWN
from tocsin.cli.render.names import Names

TOKEN, OTHER = "0x" + "5a" * 20, "0x" + "6b" * 20
SHORT = "(0x5a5a…5a5a)"


def named(symbol: str, decimals: int | None = 18, chain_id: int = 1, **others: str) -> Names:
    claims = {address: Claim(symbol=claimed, decimals=18) for address, claimed in others.items()}
    return Names(chain_id, claims={TOKEN: Claim(symbol=symbol, decimals=decimals), **claims})


def test_amounts_are_told_in_the_units_the_token_claims() -> None:
    names = named("GEM")
    assert names.money(TOKEN, 10**21 + 1) == "1,000.000000000000000001 GEM"
    assert names.money(TOKEN, 10**18, signed=True) == "+1 GEM"


def test_what_is_not_claimed_is_not_made_up() -> None:
    assert named("GEM", None).money(TOKEN, 1_500) == "1,500 base units of GEM"
    assert named("", 2).money(TOKEN, 1_550) == "15.5 units of 0x5a5a…5a5a"
    assert Names(1).money(TOKEN, 1_500) == "1,500 base units of 0x5a5a…5a5a"


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        ("USDC", "USDC?"),
        ("UЅDC", "UЅDC?"),  # the second letter is Cyrillic
        ("USDC\u200b", "USDC\\u200b?"),
        ("\u202eCDSU", "\\u202eCDSU?"),
        ("\u05d0BC", "\\u05d0BC?"),
        ("5 ETH", "5 ETH?"),
        ("000", "000?"),
        ("GEM\nTOTAL", "GEM\\u000aTOTAL?"),
        ("A" * 64, "AAAAAAAAAA…?"),
    ],
)
def test_a_symbol_that_could_mislead_is_marked_and_has_its_address_beside_it(claimed: str, shown: str) -> None:
    assert named(claimed).symbol(TOKEN) == f"{shown} {SHORT}"


def test_two_tokens_of_one_symbol_are_told_apart() -> None:
    names = named("GEM", **{OTHER: "gem"})
    assert (names.symbol(TOKEN), names.symbol(OTHER)) == (f"GEM? {SHORT}", "gem? (0x6b6b…6b6b)")


def test_a_symbol_never_stands_where_a_name_would() -> None:
    """A token may call itself sender."""
    assert named("sender").account(TOKEN) == "token sender"


def test_a_well_known_token_is_not_asked_for_its_name() -> None:
    usdc = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
    names = Names(1, claims={usdc: Claim(symbol="SCAM", decimals=0)})
    assert names.money(usdc, 1_500_000) == "1.5 USDC"


@given(st.text(max_size=64))
def test_whatever_is_claimed_is_short_and_printable(claimed: str) -> None:
    shown = named(claimed).symbol(TOKEN)
    assert shown.isprintable()
    assert len(shown) <= LONGEST_SHOWN * len("\\u10ffff") + len(f"? {SHORT}")
