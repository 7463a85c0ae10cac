"""What the page about channels shows is so."""

import re
from pathlib import Path

from tocsin.app.telling.file import parse_channels
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.kinds.webhook import signature
from tocsin.respond.channels.tlp import MAY_REACH, Reach, Tlp
from tocsin.respond.updates.text import SAMPLE, rendered
from tocsin.respond.updates.update import MOST_ATTEMPTS, MOVES, delay

PAGE = (Path(__file__).parents[1] / "docs" / "channels.md").read_text()
VARIABLES = ("SMTP_PASSWORD", "SLACK_TOKEN", "TWILIO_TOKEN", "PAGERDUTY_KEY", "SOAR_KEY")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    table = PAGE[PAGE.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


def test_the_whole_file_is_one() -> None:
    file = parse_channels(blocks("toml")[1], "channels.toml", dict.fromkeys(VARIABLES, "0123456789abcdef"))
    assert [each.channel.id for each in file.channels.values()] == ["email", "slack", "voice", "pagerduty", "webhook"]
    assert [each.reach for each in file.groups.values()] == [Reach.ORGANISATION, Reach.CLIENTS, Reach.PUBLIC]


def test_a_receiver_written_as_shown_takes_our_signatures_and_no_others() -> None:
    found: dict[str, object] = {}
    exec(blocks("python")[0], found)  # noqa: S102 - the page's own example
    is_genuine, body = found["is_genuine"], b'{"id":"1"}'
    assert callable(is_genuine)
    header = signature((b"new", b"old"), 1_000, body)
    assert is_genuine(header, body, b"new", 1_100.0)
    assert is_genuine(header, body, b"old", 1_100.0)
    assert not is_genuine(header, body, b"other", 1_100.0)
    assert not is_genuine(header, body + b" ", b"new", 1_100.0)
    assert not is_genuine(header, body, b"new", 1_400.0)
    assert not is_genuine("v1=abc", body, b"new", 1_100.0)


def test_the_table_of_labels_is_the_one_that_is_used() -> None:
    for label, *cells in rows("| label |"):
        reaches = {reach for reach, cell in zip(Reach, cells, strict=True) if cell == "yes"}
        assert reaches == MAY_REACH[Tlp(label)]


def test_the_template_is_one_and_everything_it_may_name_is_named() -> None:
    assert rendered(blocks("jinja")[0], SAMPLE).title == "The bank is empty: update 1"
    section = PAGE[PAGE.index("It may name") :].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(SAMPLE)


def test_kinds_moves_and_retries_are_as_told() -> None:
    for name in kinds():
        assert name in PAGE.lower().replace("text messages", "sms").replace("calls by telephone", "voice")
    assert {word for word in MOVES if word != "submit"} <= set(re.findall(r"`(\w+)`", PAGE))
    minutes = sum(delay(attempt, 0.0) for attempt in range(1, MOST_ATTEMPTS)) / 60
    assert f"{MOST_ATTEMPTS}\ntimes over about {round(minutes)} minutes" in PAGE
