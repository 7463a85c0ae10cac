"""A trace in whichever shape it is pasted is the same trace; what is none is refused with what it looks like."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin.app
from tocsin.app.pipeline import examine
from tocsin.app.sources import Batch, Request, Unreadable, pieces
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs.faults import fault
from tocsin.chain.codecs.pasted import SHAPES
from tocsin.chain.codecs.recording import parse
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.edge import recordings
from tocsin.model.errors import MalformedInput
from tocsin.tables.columns import PLACE

Json = dict[str, Any]
HASH = "0x" + "7a" * 32
CHAIN = 56


def frame(to: str, data: bytes, value: int, children: list[Json], *, kind: str = "CALL", fails: bool = False) -> Json:
    """A callTracer frame; who calls is filled in by `called_by`."""
    given = {"type": kind, "from": "", "to": to, "gas": "0x5208", "gasUsed": "0x10", "input": "0x" + data.hex()}
    given |= {"value": hex(value)} if kind == "CALL" else {}
    given |= {"error": "execution reverted"} if fails else {"output": "0x01"}
    return {**given, "calls": children} if children else given


def called_by(caller: str, tree: Json) -> Json:
    """The tree with every frame's caller."""
    return {
        **tree,
        "from": caller,
        **({"calls": [called_by(tree["to"], each) for each in tree["calls"]]} if "calls" in tree else {}),
    }


addresses = st.integers(1, 5).map(lambda number: f"0x{number:040x}")
trees = st.recursive(
    st.builds(frame, addresses, st.binary(max_size=40), st.integers(0, 2**256 - 1), st.just([])),
    lambda inner: st.builds(
        frame,
        addresses,
        st.binary(max_size=40),
        st.integers(0, 2**256 - 1),
        st.lists(inner, max_size=3),
        kind=st.sampled_from(["CALL", "STATICCALL", "DELEGATECALL"]),
        fails=st.booleans(),
    ),
    max_leaves=12,
).map(lambda tree: called_by("0x" + "5e" * 20, tree))


def parity(tree: Json, path: tuple[int, ...] = ()) -> Iterator[Json]:
    """The same tree as Parity-style traces."""
    action = {name: tree[name] for name in ("from", "to", "gas", "input", "value") if name in tree}
    outcome = {"error": tree["error"]} if "error" in tree else {}
    yield {
        "type": "call",
        "action": {**action, "callType": tree["type"].lower()},
        "result": {"gasUsed": tree["gasUsed"], **({"output": tree["output"]} if "output" in tree else {})},
        "traceAddress": list(path),
        **outcome,
    }
    for number, child in enumerate(tree.get("calls", ())):
        yield from parity(child, (*path, number))


def enveloped(result: object) -> Json:
    """The answer as it comes over the wire."""
    return {"jsonrpc": "2.0", "id": 1, "result": result}


def placed(traces: Iterator[Json]) -> list[Json]:
    """The traces with the transaction they are of."""
    return [{**each, "transactionHash": HASH, "transactionPosition": 3, "blockNumber": 9} for each in traces]


WAYS: Mapping[str, Callable[[Json], object]] = {
    "a bare frame": lambda tree: tree,
    "a frame in its envelope": enveloped,
    "a frame beside its chain": lambda tree: {**tree, "chain_id": CHAIN, "transaction_hash": HASH},
    "an envelope beside its chain": lambda tree: {**enveloped(tree), "chain_id": CHAIN},
    "an entry of a block trace": lambda tree: {"txHash": HASH, "result": tree},
    "a block trace": lambda tree: [{"txHash": HASH, "result": tree}],
    "a block trace of an old node": lambda tree: [{"result": tree}],
    "a block trace in its envelope": lambda tree: enveloped([{"txHash": HASH, "result": tree}]),
    "trace_transaction": lambda tree: placed(parity(tree)),
    "trace_transaction in its envelope": lambda tree: enveloped(placed(parity(tree))),
    "traces that say no place": lambda tree: list(parity(tree)),
    "trace_replayTransaction": lambda tree: {"output": "0x", "stateDiff": None, "trace": list(parity(tree))},
    "trace_replayBlockTransactions": lambda tree: [{"transactionHash": HASH, "trace": list(parity(tree))}],
}


def tables(recording: Recording) -> dict[str, pl.DataFrame]:
    """What a recording says, apart from where it was."""
    every = derived(codecs.tables([recording]))
    return {name: rows.drop(*PLACE, strict=False) for name, rows in every.items()}


