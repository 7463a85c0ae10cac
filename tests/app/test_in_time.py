"""Recordings of several chains come in the order of time, those of one in the order of their names."""

import json
from pathlib import Path

import pytest

from tocsin.app.sources.in_time import MOST_SEQUENCES, lanes, merged
from tocsin.chain.recording import Recording

ETHEREUM, OTHER = 1, 10


def recording(chain_id: int, name: str, time: int | None) -> Recording:
    block = {} if time is None else {"eth_getBlockByNumber": json.dumps({"timestamp": hex(time)}).encode()}
    return Recording(chain_id=chain_id, name=name, answers=block)


def in_lanes(*names: str) -> list[list[str]]:
    """The lanes of these paths, whose chain is what follows `c` in the folder or begins the name."""

    def chain_of(path: Path) -> int:
        return int(path.parent.name.removeprefix("c") or path.name.split("-")[0])

    return [[str(path) for path in lane] for lane in lanes([Path(name) for name in names], chain_of)]


def test_chains_in_one_folder_and_in_folders_of_their_own_are_lanes() -> None:
    written = ("c/1-000000007.json.gz", "c/1-000000008.json.gz", "c/10-000000003.json.gz", "c/10-000000004.json.gz")
    assert in_lanes(*written) == [list(written[:2]), list(written[2:])]

    folders = ("c1/a.json", "c1/b.json", "c10/a.json")
    assert in_lanes(*folders) == [list(folders[:2]), ["c10/a.json"]]


def test_two_folders_of_one_chain_and_one_sequence_of_both_chains_stay_as_they_are() -> None:
    folders = ("x/c1/2.json", "y/c1/1.json")
    assert in_lanes(*folders) == [list(folders)]

    sequence = tuple(f"c1/{n:04}-{chain}.json.gz" for n, chain in enumerate([ETHEREUM, OTHER] * MOST_SEQUENCES))
    assert in_lanes(*sequence) == [list(sequence)]


def test_lanes_are_merged_by_time_and_what_has_no_time_stays_behind_what_was_before_it() -> None:
    one = [recording(ETHEREUM, "a", 10), recording(ETHEREUM, "b", None), recording(ETHEREUM, "c", 30)]
    other = [recording(OTHER, "d", 5), recording(OTHER, "e", 10), recording(OTHER, "f", 20)]

    assert [each.name for each in merged([iter(one), iter(other)])] == ["d", "a", "b", "e", "f", "c"]


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b'{"timestamp": 7}', b'{"timestamp": "0xzz"}'])
def test_nonsense_for_a_time_is_none(answer: bytes) -> None:
    hostile = Recording(chain_id=OTHER, name="x", answers={"eth_getBlockByNumber": answer})

    assert [each.name for each in merged([iter([recording(ETHEREUM, "a", 1)]), iter([hostile])])] == ["x", "a"]
