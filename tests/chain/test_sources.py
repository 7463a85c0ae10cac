"""The suite every source inherits: its examples hold, and no argument names two kinds of source."""

import pytest

from tocsin.app.sources import READERS
from tocsin.chain.catalogue import datasets, sources
from tocsin.chain.source import Example, Source

SOURCES = sources()
EXAMPLES = [(source, example) for source in SOURCES.values() for example in source.examples]


@pytest.mark.parametrize(("source", "example"), EXAMPLES, ids=[f"{s.id}: {e.says}" for s, e in EXAMPLES])
def test_an_example_holds(source: Source, example: Example) -> None:
    assert source.recognises(example.argument, example.holds) == example.is_one


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_shows_one_that_is_and_one_that_is_not(source: Source) -> None:
    assert {example.is_one for example in source.examples} == {True, False}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_gives_datasets_that_exist(source: Source) -> None:
    assert source.gives <= datasets().keys()


def test_no_argument_names_two_kinds_of_source() -> None:
    for _, example in EXAMPLES:
        assert sum(source.recognises(example.argument, example.holds) for source in SOURCES.values()) <= 1, example


def test_each_kind_of_source_has_a_reader() -> None:
    assert READERS.keys() == SOURCES.keys()
