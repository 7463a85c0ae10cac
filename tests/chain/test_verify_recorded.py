"""Real answers of real nodes pass as what they are, and as nothing else."""

import json
from pathlib import Path

import pytest

from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods, verify
from tocsin.edge import recordings
from tocsin.model.errors import InconsistentInput

pytestmark = pytest.mark.recorded
WHOLE = ("mev/blocks/12900060.json.gz", "mev/blocks/13002906.json.gz", "state/18000000.json.gz")


def recorded(path: Path) -> Recording:
    (recording,) = recordings.read(path)
    return recording


def block_of(recording: Recording) -> verify.Block:
    raw = recording.answers[methods.BLOCK]
    said = json.loads(raw)
    wanted = Header(
        number=int(said["number"], 16), hash=bytes.fromhex(said["hash"][2:]), parent_hash=bytes(32), timestamp=0
    )
    return verify.block(raw, wanted, "node")


@pytest.mark.parametrize("name", WHOLE)
def test_the_answers_for_a_block_are_about_it_and_no_other(recorded_data: Path, name: str) -> None:
    recording = recorded(recorded_data / name)
    of = block_of(recording)
    other = block_of(recorded(recorded_data / next(each for each in WHOLE if each != name)))
    for key in recording.methods & (methods.METHODS.keys() - {methods.BLOCK}):
        verify.check(key, recording.answers[key], of, "node")
        with pytest.raises(InconsistentInput):
            verify.check(key, recording.answers[key], other, "node")


def test_traces_and_state_differences_are_whole(recorded_data: Path) -> None:
    recording = recorded(recorded_data / "state" / "17073191.json.gz")
    roots = [each for each in json.loads(recording.answers[methods.TRACE_BLOCK]) if each.get("transactionHash")]
    transactions = tuple(dict.fromkeys(each["transactionHash"] for each in roots))
    header = Header(
        number=17_073_191, hash=bytes.fromhex(roots[0]["blockHash"][2:]), parent_hash=bytes(32), timestamp=0
    )
    of = verify.Block(header, transactions, "")
    for key in (methods.TRACE_BLOCK, methods.TRACE_REPLAY, methods.PRESTATE_DIFF):
        verify.check(key, recording.answers[key], of, "node")
        with pytest.raises(InconsistentInput):
            verify.check(key, recording.answers[key], verify.Block(header, (*transactions, "0x" + "00" * 32), ""), "n")
