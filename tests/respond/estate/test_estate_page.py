"""The page about the estate: its example is one, and it names every table, way and expectation."""

import re
from dataclasses import fields
from pathlib import Path

from tocsin.respond.estate.estate import HOWS, Expected
from tocsin.respond.estate.links import KINDS
from tocsin.respond.estate.reading import parse

PAGE = (Path(__file__).parents[3] / "docs" / "estate.md").read_text()


def test_the_example_is_an_estate_and_says_what_the_page_says_of_it() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    estate = parse(example, "docs/estate.md")

    assert set(estate.people) == {"ada", "ben"}
    vault = estate.assets["vault"]
    assert estate.hangs_on(vault) == ("eth-usd", "guardian"), "the page says so"


def test_every_word_that_may_be_written_is_on_the_page() -> None:
    words = (*KINDS, *HOWS, *(field.name for field in fields(Expected)))

    assert [word for word in words if f"`{word}`" not in PAGE and f"[[{word}]]" not in PAGE] == []
