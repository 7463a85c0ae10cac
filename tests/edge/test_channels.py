"""Notices as JSON lines."""

import json
from pathlib import Path

import pytest

from tocsin.edge.channels import to_file
from tocsin.edge.store.values import Notice


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


def test_a_file_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        to_file(tmp_path / "absent" / "notices.jsonl").tell(notice(1))