def as_recording(tree: Json) -> Recording:
    """The tree as a recording keeps it."""
    kept = {"chain_id": CHAIN, "transaction_hash": HASH, "debug_traceTransaction": tree}
    return parse(json.dumps(kept).encode(), "kept")


def given_as(way: str, tree: Json) -> Recording:
    """The tree as it is pasted."""
    return parse(json.dumps(WAYS[way](tree)).encode(), "pasted", CHAIN)


@given(trees, st.sampled_from(sorted(WAYS)))
def test_a_tree_is_the_same_however_it_is_pasted(tree: Json, way: str) -> None:
    expected, found = tables(as_recording(tree)), tables(given_as(way, tree))
    assert expected.keys() == found.keys()
    for name, rows in expected.items():
        assert rows.equals(found[name]), name


def test_every_shape_is_pasted_in_some_way() -> None:
    tree = called_by("0x" + "5e" * 20, frame("0x" + "3a" * 20, b"", 1, []))
    read_as = {next(iter(given_as(way, tree).answers)) for way in WAYS} | {
        "debug_traceBlockByNumber:prestateTracer:diffMode"
    }
    assert read_as == {shape.method for shape in SHAPES}


@pytest.mark.parametrize(
    ("way", "hash_"),
    [
        ("a bare frame", None),
        ("a frame beside its chain", HASH),
        ("an entry of a block trace", HASH),
        ("a block trace", HASH),
        ("traces that say no place", None),
        ("trace_transaction", HASH),
    ],
)
def test_what_the_paste_says_of_the_place_is_kept_and_no_more(way: str, hash_: str | None) -> None:
    tree = called_by("0x" + "5e" * 20, frame("0x" + "3a" * 20, b"", 1, []))
    place = codecs.tables([given_as(way, tree)])["calls"].row(0, named=True)
    said = None if place["transaction_hash"] is None else "0x" + place["transaction_hash"].hex()
    assert (place["chain_id"], said) == (CHAIN, hash_)
    assert place["block_number"] == (9 if way == "trace_transaction" else None)


def test_the_state_of_a_block_is_read_too() -> None:
    pre, post = {"0x" + "3a" * 20: {"balance": "0x5"}}, {"0x" + "3a" * 20: {"balance": "0x4"}}
    pasted = [{"txHash": HASH, "result": {"pre": pre, "post": post}}]
    assert codecs.tables([parse(json.dumps(pasted).encode(), "p", 1)])["state_changes"].height == 1


ATTACK = Path(tocsin.app.__file__).parent / "recordings" / "reentrancy-cross-function" / "attack"


def recorded_frame() -> tuple[Json, str]:
    """The frame of a recorded attack that is shipped, from its Parity traces, and its transaction's hash."""
    truth = json.loads((ATTACK / "truth.json").read_text())
    wanted = truth["steps"][-1]["transaction"]
    for recording in recordings.read(ATTACK):
        traces = [t for t in json.loads(recording.answers["trace_block"]) if t.get("transactionHash") == wanted]
        if traces:
            return nested(traces), wanted
    raise AssertionError(f"{wanted} is not recorded")


def nested(traces: list[Json]) -> Json:
    """Parity traces as one callTracer frame."""
    frames: dict[tuple[int, ...], Json] = {}
    for trace in traces:
        action, result = trace["action"], trace.get("result") or {}
        made = {"type": action["callType"].upper(), **{k: v for k, v in action.items() if k != "callType"}, **result}
        path = tuple(trace["traceAddress"])
        frames[path] = made
        if path:
            frames[path[:-1]].setdefault("calls", []).append(made)
    return frames[()]


@pytest.mark.parametrize("way", sorted(WAYS))
def test_the_findings_are_the_same_however_it_is_pasted(way: str) -> None:
    tree, _ = recorded_frame()
    chosen = {
        name: detectors()[name] for name in ("reentrancy", "flash-loan-use", "large-profit", "price-manipulation")
    }
    expected, found = (said(recording, chosen) for recording in (as_recording(tree), given_as(way, tree)))
    assert expected
    assert found == expected


def said(recording: Recording, chosen: Mapping[str, Detector]) -> list[Json]:
    """What the findings say, apart from where."""
    outcome = examine(derived(codecs.tables([recording])), chosen, {}, lambda _: {})
    assert not outcome.failures
    places = {*PLACE, "id"}
    return [{k: v for k, v in finding.to_json().items() if k not in places} for finding in outcome.findings]


