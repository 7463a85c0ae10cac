"""Likeness of addresses, held by properties."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.detectors.phishing._look_alikes import FASHIONABLE_ZEROS, keys, likeness

ADDRESSES = st.binary(min_size=20, max_size=20)
DIGITS = 40


@given(ADDRESSES, ADDRESSES)
def test_likeness_goes_both_ways(one: bytes, other: bytes) -> None:
    assert likeness(one, other) == likeness(other, one)


@given(ADDRESSES, ADDRESSES)
def test_the_digits_it_counts_are_equal(one: bytes, other: bytes) -> None:
    alike = likeness(one, other)

    if alike.first and not one.hex().startswith("0" * FASHIONABLE_ZEROS):
        assert one.hex()[: alike.first] == other.hex()[: alike.first]
    if alike.last and not one.hex().endswith("0" * FASHIONABLE_ZEROS):
        assert one.hex()[-alike.last :] == other.hex()[-alike.last :]


@given(st.integers(1, 10), st.integers(1, 10))
def test_it_counts_what_was_copied(first: int, last: int) -> None:
    real = "1" * 20 + "2" * 20
    made = real[:first] + "3" * (DIGITS - first - last) + real[DIGITS - last :]

    alike = likeness(bytes.fromhex(real), bytes.fromhex(made))

    assert (alike.first, alike.last, alike.total) == (first, last, first + last)


def test_zeros_at_the_ends_are_fashion_and_do_not_count() -> None:
    one, other = bytes(6) + b"\x11" * 8 + bytes(6), bytes(6) + b"\x22" * 8 + bytes(6)

    assert likeness(one, other).total == 0


@given(ADDRESSES, ADDRESSES, st.binary(min_size=18, max_size=18))
def test_addresses_alike_at_both_ends_have_one_key(owner: bytes, real: bytes, middle: bytes) -> None:
    made = real[:1] + middle + real[-1:]

    found = keys(pl.Series([owner, owner], dtype=pl.Binary()), pl.Series([real, made], dtype=pl.Binary()))

    assert found[0] == found[1]
