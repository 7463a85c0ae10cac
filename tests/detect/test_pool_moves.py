"""By how much a trade moved a price is told from what pools log, held against pools that are computed here."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets
from tocsin.detect.detectors.oracles import _pool_moves
from tocsin.detect.detectors.oracles._pool_moves import PAIR_SWAP, RANGE_SWAP, SYNC
from tocsin.tables import literal

RESERVES = st.integers(10**6, 10**30)


def moved(*logs):
    """The moves that these logs tell of."""
    sent = [{"from_address": "alice", "to_address": "router"}]
    return _pool_moves.moved(
        literal.frame(datasets()["logs"].columns, logs), literal.frame(datasets()["transactions"].columns, sent)
    )


def log(index, event, *words, address="pool"):
    """A log of the one transaction."""
    return {"log_index": index, "address": address, "topic0": event, "data": literal.words(*words)}


@given(reserves=st.tuples(RESERVES, RESERVES), share=st.floats(0.02, 5.0))
def test_the_price_before_a_trade_with_a_pair_is_that_of_what_it_held(reserves, share):
    held0, held1 = reserves
    given0 = int(held0 * share)
    taken1 = held1 * given0 // (held0 + given0)
    rows = moved(
        log(1, SYNC, held0 + given0, held1 - taken1),
        log(2, PAIR_SWAP, given0, 0, 0, taken1),
    )
    (trade,) = rows
    assert trade.before == pytest.approx(held1 / held0, rel=1e-9)
    assert trade.after == pytest.approx((held1 - taken1) / (held0 + given0), rel=1e-9)


def test_a_trade_without_what_the_pair_holds_behind_it_tells_nothing():
    trade = log(3, PAIR_SWAP, 100, 0, 0, 50)
    assert not moved(trade)
    assert not moved(log(1, SYNC, 200, 50), trade)
    assert not moved(log(2, SYNC, 200, 50, address="another"), trade)
    assert len(moved(log(2, SYNC, 200, 50), trade)) == 1


@given(root=st.floats(0.01, 100.0), liquidity=st.integers(10**12, 10**24), times=st.floats(1.02, 3.0))
def test_the_price_before_a_trade_within_a_range_follows_from_its_liquidity(root, liquidity, times):
    after = root * math.sqrt(times)
    given1 = round(liquidity * (after - root))
    taken0 = round(liquidity * (1 / root - 1 / after))
    signed = (1 << 256) - taken0
    rows = moved(log(1, RANGE_SWAP, signed, given1, round(after * 2**96), liquidity, 0))
    (trade,) = rows
    assert trade.before == pytest.approx(root**2, rel=1e-6)
    assert trade.after == pytest.approx(after**2, rel=1e-6)


def test_trades_that_hardly_move_a_price_are_not_kept():
    assert not moved(log(1, SYNC, 1_004, 996), log(2, PAIR_SWAP, 4, 0, 0, 4))
    assert len(moved(log(1, SYNC, 1_010, 990), log(2, PAIR_SWAP, 10, 0, 0, 10))) == 1


@given(data=st.lists(st.integers(0, (1 << 256) - 1), min_size=5, max_size=5))
def test_whatever_is_logged_nothing_but_numbers_comes_out(data):
    for trade in moved(log(1, SYNC, *data[:2]), log(2, PAIR_SWAP, *data[:4]), log(3, RANGE_SWAP, *data)):
        assert all(price > 0 and math.isfinite(price) for price in (trade.before, trade.after))
