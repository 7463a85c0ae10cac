"""Recorded blocks say the same when their logs stand in call frames as when receipts hold them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import tocsin.app
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.codecs.recording import parse
from tocsin.chain.recording import Recording
from tocsin.edge import recordings
from tocsin.tables.columns import PLACE

Json = dict[str, Any]


def without_logs(tree: Json) -> Json:
    """The tree as it is traced without its logs."""
    bare = {name: value for name, value in tree.items() if name != "logs"}
    return {**bare, **({"calls": [without_logs(each) for each in tree["calls"]]} if "calls" in tree else {})}


PLAYS = Path(tocsin.app.__file__).parent / "recordings"
TRACE_KINDS = {"create": "CREATE", "suicide": "SELFDESTRUCT", "selfdestruct": "SELFDESTRUCT"}


def trees_of(answers: dict[str, Any]) -> list[Json]:
    """The recorded traces of a block as callTracer frames, with the receipts' logs in the frames that wrote them."""
    trees: list[dict[tuple[int, ...], Json]] = [{} for _ in answers["eth_getBlockReceipts"]]
    for each in answers["trace_block"]:
        if each["type"] == "reward":
            continue
        frames, path = trees[each["transactionPosition"]], tuple(each["traceAddress"])
        frames[path] = as_frame(each, frames.get(path[:-1]))
        if path:
            frames[path[:-1]].setdefault("calls", []).append(frames[path])
    for frames, paper in zip(trees, answers["eth_getBlockReceipts"], strict=True):
        put(frames[()], paper["logs"])
    return [without_owners(frames[()]) for frames in trees]


def as_frame(trace: Json, caller: Json | None) -> Json:
    """One Parity trace as a frame; `owner` is whose logs it writes."""
    action, result = trace["action"], trace.get("result") or {}
    kind = TRACE_KINDS.get(trace["type"]) or action["callType"].upper()
    made = {
        "type": kind,
        "from": action.get("from") or action.get("address"),
        "to": action.get("to") or result.get("address") or action.get("refundAddress"),
        "value": action.get("value") or action.get("balance"),
        "input": action.get("input") or action.get("init"),
        "output": result.get("output") or result.get("code"),
        **({"error": trace["error"]} if trace.get("error") else {}),
    }
    borrowed = caller is not None and kind in ("DELEGATECALL", "CALLCODE")
    return {**made, "owner": caller["owner"] if caller and borrowed else made["to"]}


def put(root: Json, logs: list[Json]) -> None:
    """Put each log in the earliest place, of those not before the last log's, where its emitter was running."""
    waiting = iter(logs)
    next_log = next(waiting, None)
    for each, position in places(root):
        while next_log is not None and next_log["address"] == each["owner"]:
            entry = {name: next_log[name] for name in ("address", "topics", "data")}
            each.setdefault("logs", []).append({**entry, "position": hex(position)})
            next_log = next(waiting, None)
    assert next_log is None


def places(root: Json) -> Iterator[tuple[Json, int]]:
    """Where logs may stand, in the order of execution."""
    if "error" in root:
        return
    for number, call in enumerate(calls := root.get("calls", [])):
        yield root, number
        yield from places(call)
    yield root, len(calls)


def without_owners(tree: Json) -> Json:
    """The tree as a node gives it."""
    tree.pop("owner")
    for each in tree.get("calls", ()):
        without_owners(each)
    return tree


def blocks_of(play: str) -> list[tuple[Recording, list[Json]]]:
    """The recorded blocks of a play in which something was logged, and their frames."""
    found = [
        (each, trees_of({method: json.loads(answer) for method, answer in each.answers.items()}))
        for each in recordings.read(PLAYS / play / "attack")
        if b'"topics"' in each.answers["eth_getBlockReceipts"]
    ]
    assert found
    return found


def of_frames(block: Recording, trees: list[Json], *, with_receipts: bool) -> Recording:
    """The block as a node of the other kind answers it: frames in place of Parity traces, and perhaps of receipts."""
    entries = [{"result": without_logs(tree) if with_receipts else tree} for tree in trees]
    kept_ = {"eth_getBlockByNumber", *(("eth_getBlockReceipts",) if with_receipts else ())}
    answers = {method: answer for method, answer in block.answers.items() if method in kept_}
    answers["debug_traceBlockByNumber:callTracer"] = json.dumps(entries).encode()
    return Recording(chain_id=block.chain_id, name=block.name, answers=answers)


PLAYED = ("reentrancy-cross-function", "oracle-flash-swap", "jit-liquidity", "permit-phish")


@pytest.mark.parametrize("play", PLAYED)
def test_recorded_blocks_say_the_same_with_frames_for_receipts(play: str) -> None:
    blocks = blocks_of(play)
    recorded = codecs.tables([block for block, _ in blocks])
    expected = derived(codecs.tables([of_frames(block, trees, with_receipts=True) for block, trees in blocks]))
    found = derived(codecs.tables([of_frames(block, trees, with_receipts=False) for block, trees in blocks]))
    assert found["logs"].equals(recorded["logs"])
    assert found.keys() == expected.keys()
    for name in found.keys() - {"transactions"}:
        assert found[name].equals(expected[name]), name
    assert found["transfers"]["log_index"].is_not_null().any()


def test_a_recorded_transaction_pasted_alone_says_what_its_block_says_of_it() -> None:
    seen = set()
    for block, trees in blocks_of("oracle-flash-swap"):
        whole = derived(codecs.tables([of_frames(block, trees, with_receipts=False)]))
        hashes = whole["transactions"]["transaction_hash"].to_list()
        for hash_, tree in zip(hashes, trees, strict=True):
            if '"logs"' not in json.dumps(tree):
                continue
            alone = derived(codecs.tables([parse(json.dumps(tree).encode(), "p", block.chain_id)]))
            for name in alone:
                here = (pl.col("transaction_hash") == hash_) if "transaction_hash" in whole[name].columns else pl.lit(1)
                rows = whole[name].filter(here)
                assert bare(alone[name]).equals(bare(rows)), name
                if rows.height:
                    seen.add(name)
    assert {"logs", "calls", "transfers", "swaps", "approvals", "flash_loans"} <= seen


def bare(rows: pl.DataFrame) -> pl.DataFrame:
    """Without what only the block says."""
    return rows.drop(*PLACE, "log_index", "timestamp", strict=False)
