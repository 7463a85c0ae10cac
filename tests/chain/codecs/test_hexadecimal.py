"""Hexadecimal text becomes the same bytes as one value at a time would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.codecs import hexadecimal as hx
from tocsin.model.errors import MalformedInput
from tocsin.tables.amounts import to_integers


def shown(raw: bytes | None) -> str | None:
    return None if raw is None else "0x" + raw.hex()


@given(st.lists(st.none() | st.binary(min_size=20, max_size=20)))
def test_fixed_width(values: list[bytes | None]) -> None:
    assert hx.fixed([shown(value) for value in values], 20, "a").to_list() == values


@given(st.lists(st.none() | st.binary(max_size=70)))
def test_any_width(values: list[bytes | None]) -> None:
    assert hx.octets([shown(value) for value in values], "d").to_list() == values


@given(st.lists(st.integers(0, 2**256 - 1)))
def test_amounts(values: list[int]) -> None:
    exact, rounded = hx.amount([hex(value) for value in values], "v")
    assert to_integers(exact) == values
    assert rounded.to_list() == pytest.approx([float(value) for value in values], rel=1e-12)


@given(st.text(max_size=70))
def test_any_text_is_read_exactly_or_refused(text: str) -> None:
    for read in (lambda: hx.fixed([text], 20, "f"), lambda: hx.octets([text], "o"), lambda: hx.quantities([text], "q")):
        try:
            read()
        except MalformedInput:
            continue
        assert text[:2] in ("0x", "0X")
        assert all(character in "0123456789abcdefABCDEF" for character in text[2:])


@pytest.mark.parametrize("text", ["0x" + "é" * 40, "0x" + "0" * 39 + "g", "0x" + " " * 40, "0x" + "1_" * 20])
def test_what_only_looks_like_hexadecimal(text: str) -> None:
    for read in (lambda: hx.fixed([text], 20, "f"), lambda: hx.octets([text], "f"), lambda: hx.quantities([text], "f")):
        with pytest.raises(MalformedInput, match="f:"):
            read()
