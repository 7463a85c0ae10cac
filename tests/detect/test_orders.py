"""Orders of Seaport: decoded as they were encoded, whatever else the data holds."""

from typing import Any

import polars as pl
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.catalogue import datasets
from tocsin.detect.detectors.phishing._orders import FULFILLED, SEAPORTS, Order, orders, sale
from tocsin.detect.known import KNOWN
from tocsin.detect.worth import Prices
from tocsin.tables.literal import frame, topic

ADDRESSES = st.binary(min_size=20, max_size=20)
NUMBERS = st.integers(0, 2**256 - 1)
OFFERED = st.tuples(st.integers(1, 5), ADDRESSES, NUMBERS, NUMBERS)
ASKED = st.tuples(st.integers(1, 5), ADDRESSES, NUMBERS, NUMBERS, ADDRESSES)
TYPES = ["bytes32", "address", "(uint8,address,uint256,uint256)[]", "(uint8,address,uint256,uint256,address)[]"]
NOBODY = bytes(20)


def decoded(data: bytes, **other: Any) -> list[Order]:
    row = {"address": SEAPORTS[0], "topic0": FULFILLED, "topic1": topic("seller"), "data": data, **other}
    return list(orders(frame(datasets()["logs"].columns, [row])))


def encoded(recipient: bytes, offered: Any, asked: Any) -> bytes:
    return encode(TYPES, [bytes(32), recipient, offered, asked])


@given(ADDRESSES, st.lists(OFFERED, max_size=4), st.lists(ASKED, max_size=4))
def test_what_was_encoded_is_read(recipient: bytes, offered: list[Any], asked: list[Any]) -> None:
    (order,) = decoded(encoded(recipient, offered, asked))

    assert order.recipient == recipient
    assert [tuple(item)[:4] for item in order.offered] == offered
    assert [tuple(item) for item in order.asked] == asked


@given(st.binary(max_size=600))
def test_nonsense_is_no_order_and_never_raises(data: bytes) -> None:
    for order in decoded(data):
        assert len(data) >= 32 * (4 * len(order.offered) + 5 * len(order.asked))


@given(st.integers(0, 300))
def test_an_order_that_is_cut_short_is_left_out(length: int) -> None:
    whole = encoded(NOBODY, [(2, NOBODY, 1, 1)], [(0, NOBODY, 0, 5, NOBODY)])

    assert not decoded(whole[: min(length, len(whole) - 1)])


def test_a_price_is_all_that_is_paid_for_one_item() -> None:
    collection, ether = b"\xaa" * 20, 10**18
    money = [(0, NOBODY, 0, 9 * ether, b"\x01" * 20), (0, NOBODY, 0, ether, b"\x02" * 20)]
    (order,) = decoded(encoded(NOBODY, [(2, collection, 1, 1), (2, collection, 2, 1)], money))

    assert sale(order, Prices.of(KNOWN)) == (collection, 10_000.0)


def test_logs_without_an_offerer_and_those_of_strangers_are_left_out() -> None:
    assert decoded(encoded(NOBODY, [], []))
    assert not decoded(encoded(NOBODY, [], []), topic1=None)
    assert not decoded(encoded(NOBODY, [], []), address=NOBODY)
    assert not list(orders(pl.DataFrame(schema=datasets()["logs"].schema)))
