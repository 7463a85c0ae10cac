"""Entries into contracts that are still at work, on random call trees and on recorded attacks."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin.app
from tocsin.app.pipeline import examine
from tocsin.chain import codecs
from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.codecs import batches
from tocsin.chain.signatures import selector
from tocsin.detect.catalogue import detectors
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.reentrancy._accomplices import accomplices, trusting
from tocsin.detect.detectors.reentrancy._called_back import called_back
from tocsin.detect.detectors.reentrancy._reentry import BY_DESIGN, reentries
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings
from tocsin.intel.reference import Beside
from tocsin.model.finding import Severity
from tocsin.tables.literal import frame, words

THIEF, CHILD, BANK, SISTER, HELPER = (bytes([number]) * 20 for number in range(1, 6))
MEMBERS = frozenset((THIEF, CHILD))
OTHERS = (BANK, SISTER, HELPER)
WORK = selector("work()")


def build(shape, at=0, caller=THIEF):
    """Frames of a nested shape: (callee, [children])."""
    callee, children = shape
    inside, end = [], at + 1
    for child in children:
        frames = build(child, end, callee)
        inside += frames
        end = frames[0].end
    return [Frame(at, end, "call", caller, callee, 0.0, WORK, WORK, b""), *inside]


shapes = st.recursive(
    st.tuples(st.sampled_from((*MEMBERS, *OTHERS)), st.just([])),
    lambda inner: st.tuples(st.sampled_from((*MEMBERS, *OTHERS)), st.lists(inner, max_size=4)),
    max_leaves=25,
)


def by_definition(frames):
    """Every call by a member into a contract that is open in front of the last door, straight from the definition."""
    found = []
    for inner in frames:
        above = [f for f in frames if f.position < inner.position < f.end]
        doors = [f for f in above if f.caller not in MEMBERS and f.callee in MEMBERS]
        if inner.caller not in MEMBERS or inner.callee in MEMBERS or not doors:
            continue
        if any(f.callee == inner.callee and f.position < doors[-1].position for f in above):
            found.append(inner.position)
    return found


@given(shapes)
def test_one_pass_finds_what_the_definition_says(shape):
    frames = build(shape)
    same = [found.inner.position for found in reentries(frames, MEMBERS) if not found.sibling]
    assert same == by_definition(frames)


@given(shapes)
def test_door_and_outer_call_enclose_the_inner_one(shape):
    for found in reentries(build(shape), MEMBERS):
        assert found.outer.position < found.door.position < found.inner.position
        assert found.inner.end <= found.door.end <= found.outer.end
        assert found.victim not in MEMBERS


@given(shapes)
def test_nobody_is_reentered_without_actors(shape):
    assert not list(reentries(build(shape), frozenset()))


def test_a_proxy_and_its_implementation_are_one():
    frames = [
        Frame(0, 5, "call", b"mallory", THIEF, 0.0, WORK, WORK, b""),
        Frame(1, 5, "call", THIEF, BANK, 0.0, WORK, WORK, b""),
        Frame(2, 5, "delegatecall", BANK, HELPER, 0.0, WORK, WORK, b""),
        Frame(3, 5, "call", BANK, THIEF, 1.0, b"", b"", b""),
        Frame(4, 5, "call", THIEF, BANK, 0.0, WORK, WORK, b""),
    ]
    (found,) = reentries(frames, MEMBERS)
    assert found.victim == BANK
    assert not found.by_design


def test_a_static_call_back_reads_and_does_not_enter():
    frames = [
        Frame(0, 4, "call", b"mallory", THIEF, 0.0, WORK, WORK, b""),
        Frame(1, 4, "call", THIEF, BANK, 0.0, WORK, WORK, b""),
        Frame(2, 4, "call", BANK, THIEF, 1.0, b"", b"", b""),
        Frame(3, 4, "staticcall", THIEF, BANK, 0.0, WORK, WORK, b""),
    ]
    assert not list(reentries(frames, MEMBERS))


def nested_shape(shape, at=0, caller=THIEF, depth=0):
    """Rows of `calls` of a nested shape."""
    frames = build(shape, at, caller)
    return [
        {
            "transaction_hash": "one",
            "call_index": f.position,
            "subtree_end": f.end,
            "depth": sum(g.position < f.position < g.end for g in frames),
            "call_type": "call",
            "from_address": f.caller,
            "to_address": f.callee,
            "selector": f.selector,
            "input": f.data,
        }
        for f in frames
    ]


@given(shapes)
def test_no_transaction_with_a_nested_entry_is_left_out_by_columns(shape):
    rows = nested_shape(shape)
    busy = [row for row in rows if row["subtree_end"] > row["call_index"] + 1]
    nested = any(
        one["to_address"] == other["to_address"] and one["call_index"] < other["call_index"] < one["subtree_end"]
        for one in busy
        for other in busy
    )
    kept = called_back(frame(datasets()["calls"].columns, rows))
    assert kept.is_empty() is not (nested and len(rows) > 3)


def test_what_is_done_behind_a_managers_lock_is_no_reentrancy():
    unlocked = selector("unlockCallback(bytes)")
    give = selector("transfer(address,uint256)") + words(THIEF, 1)
    frames = calls(
        (0, 7, b"mallory", THIEF, WORK),
        (1, 7, THIEF, BANK, WORK),
        (2, 7, BANK, THIEF, unlocked),
        (3, 5, THIEF, BANK, WORK),
        (4, 5, BANK, HELPER, give),
        (5, 7, THIEF, BANK, WORK),
        (6, 7, BANK, HELPER, give),
    )
    assert not list(reentries(frames, MEMBERS))
    other = [f._replace(selector=WORK) if f.position == 2 else f for f in frames]
    assert all(found.signs.gave_twice for found in reentries(other, MEMBERS))


SECOND = bytes([9]) * 20


def calls(*lines):
    """Frames from (position, end, caller, callee, selector and arguments)."""
    return tuple(
        Frame(at, end, "call", caller, callee, 0.0, data[:4], data, b"") for at, end, caller, callee, data in lines
    )


CALLED_BACK = calls(
    (0, 6, b"mallory", THIEF, WORK),
    (1, 5, THIEF, SECOND, WORK),
    (2, 5, SECOND, BANK, WORK),
    (3, 5, BANK, SECOND, WORK),
    (4, 5, SECOND, BANK, WORK),
    (5, 6, THIEF, HELPER, selector("transferFrom(address,address,uint256)") + words(SECOND, THIEF, 1)),
)


def test_a_contract_that_acts_when_called_back_is_an_accomplice():
    assert accomplices(CALLED_BACK, MEMBERS, BY_DESIGN) == {SECOND}
    assert trusting(CALLED_BACK, frozenset((SECOND,)), MEMBERS) == {SECOND}


def test_one_that_does_nothing_when_called_back_is_none():
    assert not accomplices(CALLED_BACK[:4], MEMBERS, BY_DESIGN)
    assert not trusting(CALLED_BACK[:5], frozenset((SECOND,)), MEMBERS)


def test_a_callback_by_design_makes_no_accomplice():
    flash = selector("onFlashLoan(address,address,uint256,uint256,bytes)")
    frames = [f._replace(selector=flash) if f.position == 3 else f for f in CALLED_BACK]
    assert not accomplices(frames, MEMBERS, BY_DESIGN)


def measured(*, after: bytes, passed_on: int):
    """A bank measures a sister's balance, hands over control, and goes on after a deposit there."""
    balance, collect = selector("balanceOf(address)") + words(SISTER), selector("collect(uint256)") + words(passed_on)
    pull = selector("transferFrom(address,address,uint256)") + words(THIEF, SISTER, 5)
    asked = Frame(2, 3, "staticcall", BANK, HELPER, 0.0, balance[:4], balance, words(100))
    again = Frame(7, 8, "staticcall", BANK, HELPER, 0.0, balance[:4], balance, after)
    mint = selector("mint(address,uint256)") + words(THIEF, 5)
    return [
        *calls((0, 9, b"mallory", THIEF, WORK), (1, 9, THIEF, BANK, WORK)),
        asked,
        *calls(
            (3, 7, BANK, THIEF, WORK),
            (4, 7, THIEF, SISTER, WORK),
            (5, 6, SISTER, HELPER, pull),
            (6, 7, SISTER, CHILD + b"", mint),
        ),
        again,
        *calls((8, 9, BANK, OTHERS[1], collect)),
    ]


