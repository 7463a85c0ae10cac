"""On real nodes: every activity there is plays to its end, and plays the same way again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app.exercise.arena import Arena, arena
from tocsin.chain.contract import Receipt
from tocsin.exercise.catalogue import activities
from tocsin.exercise.traffic import Traffic
from tocsin.model.errors import PackageMissing

pytestmark = pytest.mark.anvil

FAILING = "swap-that-fails"
"""The only activity whose transactions may revert, and whose last one must."""
TIMES = 3
"""Each activity draws who does what; so often it is begun, one time after the other."""

BASE_FEE_WEI = hex(1_000_000)
"""anvil goes on from the fee of the blocks it has just forgotten; from the same one the same blocks follow."""


@pytest.fixture(scope="module")
def stage(anvil_binary: Path) -> Iterator[Arena]:
    try:
        with arena({**os.environ, "TOCSIN_ANVIL": str(anvil_binary)}) as made:
            yield made
    except PackageMissing as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", activities())
def test_an_activity_plays_to_its_end_and_the_same_way_again(stage: Arena, name: str) -> None:
    receipts, blocks = played(stage, name)
    _, again = played(stage, name)

    assert len(receipts) >= TIMES
    assert blocks == again
    assert [receipt.hash for receipt in receipts if not receipt.is_done and name != FAILING] == []


def test_a_swap_that_asks_for_too_much_reverts_each_time(stage: Arena) -> None:
    receipts, _ = played(stage, FAILING)

    assert sum(not receipt.is_done for receipt in receipts) == TIMES


def played(stage: Arena, name: str) -> tuple[list[Receipt], list[str]]:
    """The receipts of an activity played a few times over, and the hashes of the blocks on both chains after it."""
    known = activities()
    with stage.undone() as play:
        for chain in stage.chains:
            chain.node.request("anvil_setNextBlockBaseFeePerGas", BASE_FEE_WEI)
        receipts = [
            receipt
            for _ in range(TIMES)
            for block in Traffic(play, known, {name: 1.0}, together=1).blocks(1)
            for receipt in block
        ]
        latest = [chain.node.request("eth_getBlockByNumber", "latest", False) for chain in stage.chains]
        return receipts, [block["hash"] for block in latest]
