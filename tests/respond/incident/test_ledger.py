"""The ledger adds up, exactly, and every figure opens to what it rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import Unacceptable, WrongState
from tocsin.respond.incident.events import FundsMoved
from tocsin.respond.incident.ledger import (
    ACCOUNTS,
    FIGURES,
    LARGEST,
    SOURCES,
    balances,
    checked,
    funds,
    smallest_units,
)
from tocsin.respond.incident.parts import Posting

USDC = "0x" + "a0" * 20


def move(debit: str, credit: str, amount: int = 100, **more: object) -> FundsMoved:
    fields = {"posting": "f1", "chain_id": 1, "token": USDC, "symbol": "USDC", "decimals": 6} | more
    return FundsMoved(debit=debit, credit=credit, amount=str(amount), **fields)  # type: ignore[arg-type] # by name


def posted(*moves: FundsMoved) -> list[Posting]:
    """The moves as postings, one a second, each checked against those before."""
    there: list[Posting] = []
    for number, one in enumerate(moves):
        told = {name: getattr(one, name) for name in one.__struct_fields__ if name != "posting"}
        checked(one, there)
        there.append(Posting(id=f"f{number}", **told, at=float(number), recorded_at=0.0, by="user:ada"))
    return there


def test_funds_are_followed_from_risk_to_return() -> None:
    told = funds(
        posted(
            move("external", "at_risk", 1_000, transactions=("0x01",)),
            move("at_risk", "stolen", 900, transactions=("0x02",)),
            move("stolen", "in_mixer", 200, transactions=("0x03",)),
            move("stolen", "at_cex", 300),
            move("at_cex", "frozen", 250),
            move("stolen", "returned", 350, transactions=("0x04",)),
            move("stolen", "bounty_paid", 50),
        )
    ).holdings[0]

    assert {name: figure.units for name, figure in told.figures.items()} == {
        "at_risk": 100,
        "taken": 900,
        "lost": 300,
        "frozen": 250,
        "recovered": 350,
    }
    assert told.figures["taken"].transactions == ("0x02",)
    assert told.figures["recovered"].transactions == ("0x04",)


def test_a_figure_is_told_as_of_a_time() -> None:
    there = posted(move("external", "stolen", 500), move("external", "stolen", 400), move("stolen", "returned", 900))

    assert [funds(there, as_of).holdings[0].figures["lost"].units for as_of in (0.0, 1.5, 9.0)] == [500, 900, 0]
    assert funds(there, -1.0).holdings == ()


def test_dollars_are_at_the_newest_price_and_say_what_has_none() -> None:
    there = posted(
        move("external", "stolen", 3, usd_cents=1_000, price_source="feed"),
        move("external", "stolen", 4, usd_cents=2_000, price_source="later feed"),
        move("external", "stolen", 5, token="native", symbol="ETH", decimals=18),  # noqa: S106 - a coin
    )

    told = funds(there)

    assert told.usd_cents["lost"] == 7 * 2_000 // 4
    assert told.without_price == ("ETH",)
    assert [one.price_source for one in told.holdings] == ["later feed", ""]


def test_no_more_leaves_an_account_than_is_there() -> None:
    with pytest.raises(WrongState, match=r"stolen holds 0\.000005 of 0x"):
        posted(move("external", "stolen", 5), move("stolen", "returned", 6))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (move("stollen", "returned"), "did you mean 'stolen'"),
        (move("external", "external"), "stays in an account"),
        (move("external", "stolen", token="0xABC"), "a token is"),  # noqa: S106 - a coin
        (move("external", "stolen", 0), "whole number"),
        (move("external", "stolen", LARGEST + 1), "whole number"),
        (move("external", "stolen", -5), "whole number"),
        (move("external", "stolen", decimals=78), "decimals"),
        (move("external", "stolen", usd_cents=5), "where the price is from"),
        (move("external", "stolen", usd_cents=-5, price_source="x"), "not negative"),
    ],
)
def test_what_is_no_posting_is_refused(wrong: FundsMoved, says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        checked(wrong, ())


def test_a_token_keeps_its_decimals() -> None:
    with pytest.raises(Unacceptable, match="6 decimals"):
        posted(move("external", "stolen"), move("external", "stolen", decimals=18))


MOVES = st.builds(
    move,
    st.sampled_from(sorted(ACCOUNTS)),
    st.sampled_from(sorted(ACCOUNTS)),
    st.integers(min_value=-1, max_value=2**256),
    token=st.sampled_from([USDC, "native"]),
    chain_id=st.sampled_from([1, 10]),
)


@given(st.lists(MOVES, max_size=40))
def test_whatever_is_booked_the_ledger_holds(moves: list[FundsMoved]) -> None:
    there: list[Posting] = []
    for number, one in enumerate(moves):
        try:
            checked(one, there)
        except (Unacceptable, WrongState):
            continue
        told = {name: getattr(one, name) for name in one.__struct_fields__ if name != "posting"}
        there.append(Posting(id=str(number), **told, at=0.0, recorded_at=0.0, by="user:ada"))

    for holding in funds(there).holdings:
        mine = [one for one in there if (one.chain_id, one.token) == (holding.chain_id, holding.token)]
        units = {name: figure.units for name, figure in holding.figures.items()}
        assert sum(holding.accounts.values()) == 0
        assert holding.accounts == balances(mine)
        assert all(amount > 0 for account, amount in holding.accounts.items() if account not in SOURCES)
        assert units["taken"] == units["lost"] + units["frozen"] + units["recovered"]
        assert set(holding.figures) == set(FIGURES)


@given(st.integers(min_value=0, max_value=LARGEST), st.integers(min_value=0, max_value=77))
def test_amounts_of_whole_units_are_exact(units: int, decimals: int) -> None:
    whole, fraction = divmod(units, 10**decimals)
    written = f"{whole}.{fraction:0{decimals}d}" if decimals else str(whole)

    assert smallest_units(written, decimals) == str(units)


@pytest.mark.parametrize("wrong", ["", "x", "1e5", "-1", "1.2.3", "٣", "0.0000001", "9" * 200])
def test_what_is_no_amount_is_refused(wrong: str) -> None:
    with pytest.raises(Unacceptable):
        smallest_units(wrong, 6)
