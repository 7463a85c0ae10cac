"""What comes back grown, and who acted on a distorted price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.prices._price_reads import distorted_reads, prices
from tocsin.detect.detectors.prices._round_trips import Move, round_trips
from tocsin.tables.literal import words

THIEF, VAULT, PAIR, MARKET, COIN = (bytes([number]) * 20 for number in range(1, 6))
MEMBERS = frozenset((THIEF,))
RUN, RESERVES = selector("run()"), selector("getReserves()")
TRANSFER = selector("transfer(address,uint256)")


def frame(at, end, caller, callee, data=RUN, *, kind="call", output=b""):
    return Frame(at, end, kind, caller, callee, 0.0, data[:4], data, output)


TWO_CALLS = [
    frame(0, 3, b"mallory", THIEF),
    frame(1, 2, THIEF, VAULT),
    frame(2, 3, THIEF, VAULT),
]


def test_what_was_given_first_and_came_back_grown_is_a_trip():
    moves = [Move(THIEF, VAULT, COIN, 100), Move(VAULT, THIEF, COIN, 130)]
    (trip,) = round_trips(moves, TWO_CALLS, MEMBERS)
    assert (trip.counterpart, trip.token, trip.gain, trip.rate) == (VAULT, COIN, 30, pytest.approx(1.3))


def test_one_call_is_no_trip():
    moves = [Move(THIEF, VAULT, COIN, 100), Move(VAULT, THIEF, COIN, 130)]
    assert not round_trips(moves, TWO_CALLS[:2], MEMBERS)


def test_a_loan_comes_first_and_is_not_counted_as_returned():
    moves = [Move(VAULT, THIEF, COIN, 130), Move(THIEF, VAULT, COIN, 131)]
    assert not round_trips(moves, TWO_CALLS, MEMBERS)


def test_who_sells_more_than_was_bought_there_has_traded():
    moves = [
        Move(THIEF, VAULT, COIN, 100),
        Move(VAULT, THIEF, MARKET, 10),
        Move(THIEF, VAULT, MARKET, 20),
        Move(VAULT, THIEF, COIN, 190),
    ]
    (trip,) = round_trips(moves, TWO_CALLS, MEMBERS)
    assert trip.brought_more


moves = st.lists(
    st.builds(
        Move,
        st.sampled_from((THIEF, VAULT, PAIR)),
        st.sampled_from((THIEF, VAULT, PAIR)),
        st.sampled_from((COIN, MARKET)),
        st.integers(0, 2**256 - 1),
    ),
    max_size=30,
)


@given(moves)
def test_no_trip_gives_back_more_than_the_counterpart_ever_sent(some):
    for trip in round_trips(some, TWO_CALLS, MEMBERS):
        sent = sum(m.amount for m in some if m.giver == trip.counterpart and m.token == trip.token and m.taker == THIEF)
        assert trip.given < trip.returned <= sent


@given(moves)
def test_who_never_gave_anything_brought_nothing(some):
    taken = [move for move in some if move.giver not in MEMBERS]
    assert not round_trips(taken, TWO_CALLS, MEMBERS)


def reserves(at, caller, *pair):
    return frame(at, at + 1, caller, PAIR, RESERVES, kind="staticcall", output=words(*pair))


def loan_on(first, second):
    """A market that asks for a pair's reserves and then hands out a coin."""
    return (
        frame(0, 6, b"mallory", THIEF),
        reserves(1, THIEF, *first),
        frame(2, 3, THIEF, PAIR),
        frame(3, 6, THIEF, MARKET),
        reserves(4, MARKET, *second),
        frame(5, 6, MARKET, COIN, TRANSFER + words(THIEF, 1)),
    )


@pytest.mark.parametrize("second", [(1_301, 1_000), (1_000, 1_301)])
def test_a_price_that_moved_by_thirty_percent_either_way_is_distorted(second):
    (read,) = distorted_reads(loan_on((1_000, 1_000), second), MEMBERS, frozenset())
    assert (read.consumer, read.pool, read.entry.callee) == (MARKET, PAIR, MARKET)
    assert read.times == pytest.approx(1.301)


@pytest.mark.parametrize("second", [(1_299, 1_000), (0, 1_000), (1_000, 0)])
def test_less_than_that_or_no_price_at_all_is_not(second):
    assert not list(distorted_reads(loan_on((1_000, 1_000), second), MEMBERS, frozenset()))


def test_to_trade_at_the_price_one_has_moved_is_a_trade():
    tree = (*loan_on((1_000, 1_000), (9_000, 1_000))[:5], frame(5, 6, MARKET, PAIR, TRANSFER + words(THIEF, 1)))
    assert not list(distorted_reads(tree, MEMBERS, frozenset()))


@given(st.lists(st.tuples(st.integers(0, 2**112 - 1), st.integers(0, 2**112 - 1)), max_size=20))
def test_how_far_a_price_moved_is_never_less_than_once(pairs):
    seen = prices(reserves(at, MARKET, *pair) for at, pair in enumerate(pairs))
    assert seen.moved(PAIR) >= 1.0
    assert seen.moved(VAULT) == 1.0


@given(st.lists(st.binary(max_size=70), max_size=10))
def test_answers_of_any_length_are_read_without_failing(answers):
    tree = tuple(
        frame(at, at + 1, MARKET, PAIR, RESERVES, kind="staticcall", output=answer) for at, answer in enumerate(answers)
    )
    assert not list(distorted_reads(tree, MEMBERS, frozenset()))
