"""A JSON-RPC batch is read as the answers it holds; what is wrong with one of them is named and spoils no other."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from json_samples import BOB, FIRST, SECOND, frame, trace
from tocsin.app.sources import Batch, Request, Unreadable, pieces
from tocsin.chain import codecs
from tocsin.chain.codecs.pasted_batch import ENTRIES_LIMIT
from tocsin.chain.codecs.recording import parse, parse_all
from tocsin.chain.recording import Recording
from tocsin.model.errors import MalformedInput

EVENT = {"address": BOB, "topics": [], "data": "0x2a", "position": "0x0"}


def answer(result: object, **beside: Any) -> dict[str, Any]:
    """An answer as it comes over the wire."""
    return {"jsonrpc": "2.0", "id": 1, "result": result, **beside}


REFUSED = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32000, "message": "transaction not found"}}
TREE = frame(frame(), logs=[EVENT])
GOOD = {
    "a frame": answer(TREE),
    "a frame and its hash": answer(TREE, transaction_hash=FIRST),
    "a block trace": answer([{"txHash": SECOND, "result": TREE}]),
    "Parity traces": answer([trace([]), trace([0])]),
    "a replay": answer({"trace": [trace([])]}),
}
BAD: dict[str, tuple[Any, str]] = {
    "an error": (REFUSED, r"at `\$[{}].error`: .*transaction not found"),
    "nothing": (answer(None), r"there is no `\$[{}].result`"),
    "a receipt": (answer({"logs": [], "transactionHash": FIRST}), r"a transaction's receipt, at `\$[{}].result`"),
    "a wrong type": (answer(frame(frame(to=7))), r"callTracer\), but: .*`\$[{}].result.calls\[0\].to`"),
    "no envelope": (TREE, r"`\$[{}]` is no JSON-RPC answer"),
    "no object": (7, r"`\$[{}]` is no JSON-RPC answer"),
    "a batch": (answer([answer(TREE)]), r"1 JSON-RPC answers at `\$[{}].result`"),
    "an empty list": (answer([]), r"an empty list at `\$[{}].result`"),
}


def pasted(entries: object) -> bytes:
    """As it is pasted."""
    return json.dumps(entries).encode()


@given(st.lists(st.sampled_from([*GOOD, *BAD]), max_size=6), st.sampled_from(["an error", *GOOD]))
def test_each_answer_is_what_it_is_alone(others: list[str], first: str) -> None:
    names = [first, *others]
    everything = {**GOOD, **{name: entry for name, (entry, _) in BAD.items()}}
    found = parse_all(pasted([everything[name] for name in names]), "p", 1)
    assert len(found) == len(names)
    for number, (name, one) in enumerate(zip(names, found, strict=True)):
        if name in BAD:
            assert isinstance(one, MalformedInput)
            assert str(one).startswith(f"p[{number}]: ")
            continue
        alone = parse(pasted(GOOD[name]), "p", 1)
        assert isinstance(one, Recording)
        assert (one.answers, one.transaction_hash, one.name) == (alone.answers, alone.transaction_hash, f"p[{number}]")
        assert one.pasted == alone.pasted.replace("$", f"$[{number}]")


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_is_wrong_with_one_is_named_by_its_place_in_the_whole(name: str) -> None:
    entry, says = BAD[name]
    _, found, _ = parse_all(pasted([GOOD["a frame"], entry, GOOD["a frame"]]), "p", 1)
    assert isinstance(found, MalformedInput)
    with pytest.raises(MalformedInput, match=says.replace("[{}]", r"\[1\]")):
        raise found


def test_a_directory_and_what_is_pasted_give_the_pieces(tmp_path: Path) -> None:
    wrong = answer(frame(frame(to="0x12")))
    (tmp_path / "batch.json").write_bytes(pasted([GOOD["a frame"], REFUSED, GOOD["a frame"], wrong]))
    found = list(pieces(Request(source=str(tmp_path), chain_id=1)))
    read = [piece for piece in found if isinstance(piece, Batch)]
    assert [(piece.tables["calls"].height, piece.tables["logs"].height) for piece in read] == [(2, 1), (2, 1)]
    said = [str(piece.error) for piece in found if isinstance(piece, Unreadable)]
    assert len(said) == 2
    for wanted in ("`$[1].error`", "`$[3].result.calls[0].to`: '0x12' is no address"):
        assert any(wanted in text for text in said)


def test_each_says_its_own_chain() -> None:
    found = parse_all(pasted([answer(TREE, chain_id=56), answer(TREE)]), "p", 1)
    assert [one.chain_id for one in found if isinstance(one, Recording)] == [56, 1]
    (known, unknown) = parse_all(pasted([answer(TREE, chain_id=56), answer(TREE)]), "p")
    assert isinstance(known, Recording)
    assert "--chain-id" in str(unknown)


def test_too_many_are_refused_together() -> None:
    with pytest.raises(MalformedInput, match=r"p: 1001 JSON-RPC answers .* at most 1000"):
        parse_all(pasted([REFUSED] * (ENTRIES_LIMIT + 1)), "p", 1)
    assert len(parse_all(pasted([REFUSED] * ENTRIES_LIMIT), "p", 1)) == ENTRIES_LIMIT


def test_where_one_is_wanted_several_are_refused_and_one_is_taken() -> None:
    with pytest.raises(MalformedInput, match="2 JSON-RPC answers"):
        parse(pasted([GOOD["a frame"]] * 2), "p", 1)
    with pytest.raises(MalformedInput, match="transaction not found"):
        parse(pasted([REFUSED]), "p", 1)
    assert codecs.tables([parse(pasted([GOOD["a frame"]]), "p", 1)])["logs"].height == 1


def test_a_block_trace_whose_data_names_the_envelope_is_a_block_trace() -> None:
    entry = {"txHash": FIRST, "result": frame(error="jsonrpc")}
    assert parse(pasted([entry, entry | {"txHash": SECOND}]), "p", 1).pasted == "$"
