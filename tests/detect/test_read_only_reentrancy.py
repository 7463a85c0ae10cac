"""Prices read in the middle of a pool's call, on random call trees and on the range's play and its honest twin."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin.app
from tocsin.app.pipeline import examine
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.signatures import selector
from tocsin.detect.catalogue import detectors
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.reentrancy._mid_call_reads import mid_call_reads
from tocsin.edge import recordings
from tocsin.model.finding import Severity
from tocsin.tables.literal import words

THIEF, CHILD, POOL, MARKET, CODE, COIN = (bytes([number]) * 20 for number in range(1, 7))
MEMBERS = frozenset((THIEF, CHILD))
WORK, PRICE = selector("work()"), selector("get_virtual_price()")
TRANSFER, FLASH = selector("transfer(address,uint256)"), selector("executeOperation(address,uint256,uint256,bytes)")


def frame(at, end, caller, callee, data=WORK, *, kind="call", output=b""):
    return Frame(at, end, kind, caller, callee, 0.0, data[:4], data, output)


def build(shape, at=0, caller=THIEF):
    """Frames of a nested shape: (callee, [children]); a leaf of a contract is a static call for its price."""
    callee, children = shape
    inside, end = [], at + 1
    for child in children:
        frames = build(child, end, callee)
        inside += frames
        end = frames[0].end
    leaf = not children and callee not in MEMBERS
    return [frame(at, end, caller, callee, PRICE if leaf else WORK, kind="staticcall" if leaf else "call"), *inside]


anybody = st.sampled_from((*MEMBERS, POOL, MARKET, CODE))
shapes = st.recursive(
    st.tuples(anybody, st.just([])), lambda inner: st.tuples(anybody, st.lists(inner, max_size=4)), max_leaves=25
)


def by_definition(frames):
    """The reads behind a door of the open pool, by a contract that an actor called there, straight from the words."""
    found = []
    for read in frames:
        above = [f for f in frames if f.position < read.position < f.end]
        opened = next((n for n, f in enumerate(above) if f.callee == read.callee), None)
        if read.kind != "staticcall" or read.caller in MEMBERS or read.caller == read.callee or opened is None:
            continue
        doors = [n for n, f in enumerate(above) if n > opened and f.caller not in MEMBERS and f.callee in MEMBERS]
        if not doors:
            continue
        entered = any(f.caller in MEMBERS and f.callee not in MEMBERS for f in above[doors[0] :])
        if entered and all(f.callee != read.callee for f in above[doors[0] :]):
            found.append(read.position)
    return found


@given(shapes)
def test_the_reads_are_those_of_the_definition(shape):
    frames = build(shape)
    assert [found.read.position for found in mid_call_reads(frames, MEMBERS)] == by_definition(frames)


@given(shapes)
def test_nothing_is_read_without_actors(shape):
    assert not list(mid_call_reads(build(shape), frozenset()))


def while_paid(*, door=b"", entry="call", told=800, before=100):
    """A market reads the price of a pool that pays the thief, and pays the thief."""
    return [
        frame(0, 9, b"mallory", THIEF),
        frame(1, 2, THIEF, POOL, PRICE, kind="staticcall", output=words(before)),
        frame(2, 9, THIEF, POOL),
        frame(3, 8, POOL, CODE, kind="delegatecall"),
        frame(4, 8, POOL, THIEF, door),
        frame(5, 8, THIEF, MARKET, kind=entry),
        frame(6, 7, MARKET, POOL, PRICE, kind="staticcall", output=words(told)),
        frame(7, 8, MARKET, COIN, TRANSFER + words(THIEF, 1)),
    ]


def test_a_gift_behind_the_read_is_an_act():
    (found,) = mid_call_reads(while_paid(), MEMBERS)
    assert (found.pool, found.reader, found.givers, found.times) == (POOL, MARKET, {MARKET}, 8.0)
    assert not found.is_true


def test_the_price_told_at_rest_is_true():
    (found,) = mid_call_reads(while_paid(told=100), MEMBERS)
    assert found.is_true


def test_nothing_told_at_rest_leaves_it_open():
    (found,) = mid_call_reads(while_paid(before=0), MEMBERS)
    assert found.times is None
    assert not found.is_true


def test_a_static_call_of_the_market_is_no_act():
    (found,) = mid_call_reads([f for f in while_paid(entry="staticcall") if f.position != 7], MEMBERS)
    assert not found.givers
    assert not found.acted


def test_what_the_market_gives_in_the_next_call_counts_while_the_pool_is_open():
    frames = [
        *(f for f in while_paid(entry="staticcall") if f.position < 5),
        frame(5, 7, THIEF, MARKET, kind="staticcall"),
        frame(6, 7, MARKET, POOL, PRICE, kind="staticcall"),
        frame(7, 9, THIEF, MARKET),
        frame(8, 9, MARKET, COIN, TRANSFER + words(THIEF, 1)),
    ]
    frames[4] = frame(4, 9, POOL, THIEF, b"")
    frames[3] = frame(3, 9, POOL, CODE, kind="delegatecall")
    (inside,) = mid_call_reads(frames, MEMBERS)
    assert inside.givers == {MARKET}
    closed = [f._replace(end=7) if f.position in (2, 3, 4) else f for f in frames]
    (outside,) = mid_call_reads(closed, MEMBERS)
    assert not outside.givers


def test_a_callback_by_design_finds_the_books_in_order():
    assert not list(mid_call_reads(while_paid(door=FLASH), MEMBERS))


RECORDED = Path(tocsin.app.__file__).parent / "recordings" / "reentrancy-read-only"


@pytest.mark.parametrize(("play", "loud"), [("attack", True), ("twin", False)])
def test_the_play_is_found_and_its_honest_twin_is_not(play, loud):
    detector = detectors()["read-only-reentrancy"]
    tables = derived(codecs.tables(list(recordings.read(RECORDED / play))))
    found = examine(tables, {detector.id: detector}, {}, lambda _: {}).findings
    truth = json.loads((RECORDED / play / "truth.json").read_text())
    assert [finding.severity >= Severity.HIGH for finding in found] == [True] * loud
    for finding in found:
        victims = [entity.address for entity in finding.entities if entity.role == "victim"]
        assert victims == truth["victims"]
