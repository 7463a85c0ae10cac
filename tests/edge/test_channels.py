"""Notices as JSON lines."""

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tocsin.edge.channels import to_file
from tocsin.edge.store.values import Notice
from tocsin.model.errors import SettingError


def notice(number: int) -> Notice:
    return Notice(sequence=number, key=f"{number}:0", kind="finding", attempts=0, body={"title": "Zürich\n\u202e"})


def test_a_file_grows_by_a_line_a_notice(tmp_path: Path) -> None:
    channel = to_file(tmp_path / "notices.jsonl")
    for number in (1, 2):
        channel.tell(notice(number))

    lines = [json.loads(line) for line in (tmp_path / "notices.jsonl").read_text().splitlines()]
    assert [line["key"] for line in lines] == ["1:0", "2:0"]
    assert lines[0]["finding"] == {"title": "Zürich\n\u202e"}


def test_a_line_that_a_killed_writer_left_unfinished_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_text('{"key": "0:0", "ki')

    to_file(path).tell(notice(1))

    torn, whole = path.read_text().splitlines()
    assert (torn, json.loads(whole)["key"]) == ('{"key": "0:0", "ki', "1:0")


def test_a_file_without_a_folder_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"\[outbox\] file: there is no folder .*absent"):
        to_file(tmp_path / "absent" / "notices.jsonl")


def test_a_file_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        to_file(tmp_path).tell(notice(1))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: a write beyond this size is cut short, the next one fails."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_fills_up_in_the_middle_of_a_line_leaves_no_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    channel = to_file(path)
    channel.tell(notice(1))
    first = path.read_text()

    with files_of_at_most(len(first) + 9), pytest.raises(OSError, match="too large"):
        channel.tell(notice(2))
    assert path.read_text() == first

    channel.tell(notice(2))
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["1:0", "2:0"]
