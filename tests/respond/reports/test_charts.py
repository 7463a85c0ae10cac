"""Drawings: whole SVG, all of it within its frame, and escaped."""

import re
from xml.etree.ElementTree import fromstring  # the drawings are our own

from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.reports.charts import WIDTH, Moment, moments, steps

TIMES = st.floats(0, 4e9, allow_nan=False)


@given(st.lists(st.builds(Moment, st.text(st.characters(categories=["L", "P"])), TIMES), min_size=1, max_size=9))
def test_moments_stand_on_rows_of_their_own_within_the_frame(found: list[Moment]) -> None:
    drawn = fromstring(moments(found))  # noqa: S314 - our own

    circles = [element for element in drawn if element.tag.endswith("circle")]
    assert len({circle.get("cy") for circle in circles}) == len(found)
    assert all(0 <= float(circle.get("cx", "-1")) <= WIDTH for circle in circles)


CENTS = st.integers(0, 2**256)


@given(st.lists(st.lists(st.tuples(TIMES, CENTS), min_size=1, max_size=5), min_size=1, max_size=4))
def test_sums_however_large_stay_within_the_frame(series: list[list[tuple[float, int]]]) -> None:
    text = steps(("taken", points) for points in series)

    drawn = fromstring(text)  # noqa: S314 - our own
    height = float(drawn.get("height", "0"))
    for points in re.findall(r'points="([^"]*)"', text):
        for pair in points.split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= height


def test_a_name_is_no_markup() -> None:
    assert "<script>" not in moments([Moment("<script>", 1.0)])
