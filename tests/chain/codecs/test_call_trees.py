"""Call trees of both formats become the same rows."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from json_samples import BOB, FIRST, SECOND, TOKEN, frame, header, recording, trace, transaction
from tocsin.chain.codecs import tables
from tocsin.chain.codecs.recording import parse
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import json_rpc, methods, verify
from tocsin.model.errors import InconsistentInput, InputError, MalformedInput

HEADER = Header(number=5, hash=b"\x11" * 32, parent_hash=b"\x00" * 32, timestamp=1)


def single(root: object) -> Recording:
    answer = {"debug_traceTransaction": json.dumps(root).encode()}
    return Recording(chain_id=1, name="one", answers=answer, transaction_hash=bytes.fromhex(FIRST[2:]))


def test_the_shape_of_the_tree_is_worked_out() -> None:
    tree = frame(frame(frame(error="reverted"), frame(type="STATICCALL")), frame(type="DELEGATECALL"))
    calls = tables([single(tree)])["calls"]
    assert calls["trace_address"].to_list() == [[], [0], [0, 0], [0, 1], [1]]
    assert calls["parent_index"].to_list() == [None, 0, 1, 1, 0]
    assert calls["subtree_end"].to_list() == [5, 4, 3, 4, 5]
    assert calls["depth"].to_list() == [0, 1, 2, 2, 1]
    assert calls["reverted"].to_list() == [False, False, True, False, False]


def test_what_a_failed_frame_did_is_undone_with_it() -> None:
    calls = tables([single(frame(frame(frame(), frame(frame())), frame(), error="out of gas"))])["calls"]
    assert calls["reverted"].all()


def test_both_formats_give_the_same_rows() -> None:
    parity = recording(trace_block=[trace([]), trace([0]), trace([0, 0], error="Reverted", result=None), trace([1])])
    child = frame(frame(input="0xa9059cbb00", error="Reverted", gasUsed=None), input="0xa9059cbb00", output="0x")
    leaf = frame(input="0xa9059cbb00", output="0x")
    entry = {"txHash": FIRST, "result": frame(child, leaf, input="0xa9059cbb00", output="0x")}
    geth = recording(eth_getBlockByNumber=header(FIRST), debug_traceBlockByNumber__callTracer=[entry])
    other = tables([geth])["calls"].drop("error", "output")
    assert tables([parity])["calls"].drop("error", "output").equals(other)


def test_creations_and_self_destructs_of_both_formats() -> None:
    made = {"from": TOKEN, "value": "0x0", "gas": "0x1", "init": "0x60"}
    result = {"address": BOB, "code": "0x6001", "gasUsed": "0x1"}
    gone = {"address": BOB, "refundAddress": TOKEN, "balance": "0x9"}
    parity = tables(
        [
            recording(
                trace_block=[
                    trace([]),
                    trace([0], type="create", action=made, result=result),
                    trace([1], type="suicide", action=gone, result=None),
                    trace([], type="reward", transactionPosition=None, transactionHash=None),
                ]
            )
        ]
    )["calls"]
    assert parity["call_type"].to_list() == ["call", "create", "selfdestruct"]
    assert parity["selector"].to_list() == [bytes.fromhex("a9059cbb"), None, None]
    geth = tables([single(frame(frame(type="CREATE2", to=BOB, error="failed"), frame(type="SELFDESTRUCT", to=TOKEN)))])
    assert geth["calls"]["call_type"].to_list() == ["call", "create2", "selfdestruct"]
    assert geth["calls"]["to_address"].to_list()[1] is None


def test_a_thousand_deep_and_ten_thousand_wide() -> None:
    opening = json.dumps(frame())[:-1] + ', "calls": ['
    deep = (opening * 1_000 + json.dumps(frame()) + "]}" * 1_000).encode()
    recorded = Recording(chain_id=1, name="deep", answers={"debug_traceTransaction": deep})
    assert tables([recorded])["calls"]["depth"].max() == 1_000
    assert tables([single(frame(*[frame()] * 10_000))])["calls"].height == 10_001


def test_a_thousand_deep_tree_in_a_block_is_read_on_its_whole_way() -> None:
    opening = json.dumps(frame())[:-1] + ', "calls": ['
    deep = opening * 1_000 + json.dumps(frame()) + "]}" * 1_000
    answer = f'[{{"txHash": "{FIRST}", "result": {deep}}}]'

    said = f'{{"jsonrpc": "2.0", "id": 1, "result": {answer}}}'.encode()
    (raw,) = json_rpc.parse(said, [json_rpc.Request("debug_traceBlockByHash", ())], 1, "node")
    assert isinstance(raw, bytes)
    assert verify.check(methods.CALL_TRACER, raw, verify.Block(HEADER, (FIRST,), ""), "node") is None

    kept = parse(f'{{"chain_id": 1, "debug_traceBlockByHash:callTracer": {answer}}}'.encode(), "deep")
    assert tables([kept])["calls"]["depth"].max() == 1_000


@pytest.mark.parametrize("tracer", ["callTracer", "prestateTracer:diffMode"])
@pytest.mark.parametrize("entry", [{"result": None}, {"error": "execution timeout"}])
def test_a_transaction_that_was_not_traced_is_not_one_without_calls(tracer: str, entry: dict[str, object]) -> None:
    method = f"debug_traceBlockByNumber:{tracer}"
    answer = json.dumps([{"txHash": FIRST, **entry}]).encode()
    with pytest.raises(InconsistentInput, match=r"transaction 0 came without its trace"):
        tables([Recording(chain_id=1, name="half", answers={method: answer})])


def test_traces_that_lack_a_transaction_are_not_whole() -> None:
    block = header(transaction(), transaction(1))
    with pytest.raises(InconsistentInput, match="no call of 1 transactions, such as transaction 1"):
        tables([recording(eth_getBlockByNumber=block, trace_block=[trace([])])])
    free = header(transaction(), transaction(1, gas="0x0"))
    assert tables([recording(eth_getBlockByNumber=free, trace_block=[trace([])])])["calls"].height == 1


def test_nesting_that_no_machine_makes_is_an_error() -> None:
    answer = b'{"type":"CALL","from":"0x","calls":[' * 200_000
    with pytest.raises(InputError):
        tables([Recording(chain_id=1, name="hostile", answers={"debug_traceTransaction": answer})])


def test_nesting_is_an_error_too_where_somebody_has_raised_the_recursion_limit() -> None:
    """py_ecc does, by being imported: the stack would overflow long before a limit of 100 000."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        test_nesting_that_no_machine_makes_is_an_error()
        assert sys.getrecursionlimit() == 100_000
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    ("traces", "error"),
    [
        ([trace([0])], InconsistentInput),
        ([trace([]), trace([])], InconsistentInput),
        ([trace([]), trace([0, 0])], InconsistentInput),
        ([trace([]), trace([0]), trace([1, 0])], InconsistentInput),
        ([trace([]), trace([], 1), trace([0])], InconsistentInput),
        ([trace([-1])], InputError),
        ([trace([]), trace([], transactionHash=SECOND)], InconsistentInput),
        ([trace([], type="teleport")], MalformedInput),
        ([trace([], action={"callType": "hug", "from": BOB, "to": BOB})], MalformedInput),
    ],
)
def test_a_tree_that_is_none_is_named(traces: list[object], error: type[InputError]) -> None:
    with pytest.raises(error, match="block 5"):
        tables([recording(eth_getBlockByNumber=header(FIRST, SECOND), trace_block=traces)])


trees = st.recursive(st.builds(frame), lambda inner: st.lists(inner, max_size=4).map(lambda calls: frame(*calls)))


@given(trees)
def test_every_tree_keeps_its_laws(tree: dict[str, object]) -> None:
    calls = tables([single(tree)])["calls"]
    rows = calls.select("call_index", "parent_index", "subtree_end", "depth").rows()
    assert [row[0] for row in rows] == list(range(len(rows)))
    for index, parent, end, depth in rows:
        inside = [row for row in rows if index < row[0] < end]
        assert all(row[3] > depth for row in inside)
        assert parent is None or rows[parent][0] < index < rows[parent][2]
