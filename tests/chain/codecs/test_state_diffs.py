"""Two formats of state diff become the same rows."""

from dataclasses import replace
from pathlib import Path

import pytest

from json_samples import ALICE, BOB, FIRST, TOKEN, header, recording
from tocsin.chain.codecs import tables
from tocsin.edge.recordings import read_one
from tocsin.model.errors import InconsistentInput

PARITY = {
    ALICE: {"balance": {"*": {"from": "0x9", "to": "0x5"}}, "nonce": {"*": {"from": "0x1", "to": "0x2"}}, "code": "="},
    BOB: {"balance": {"+": "0x4"}, "nonce": {"+": "0x0"}, "code": {"+": "0x6001"}, "storage": {"0x1": {"+": "0x7"}}},
    TOKEN: {"balance": {"-": "0x3"}, "nonce": {"-": "0x1"}, "code": {"-": "0x60"}, "storage": {}},
}
PRESTATE = {
    "pre": {ALICE: {"balance": "0x9", "nonce": 1}, TOKEN: {"balance": "0x3", "nonce": 1, "code": "0x60"}},
    "post": {
        ALICE: {"balance": "0x5", "nonce": 2},
        BOB: {"balance": "0x4", "code": "0x6001", "storage": {"0x1": "0x7"}},
    },
}


def rows(**answers: object) -> list[tuple[object, ...]]:
    found = tables([recording(eth_getBlockByNumber=header(FIRST), **answers)])["state_changes"]
    return sorted(found.select("address", "kind", "slot", "before", "after").rows(), key=repr)


def test_both_formats_say_the_same() -> None:
    parity = rows(trace_replayBlockTransactions=[{"transactionHash": FIRST, "stateDiff": PARITY}])
    prestate = rows(debug_traceBlockByNumber__prestateTracer__diffMode=[{"txHash": FIRST, "result": PRESTATE}])
    assert parity == prestate
    assert len(parity) == 8


def test_a_slot_set_to_zero_of_an_account_that_stays() -> None:
    diff = {"pre": {BOB: {"balance": "0x0", "storage": {"0x1": "0x7"}}}, "post": {BOB: {}}}
    ((_, kind, slot, before, after),) = rows(
        debug_traceBlockByNumber__prestateTracer__diffMode=[{"txHash": FIRST, "result": diff}]
    )
    assert (kind, slot, before, after) == ("storage", (1).to_bytes(32), (7).to_bytes(32), bytes(32))


def test_what_the_block_itself_changed_belongs_to_no_transaction() -> None:
    diff = {ALICE: {"balance": {"*": {"from": "0x9", "to": "0xa"}}}}
    entries = [{"transactionHash": FIRST, "stateDiff": {}}, {"transactionHash": None, "stateDiff": diff}]
    found = tables([recording(eth_getBlockByNumber=header(FIRST), trace_replayBlockTransactions=entries)])
    assert found["state_changes"]["transaction_hash"].to_list() == [None]


def test_a_diff_of_a_transaction_that_is_not_in_the_block() -> None:
    with pytest.raises(InconsistentInput, match="not in the block"):
        rows(trace_replayBlockTransactions=[{"transactionHash": "0x" + "9" * 64, "stateDiff": {}}])


@pytest.mark.recorded
def test_a_real_block_in_both_formats(recorded_data: Path) -> None:
    whole = read_one(recorded_data / "state" / "17073191.json.gz")
    halves = [
        tables([replace(whole, answers={m: a for m, a in whole.answers.items() if part not in m})])["state_changes"]
        for part in ("prestateTracer", "replay")
    ]
    parity, prestate = (half.filter(half["transaction_hash"].is_not_null()) for half in halves)
    columns = [name for name in parity.columns if name not in ("transaction_index",)]
    assert prestate.height > 700
    assert sorted(parity.select(columns).rows(), key=repr) == sorted(prestate.select(columns).rows(), key=repr)
