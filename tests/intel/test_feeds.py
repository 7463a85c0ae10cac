"""Every feed reads what its examples say, and refuses what they say it refuses."""

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.known import load
from tocsin.detect.known import KNOWN
from tocsin.intel.catalogue import HEAD_BYTES, feeds, read
from tocsin.intel.feed import Example, Feed
from tocsin.intel.reference import REFERENCE_COLUMNS
from tocsin.model.errors import MalformedInput, SourceError
from tocsin.tables.columns import schema

CASES = [
    pytest.param(feed, example, id=f"{feed.id}: {example.says}")
    for feed in feeds().values()
    for example in feed.examples
]


def plain(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value


@pytest.mark.parametrize(("feed", "example"), CASES)
def test_example(feed: Feed, example: Example) -> None:
    """It is recognised by this feed alone, and read or refused as said."""
    head = example.content[:HEAD_BYTES]
    assert [each.id for each in feeds().values() if each.recognises(example.name, head)] == [feed.id]
    if example.refuses:
        with pytest.raises(MalformedInput) as refused:
            feed.read(example.content, example.name)
        assert example.refuses in str(refused.value)
        assert example.name in str(refused.value)
        return
    found = feed.read(example.content, example.name)
    assert set(found) == set(example.gives)
    for table, wanted in example.gives.items():
        assert found[table].schema == schema(REFERENCE_COLUMNS[table])
        assert found[table].height == len(wanted)
        for row, expected in zip(found[table].iter_rows(named=True), wanted, strict=True):
            assert {name: plain(row[name]) for name in expected} == dict(expected)


@given(st.binary(max_size=300), st.sampled_from(sorted(feeds())))
def test_nonsense_is_refused_by_name(content: bytes, name: str) -> None:
    """Whatever a file holds, a feed reads it or says that it is malformed: it raises nothing else."""
    for feed in feeds().values():
        beginning = next(example.content for example in feed.examples)[:40]
        for each in (content, beginning + content):
            with suppress(MalformedInput):
                feed.read(each, name)


def test_files_and_folders_are_loaded_on_top_of_what_is_known(tmp_path: Path) -> None:
    """A folder with a packed price list: its price is there beside the built-in ones."""
    content = b"chain_id,token_address,decimals,dollars\n1,0x" + b"ab" * 20 + b",6,2.5\n"
    (tmp_path / "prices.csv.gz").write_bytes(gzip.compress(content))
    known = load([tmp_path])
    assert known["prices"].height == KNOWN["prices"].height + 1
    assert known["labels"].is_empty()


PACKED = gzip.compress(bytes(range(256)) * 50)


@pytest.mark.parametrize("damaged", [PACKED[:20], PACKED[:30] + b"\xff" * 90, b"not packed"])
def test_a_packed_file_that_is_damaged_is_named(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "prices.csv.gz").write_bytes(damaged)
    with pytest.raises(MalformedInput, match=r"prices\.csv\.gz: cannot be unpacked"):
        load([tmp_path])


def test_what_is_not_there_is_said_with_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"")
    with pytest.raises(SourceError, match=r"did you mean .*labels\.csv"):
        load([tmp_path / "lables.csv"])
    with pytest.raises(MalformedInput, match="nothing that is known here"):
        load([tmp_path / "labels.csv"])


@pytest.mark.recorded
def test_the_public_lists_are_read(recorded_data: Path) -> None:
    """The real files: thousands of labels, none of them malformed."""
    known = load([recorded_data / "labels"])
    kinds = set(known["labels"]["kind"].to_list())
    assert {"sanctioned", "phishing", "exploit", "exchange", "mixer", "mev", "bridge"} <= kinds
    assert known["labels"].height > 10_000


def test_nothing_reads_what_nobody_recognises() -> None:
    with pytest.raises(MalformedInput, match="formats: "):
        read(b"{}", "x.json")
