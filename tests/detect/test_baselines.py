"""What is learned of watched contracts: robust statistics, histories in a window, invariants, ways."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.catalogue import detectors
from tocsin.detect.checks import build
from tocsin.detect.detectors.baselines import _invariants, _paths
from tocsin.detect.detectors.baselines._history import cap, robust_z, tracks
from tocsin.detect.detectors.baselines._invariants import Use
from tocsin.detect.detectors.baselines._paths import Path, Seen
from tocsin.tables.columns import PLACE, schema
from tocsin.tables.literal import frame, named

VAULT = named("vault")


def test_robust_z() -> None:
    """Of a value among others: by their median, and by how far they usually are from it."""
    assert robust_z(16, np.array([8.0, 9, 10, 11, 12])) == pytest.approx(0.6745 * 6 / 1)
    assert robust_z(10, np.array([10.0, 10, 10])) == 0
    assert robust_z(11, np.array([10.0, 10, 10])) == np.inf
    assert robust_z(5, np.array([])) == 0


def test_cap() -> None:
    """A tenth above the most seen; nothing seen has none."""
    assert cap(np.array([3.0, 10, 4])) == pytest.approx(11)
    assert cap(np.array([])) == np.inf


def rows(blocks: list[int], **values: Any) -> pl.DataFrame:
    """Remembered uses of one function of the vault, one a block."""
    given = [{"block_number": block, "contract": VAULT, "kind": "function", **values} for block in blocks]
    return frame({**PLACE, **_invariants.REMEMBERED}, given)


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(0, 45), st.integers(0, 45))
def test_track_before(blocks: list[int], block: int, window: int) -> None:
    """Exactly the rows of the blocks before, as far back as asked, whatever their order was."""
    key = (1, VAULT)
    known = tracks(rows(blocks), ("contract",), {key})
    seen = known[key].before(block, window)["block_number"].to_list() if blocks else []
    assert seen == sorted(each for each in blocks if block - window <= each < block)


def history(*, breaks: int, name: str = "direct") -> pl.DataFrame:
    """Three hundred calls that keep to everything, but for the last few."""
    usual: Mapping[str, Any] = {"calls": 1, "direct": True, "once": True, "gas": 100.0}
    last = {**usual, name: False if name == "direct" else 500.0}
    return pl.concat([rows(list(range(300 - breaks)), **usual), rows(list(range(300 - breaks, 300)), **last)])


@pytest.mark.parametrize("name", ["direct", "gas"])
def test_an_invariant_is_kept_while_it_rarely_breaks(name: str) -> None:
    """In the part that was not learned from: once is forgiven, three times in ninety are not."""
    wild = Use(1, direct=False, peaks={"gas": 900.0})
    for breaks, is_kept in ((0, True), (1, True), (3, False)):
        learned = _invariants.learn(("function", b"\1\2\3\4"), history(breaks=breaks, name=name))
        assert learned is not None
        assert (name in {broken.name for broken in learned.broken(wild)}) is is_kept


def test_an_invariant_that_never_held_is_not_learned() -> None:
    """What broke in the part that is learned from was never one."""
    learned = _invariants.learn(("function", b"\1\2\3\4"), history(breaks=150))
    assert learned is not None
    assert "direct" not in learned.flags


def test_too_little_is_not_learned_from() -> None:
    """Fewer than two hundred calls say nothing."""
    assert _invariants.learn(("function", b"\1\2\3\4"), history(breaks=0)[:199]) is None


def path(functions: bytes) -> Path:
    """A way of one-byte functions of the vault."""
    way = Path({}, None)
    for function in functions:
        way.add((VAULT, bytes([function]), True))
    return way


@pytest.mark.parametrize(("turns", "once"), [(b"aaaa", b"a"), (b"ababab", b"ab"), (b"xabcabcabcy", b"xabcy")])
def test_turns_of_a_loop_count_once(turns: bytes, once: bytes) -> None:
    """However often it turns."""
    assert path(turns).key == path(once).key


def test_ways_differ_by_order() -> None:
    """The same functions in another order are another way."""
    assert path(b"ab").key != path(b"ba").key


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=40), st.lists(st.integers(0, 25), min_size=1)
)
def test_what_was_seen_slides_with_the_window(seen: list[tuple[int, int]], asked: list[int]) -> None:
    """Asked for block after block, it is what would be counted afresh each time."""
    window = 5
    memory = frame(
        {**PLACE, **_paths.REMEMBERED},
        [{"block_number": block, "kind": "edge", "key": key, "times": 1} for block, key in seen],
    )
    assert memory.schema == schema({**PLACE, **_paths.REMEMBERED})
    sliding = Seen(memory, 1, window)
    for block in sorted(asked):
        afresh: dict[tuple[str, int], int] = {}
        for at, key in seen:
            if block - window <= at < block:
                afresh["edge", key] = afresh.get(("edge", key), 0) + 1
        assert dict(sliding.before(block)) == afresh


@pytest.mark.parametrize(("dollars", "is_lost"), [(0.01, False), (1.0, True), (None, True)])
def test_a_loss_of_little_worth_is_none(dollars: float | None, *, is_lost: bool) -> None:
    """What went out must be worth a thousand dollars, or nobody knows what it is worth."""
    moved = {"token_address": "usd", "standard": "erc20", "from_address": "vault", "to_address": "attack"}
    tables = {
        "calls": [{"from_address": "attack", "to_address": "vault", "call_type": "call"}],
        "transactions": [{"from_address": "mallory"}],
        "transfers": [{**moved, "value": 50_000}],
        "labels": [{"address": "vault", "kind": "watched"}],
        "prices": [] if dollars is None else [{"token_address": "usd", "dollars_per_unit": dollars}],
    }
    (visit,) = _invariants.visits(build(detectors()["invariant-break"], tables))
    assert visit.lost is is_lost
