"""What is piped or pasted in: whole, once, bounded, however long its lines are."""

import os
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tocsin.edge import standard_input
from tocsin.model.errors import MalformedInput, SourceError

LONG = b'{"input": "0x' + b"ab" * 20_000 + b'"}'
"""A line far longer than a terminal hands over at once."""


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    standard_input.read.cache_clear()
    yield
    standard_input.read.cache_clear()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Make a descriptor the standard input, until the test is done."""
    streams = []

    def make(descriptor: int) -> None:
        streams.append(os.fdopen(descriptor))
        monkeypatch.setattr(sys, "stdin", streams[-1])

    yield make
    for stream in streams:
        stream.close()


def written(descriptor: int, data: bytes, *, close: bool) -> threading.Thread:
    """Write all of it from beside."""

    def write() -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left[:1_000]) :]
        if close:
            os.close(descriptor)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def test_a_pipe_is_read_to_its_end_and_remembered(given: Callable[[int], None]) -> None:
    end, start = os.pipe()
    written(start, LONG + b"\x04", close=True)
    given(end)
    assert not standard_input.is_typed()
    assert standard_input.read() == LONG + b"\x04"
    assert standard_input.read() == LONG + b"\x04"


def test_a_paste_of_one_long_line_is_read_whole(given: Callable[[int], None]) -> None:
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    outside, inside = pty.openpty()
    before = termios.tcgetattr(inside)
    given(inside)
    assert standard_input.is_typed()
    ready, found = threading.Event(), []

    def read() -> None:
        ready.set()
        found.append(standard_input.read())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    ready.wait(5)
    while termios.tcgetattr(inside)[3] & termios.ICANON:
        pass
    written(outside, LONG + b"\n" + standard_input.END + b"what comes after", close=False)
    reader.join(10)

    assert found == [LONG + b"\n"]
    assert termios.tcgetattr(inside) == before
    os.close(outside)


def test_more_than_a_recording_may_have_is_refused(
    given: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standard_input, "SIZE_LIMIT", 100)
    end, start = os.pipe()
    written(start, b"x" * 101, close=True)
    given(end)
    with pytest.raises(MalformedInput, match="standard input: more than 100 bytes"):
        standard_input.read()


def test_none_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not standard_input.is_typed()
    with pytest.raises(SourceError, match="there is none"):
        standard_input.read()
