"""Numbers in rules are exact, however they are written."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import compiled, found, written

from tocsin.detect.rules.quantities import seconds, whole

AMOUNTS = st.integers(0, 2**256 - 1)


@given(st.integers(-(2**256), 2**256))
def test_a_number_written_out_is_itself(number: int) -> None:
    assert whole(str(number)) == number
    assert whole(f"{number:_}") == number
    if number >= 0:
        assert whole(hex(number)) == number


@given(st.integers(0, 10**20), st.integers(0, 10**20), st.integers(0, 40))
def test_an_exponent_moves_the_point_exactly_or_is_refused(before: int, after: int, exponent: int) -> None:
    text = f"{before}.{after}e{exponent}"
    with localcontext() as context:
        context.prec = 200
        exact = Decimal(text)
        expected = int(exact) if exact == exact.to_integral_value() else None
    assert whole(text) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("1000e18", 10**21), ("20_000e6", 2 * 10**10), ("1.5e3", 1_500), ("0x_ff", None), ("1e-3", None)],
)
def test_what_people_write(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", "e5", "1__0", "_1", "1e999", "nan", "١", "9" * 201, "1 000", "1.5"])
def test_what_is_no_whole_number(text: str) -> None:
    assert whole(text) is None


@pytest.mark.parametrize(("text", "span"), [("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400), ("5", None)])
def test_spans(text: str, span: int | None) -> None:
    assert seconds(text) == span


@given(AMOUNTS, AMOUNTS.filter(lambda limit: limit > 0), st.sampled_from(["gt", "gte", "lt", "lte"]))
def test_amounts_are_compared_in_all_256_bits(value: int, limit: int, order: str) -> None:
    if (order, limit) in {("gt", 2**256 - 1), ("lt", 0)}:
        return  # never matches, and is refused
    detector = compiled(written(f"s: {{value|{order}: {limit}}}\ncondition: s"), force=True)
    expected = {"gt": value > limit, "gte": value >= limit, "lt": value < limit, "lte": value <= limit}[order]
    assert bool(found(detector, transfers=[{"value": value}])) is expected


@given(AMOUNTS, st.integers(-2, 2))
def test_a_neighbour_is_not_the_same(value: int, apart: int) -> None:
    other = (value + apart) % 2**256
    detector = compiled(written(f"s: {{value: {value}}}\ncondition: s"))
    (*findings,) = found(detector, transfers=[{"value": other}])
    assert bool(findings) is (other == value)
    assert all(finding.values["value"] == value for finding in findings)
