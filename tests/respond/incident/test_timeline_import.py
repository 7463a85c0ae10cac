"""Timelines of other tools are read as they stand, and what is wrong is told with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import Unacceptable
from tocsin.respond.incident import timeline_import
from tocsin.respond.incident.timeline_import import read

CSV = "datetime,timestamp_desc,message,host\n2026-11-30T03:12:00Z,log,Login,a\n"
JSON_LINE = '{"datetime": "2026-11-30T03:12:00Z", "timestamp_desc": "log", "message": "Login", "host": "a"}\n'


def test_both_forms_say_the_same() -> None:
    assert read(CSV) == read(JSON_LINE)
    assert (read(CSV)[0].text, read(CSV)[0].time_zone, read(CSV)[0].category) == ("Login", "UTC", "log")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "datetime, timestamp_desc, message are missing"),
        ("datetime,message\n", "timestamp_desc are missing"),
        ("datetime,timestamp_desc,message\n", "no line"),
        (CSV.replace("2026-11-30T03:12:00Z", "yesterday"), "line 2: 'yesterday' is no time"),
        (CSV.replace("Login", " "), "line 2: message is missing"),
        (CSV.replace(",Login,a", ""), "line 2: .* must all be texts"),
        (JSON_LINE + "{", "line 2: not JSON"),
        ('{"datetime": 5, "timestamp_desc": "", "message": "x"}', "line 1: .* must all be texts"),
        ("{}\n[]", "line 1"),
        (CSV.replace("Login", "x" * 4_001), "4,001 characters"),
        ("datetime,timestamp_desc,message\n" + "2026-11-30,log,x\n" * (timeline_import.MOST_LINES + 1), "in parts"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, says: str) -> None:
    with pytest.raises(Unacceptable, match=says):
        read(text)


@given(st.text(max_size=300))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    for form in (text, "{" + text, "datetime,timestamp_desc,message\n" + text):
        try:
            assert read(form)
        except Unacceptable:
            continue