TREE = called_by("0x" + "5e" * 20, frame("0x" + "3a" * 20, b"", 1, [frame("0x" + "70" * 20, b"", 0, [])]))


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "empty: nothing was pasted"),
        ("Traces:\n  [21000] 0xabc::run()", "cast run"),
        ("[]", r"an empty list at `\$`"),
        ("[1]", r"`\$\[0\]` is '1'"),
        ("{}", "no members"),
        (json.dumps({"type": "CALL", "to": "0x"}), "lacks from"),
        (json.dumps({"structLogs": [], "gas": 1}), "opcodes"),
        (json.dumps(enveloped({"structLogs": []})), r"at `\$\.result`"),
        (json.dumps({"pre": {}, "post": {}}), "state one transaction changed"),
        (json.dumps({"logs": [], "transactionHash": HASH}), "receipt"),
        (json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no method"}}), "no method"),
        (json.dumps({"jsonrpc": "2.0", "id": 1, "result": None}), r"there is no `\$\.result`"),
        (json.dumps({"jsonrpc": "2.0", "id": 1, "error": None}), r"there is no `\$\.result`"),
        (json.dumps([enveloped(TREE), enveloped(TREE)]), "2 JSON-RPC answers"),
        (json.dumps([{"txHash": HASH, "error": "timeout"}]), "lacks result"),
        (json.dumps([{"action": {}, "type": "call"}]), "lacks traceAddress"),
        (json.dumps(TREE)[:-20], "no trace as a node gives it"),
        (json.dumps({**TREE, "calls": [{"type": "CALL", "from": 7}]}), r"callTracer\), but: .*\$\.calls\[0\]\.from"),
        (json.dumps(enveloped([{"txHash": HASH, "result": {**TREE, "gas": 5}}])), r"\$\.result\[0\]\.result\.gas"),
        (json.dumps({**TREE, "transaction_hash": "0x12"}), "transaction_hash"),
    ],
)  # fmt: skip
def test_what_is_no_trace_is_refused_with_what_it_looks_like(pasted: str, says: str) -> None:
    with pytest.raises(MalformedInput, match=says) as caught:
        parse(pasted.encode(), "the paste", 1)
    assert str(caught.value).startswith("the paste: ")


def test_without_a_chain_it_says_how_to_name_one() -> None:
    with pytest.raises(MalformedInput, match=r"call tree of one transaction.*--chain-id"):
        parse(json.dumps(TREE).encode(), "p")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"to": "0x12"}, "calls[0].to`: '0x12' is no address"),
        ({"input": "0xabc"}, "calls[0].input`: '0xabc' is no bytes"),
        ({"value": "ten"}, "calls[0].value`: 'ten' is no number"),
        ({"type": "JUMP"}, "calls[0].type`: 'JUMP' is none of"),
    ],
)
def test_a_value_that_is_wrong_is_named_by_its_path(tmp_path: Path, change: Json, where: str) -> None:
    tree = {**TREE, "calls": [{**TREE["calls"][0], **change}]}
    for name, (pasted, at) in {"a": (tree, "`$."), "b": (enveloped(tree), "`$.result.")}.items():
        (tmp_path / name).write_text(json.dumps(pasted))
        (piece,) = pieces(Request(source=str(tmp_path / name), chain_id=1))
        assert isinstance(piece, Unreadable)
        assert f"{at}{where}" in str(piece.error)


def test_so_is_one_of_parity_traces() -> None:
    traces = list(parity(TREE))
    traces[1]["action"]["to"] = "nobody"
    assert fault(parse(json.dumps(traces).encode(), "p", 1)) is not None
    assert "`$[1].action.to`" in str(fault(parse(json.dumps(traces).encode(), "p", 1)))


def test_two_pastes_without_hashes_in_one_directory_stay_apart(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(list(parity(TREE))))
    found = [piece for piece in pieces(Request(source=str(tmp_path), chain_id=1)) if isinstance(piece, Batch)]
    assert [piece.tables["calls"].height for piece in found] == [2, 2]


MEMBERS = ("result", "txHash", "type", "from", "action", "traceAddress", "trace", "error", "jsonrpc", "pre", "post",
           "transactionHash", "calls", "x")  # fmt: skip
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=15,
)


@given(values)
def test_any_json_is_read_or_refused_by_name(value: object) -> None:
    refused = ""
    try:
        recording = parse(json.dumps(value).encode(), "the paste", 1)
    except MalformedInput as error:
        refused = str(error)
    assert refused.startswith("the paste") if refused else recording.pasted