@pytest.mark.parametrize(
    ("after", "passed_on", "found"),
    [(words(105), 0, True), (words(100), 0, False), (b"", 100, True), (b"", 99, False)],
)
def test_a_measurement_that_is_used_after_a_credited_deposit_counts_it_twice(after, passed_on, found):
    tree = measured(after=after, passed_on=passed_on)
    if not after:
        tree = [f for f in tree if f.position != 7]
    signs = [each.signs.counted_twice for each in reentries(tree, MEMBERS)]
    assert signs == ([SISTER] if found else [])


def recorded_attacks(folder: Path) -> Iterator[list[dict[str, object]]]:
    """The recorded attacks, as rows of `calls`."""
    for path in sorted((folder / "exploits/reentrancy_rows").iterdir()):
        rows = json.loads(gzip.decompress(path.read_bytes()))
        paths = [[int(part) for part in row["trace_id"].split("_")[2:] if part] for row in rows]
        yield list(tree(sorted(zip(paths, rows, strict=True), key=lambda pair: pair[0])))


def tree(rows):
    """Rows of `calls` from trace addresses and the recorded rows, parents first."""
    paths = [path for path, _ in rows]
    for number, (path, row) in enumerate(rows):
        later = (n for n in range(number + 1, len(paths)) if paths[n][: len(path)] != path)
        data = bytes.fromhex(row["input"][2:])
        is_call = row["trace_type"] == "call"
        yield {
            "transaction_hash": row["transaction_hash"],
            "call_index": number,
            "depth": len(path),
            "subtree_end": next(later, len(paths)),
            "call_type": {"suicide": "selfdestruct"}.get(row["trace_type"], row["call_type"] or row["trace_type"]),
            "from_address": row["from_address"],
            "to_address": row["to_address"],
            "selector": data[:4] if is_call and len(data) >= 4 else None,
            "input": data,
            "output": bytes.fromhex((row["output"] or "0x")[2:]),
        }


