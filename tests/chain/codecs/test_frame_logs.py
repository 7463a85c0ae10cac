"""The logs inside call frames are the logs that receipts would say, as long as they say where they stand."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from json_samples import ALICE, BOB, FIRST, SECOND, frame, header, log, receipt, recording, transaction
from tocsin.app.sources import Batch, Request, Unreadable, pieces
from tocsin.chain import codecs
from tocsin.chain.codecs.recording import parse
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput, MalformedInput

Json = dict[str, Any]


class Run(NamedTuple):
    """What a frame did, in order: each either a log or a call; and whether it failed in the end."""

    did: list[Any]
    fails: bool


words = st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex())
emitted = st.builds(
    lambda address, topics, data: {"address": address, "topics": topics, "data": "0x" + data.hex()},
    st.sampled_from([ALICE, BOB]),
    st.lists(words, max_size=4),
    st.binary(max_size=40),
)
runs = st.recursive(
    st.builds(Run, st.lists(emitted, max_size=3), st.just(False)),
    lambda inner: st.builds(Run, st.lists(emitted | inner, max_size=5), st.booleans()),
    max_leaves=10,
)


def framed(run: Run, *, clears: bool) -> Json:
    """The run as a node writes it that was asked for logs; some (`clears`) drop what was undone."""
    calls = [framed(each, clears=clears) for each in run.did if isinstance(each, Run)]
    made = frame(*calls, **({"error": "execution reverted"} if run.fails else {}))
    before = 0
    for each in run.did:
        if isinstance(each, Run):
            before += 1
        elif not (clears and run.fails):
            made.setdefault("logs", []).append({**each, "position": hex(before)})
    return made


def kept(run: Run) -> Iterator[Json]:
    """The logs that took effect, told by what was done."""
    for each in () if run.fails else run.did:
        if isinstance(each, Run):
            yield from kept(each)
        else:
            yield each


def in_tree(root: Json) -> Iterator[Json]:
    """The logs of a tree that took effect, in the order of the block."""
    calls = root.get("calls", [])
    if "error" in root:
        return
    for number in range(len(calls) + 1):
        yield from (each for each in root.get("logs", ()) if int(each["position"], 16) == number)
        if number < len(calls):
            yield from in_tree(calls[number])


def indexed(trees: Sequence[Json], how: str) -> None:
    """Let each log that took effect say its index, as nodes do: over the block, or anew for each transaction."""
    start = 0
    for tree in trees:
        for number, each in enumerate(in_tree(tree)):
            place = number + (start if how.startswith("block") else 0)
            each["index"] = place if how.endswith("number") else hex(place)
        start += len(list(in_tree(tree)))


HEADER = header(transaction(0), transaction(1))


def traced(*trees: Json, **answers: Any) -> Recording:
    """A block of two transactions with their trees."""
    entries = [{"txHash": hash_, "result": tree} for hash_, tree in zip((FIRST, SECOND), trees, strict=True)]
    return recording(eth_getBlockByNumber=HEADER, debug_traceBlockByNumber__callTracer=entries, **answers)


def receipts(*some: Sequence[Json]) -> list[Json]:
    """The receipts of the two transactions with these logs."""
    found, start = [], 0
    for index, logs in enumerate(some):
        place = {"transactionIndex": hex(index), "transactionHash": (FIRST, SECOND)[index]}
        found.append(receipt(index, *(log(**one, **place, logIndex=hex(start + n)) for n, one in enumerate(logs))))
        start += len(logs)
    return found


def without_logs(tree: Json) -> Json:
    """The tree as it is traced without its logs."""
    bare = {name: value for name, value in tree.items() if name != "logs"}
    return {**bare, **({"calls": [without_logs(each) for each in tree["calls"]]} if "calls" in tree else {})}


@given(st.tuples(runs, runs), st.booleans(), st.sampled_from(["", "block", "block number", "transaction"]))
def test_they_are_those_of_receipts(both: tuple[Run, Run], clears: bool, how: str) -> None:
    trees = [framed(run, clears=clears) for run in both]
    if how:
        indexed(trees, how)
    expected = codecs.tables(
        [traced(*map(without_logs, trees), eth_getBlockReceipts=receipts(*(list(kept(run)) for run in both)))]
    )
    found = codecs.tables([traced(*trees)])
    assert found["calls"].equals(expected["calls"])
    if "logs" in json.dumps(trees):
        assert found["logs"].equals(expected["logs"])
    else:
        assert "logs" not in found


EVENT = {"address": BOB, "topics": [], "data": "0x2a", "position": "0x0"}


@pytest.mark.parametrize(
    ("tree", "rows"),
    [
        (frame(frame()), None),
        (frame(frame(logs=None)), None),
        (frame(frame(logs=[])), 0),
        (frame(frame(logs=[EVENT], error="out of gas")), 0),
        (frame(frame(logs=[EVENT]), error="out of gas"), 0),
        (frame(frame(logs=[EVENT])), 1),
    ],
)
def test_nothing_logged_is_told_from_not_asked(tree: Json, rows: int | None) -> None:
    found = codecs.tables([recording(debug_traceTransaction=tree)])
    assert (found["logs"].height if "logs" in found else None) == rows


@pytest.mark.parametrize("kind", ["eth_getBlockReceipts", "eth_getLogs"])
def test_what_the_node_says_of_the_block_wins(kind: str) -> None:
    said = receipts([{"data": "0x07"}], [])
    answers = {kind: said if kind == "eth_getBlockReceipts" else said[0]["logs"]}
    found = codecs.tables([traced(frame(logs=[{**EVENT, "position": "0x9"}]), frame(), **answers)])
    assert found["logs"]["data"].to_list() == [b"\x07"]


def test_without_a_position_a_log_stands_behind_its_frames_calls() -> None:
    old = {"address": BOB, "topics": [], "data": "0x01"}
    found = codecs.tables([recording(debug_traceTransaction=frame(frame(logs=[EVENT]), logs=[old, old]))])["logs"]
    assert found["data"].to_list() == [b"\x2a", b"\x01", b"\x01"]


def test_an_index_is_kept_and_one_that_does_not_rise_is_not() -> None:
    for said, kept_ in ((["0x7", 9], [7, 9]), (["0x9", "0x7"], [0, 1]), (["0x7", None], [0, 1])):
        logs = [{**EVENT, "index": each} for each in said]
        found = codecs.tables([recording(debug_traceTransaction=frame(logs=logs))])["logs"]
        assert found["log_index"].to_list() == kept_


def test_trees_out_of_order_or_twice_are_refused() -> None:
    entry = {"txHash": FIRST, "result": frame(logs=[EVENT])}
    other = {"txHash": SECOND, "result": frame()}
    for entries in ([entry, entry], [other, entry]):
        with pytest.raises(InconsistentInput, match="transaction 0 is traced twice, or out of its order"):
            codecs.tables([recording(eth_getBlockByNumber=HEADER, debug_traceBlockByNumber__callTracer=entries)])


def test_a_tree_as_deep_as_the_machine_allows_is_read() -> None:
    tree = frame(logs=[EVENT])
    for _ in range(1_024):
        tree = {**frame(logs=[{**EVENT, "position": "0x1"}]), "calls": [tree]}
    deep = parse(json_of(tree), "deep", 1)
    assert codecs.tables([deep])["logs"].height == 1_025


def json_of(tree: Json) -> bytes:
    """As JSON, however deep."""
    nested, path = b"", tree
    frames = [tree]
    while "calls" in path:
        (path,) = path["calls"]
        frames.append(path)
    for each in reversed(frames):
        own = json.dumps({name: value for name, value in each.items() if name != "calls"}).encode()
        nested = own[:-1] + b', "calls": [' + nested + b"]}" if nested else own
    return nested


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"address": "0x12"}, "logs[1].address`: '0x12' is no address"),
        ({"address": ""}, "logs[1].address`: '' is no address"),
        ({"topics": ["0x" + "1" * 64, "0x7"]}, "logs[1].topics[1]`: '0x7' is no topic"),
        ({"topics": ["0x" + "1" * 64] * 5}, "logs[1].topics`: 5 topics"),
        ({"data": "0xabc"}, "logs[1].data`: '0xabc' is no bytes"),
        ({"position": "0x2"}, "logs[1]`: log position: '0x2' in a frame of 1 calls"),
        ({"position": "0x0"}, "logs[1]`: log position: '0x0' in a frame of 1 calls, and the log before it stands at 1"),
        ({"position": -1}, "logs[1]`: log position: -1 is no position"),
        ({"position": "one"}, "logs[1]`: log position: 'one' is not a 0x quantity"),
        ({"index": "0x100000000"}, "logs[1]`: log index: '0x100000000' does not fit"),
        ({"index": 2**32}, "logs[1]`: log index: 4294967296 does not fit"),
        ({"topics": 5}, "logs[1].topics`"),
        ({"data": None}, "logs[1].data`"),
    ],
)
def test_a_log_that_is_wrong_is_named_by_its_path(tmp_path: Path, change: Json, where: str) -> None:
    good = {**EVENT, "position": "0x1", "index": 3}
    tree = frame(frame(frame(), logs=[good, {**good, "index": 4, **change}]))
    assert codecs.tables([recording(debug_traceTransaction=frame(frame(frame(), logs=[good])))])["logs"].height == 1
    (tmp_path / "a").write_text(json.dumps(tree))
    (piece,) = pieces(Request(source=str(tmp_path / "a"), chain_id=1))
    assert isinstance(piece, Unreadable)
    assert f"`$.calls[0].{where}" in str(piece.error)
    kept_ = {"chain_id": 1, "transaction_hash": FIRST, "debug_traceTransaction": tree}
    with pytest.raises(MalformedInput, match="kept"):
        codecs.tables([parse(json.dumps(kept_).encode(), "kept")])


def test_the_logs_of_what_failed_are_not_read() -> None:
    tree = frame(frame(error="reverted", logs=[{**EVENT, "address": "nobody", "position": "0x9"}]), logs=[EVENT])
    assert codecs.tables([recording(debug_traceTransaction=tree)])["logs"].height == 1


def test_recordings_with_and_without_logs_are_read_beside_each_other(tmp_path: Path) -> None:
    for number, tree in enumerate((frame(), frame(logs=[EVENT]), frame(error='"logs"'), frame(logs=[EVENT, EVENT]))):
        kept_ = {"chain_id": 1, "transaction_hash": f"0x{number:064x}", "debug_traceTransaction": tree}
        (tmp_path / f"{number}.json").write_text(json.dumps(kept_))
    found = list(pieces(Request(source=str(tmp_path))))
    rows = [piece.tables["logs"].height for piece in found if isinstance(piece, Batch) and "logs" in piece.tables]
    assert not [piece for piece in found if isinstance(piece, Unreadable)]
    assert sum(rows) == 3
    assert sum(piece.tables["calls"].height for piece in found if isinstance(piece, Batch)) == 4