PLAYS = Path(tocsin.app.__file__).parent / "recordings"


@pytest.mark.parametrize(
    ("play", "times"),
    [
        ("reentrancy-bank/attack", 2),
        ("reentrancy-bank/twin", 0),
        ("reentrancy-cross-function/attack", 2),
        ("reentrancy-cross-function/twin", 0),
        ("ordinary", 0),
    ],
)
def test_the_plays_are_found_and_their_honest_twins_are_not(play, times):
    detector = detectors()["reentrancy"]
    found = []
    for run in batches(recordings.read(PLAYS / play)):
        found += examine(derived(codecs.tables(run)), {detector.id: detector}, {}, lambda _: {}).findings
    alarms = [finding for finding in found if finding.severity >= Severity.MEDIUM]
    assert [finding.severity for finding in alarms] == [Severity.CRITICAL] * times
    for finding in alarms:
        truth = json.loads((PLAYS / play / "truth.json").read_text())
        roles = {entity.role: entity.address for entity in finding.entities}
        assert roles["victim"] in truth["victims"]
        assert roles["attacker"] in truth["attackers"]


@pytest.mark.recorded
def test_recorded_attacks_are_found(recorded_data):
    detector = detectors()["reentrancy"]
    severities = []
    for rows in recorded_attacks(recorded_data):
        tables = derived({"calls": frame(datasets()["calls"].columns, rows)})
        found = detect(Beside(tables, KNOWN), [detector], {}).findings
        severities.append(max((finding.severity for finding in found), default=Severity.INFO))
    # One recorded transaction is two frames long and only carries the loot away: nothing is entered in it.
    assert len(severities) == 26
    assert sum(severity >= Severity.HIGH for severity in severities) == 25
