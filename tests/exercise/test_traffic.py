"""On real nodes: ordinary traffic plays the same way again, contains everything in time, and keeps its promises."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app.exercise.arena import Arena, arena
from tocsin.chain.contract import Receipt, Transaction, pay
from tocsin.exercise.activity import Activity, Doing, Far, Wait
from tocsin.exercise.catalogue import activities
from tocsin.exercise.play import Play
from tocsin.exercise.traffic import Traffic, everyday
from tocsin.model.errors import PackageMissing, ScenarioBroken

pytestmark = pytest.mark.anvil

BASE_FEE_WEI = hex(1_000_000)
"""anvil goes on from the fee of the blocks it has just forgotten; from the same one the same blocks follow."""
FAILING = "swap-that-fails"
PLAIN = ("pay-in-tokens", "pay-in-ether", "swap-on-uniswap-v2", "swap-on-uniswap-v3")


@pytest.fixture(scope="module")
def stage(anvil_binary: Path) -> Iterator[Arena]:
    try:
        with arena({**os.environ, "TOCSIN_ANVIL": str(anvil_binary)}) as made:
            yield made
    except PackageMissing as reason:
        pytest.skip(str(reason))


@pytest.fixture
def play(stage: Arena) -> Iterator[Play]:
    with stage.undone() as play:
        yield play


def test_three_hundred_transactions_come_the_same_way_again(stage: Arena) -> None:
    first, second = hashes(stage), hashes(stage)

    assert len(first) > 40
    assert first == second


def test_another_seed_gives_other_traffic(play: Play) -> None:
    drawn = set()
    for seed in range(3):
        play.random.seed(seed)
        traffic = Traffic(play, activities(), everyday(activities()))
        receipts(traffic, 20)
        drawn.add(tuple(traffic.whose.values()))

    assert len(drawn) == 3


def test_a_thousand_transactions_contain_every_activity_the_rare_ones_rarely(play: Play) -> None:
    traffic = Traffic(play, activities(), everyday(activities()))

    done = receipts(traffic, 1_000)

    times = Counter(traffic.whose.values())
    assert times.total() == len(done)
    assert set(times) == set(activities())
    assert {traffic.whose[each.hash] for each in done if not each.is_done} == {FAILING}
    assert sum(times[name] for name in PLAIN) > 0.3 * times.total()
    assert times["upgrade-by-the-safe"] + times["replace-a-safe-owner"] < 0.03 * times.total()


def test_what_has_no_rate_never_comes(play: Play) -> None:
    traffic = Traffic(play, activities(), {"pay-in-ether": 1.0, FAILING: 0.0})

    receipts(traffic, 20)

    assert set(traffic.whose.values()) == {"pay-in-ether"}


def test_those_that_want_to_be_alone_wait_for_one_another(play: Play) -> None:
    inside: list[str] = []
    most: list[int] = []

    def run(play: Play) -> Doing:
        inside.append("somebody")
        most.append(len(inside))
        yield payment(play)
        yield payment(play)
        inside.pop()

    receipts(traffic_of(play, *(Activity(id=name, run=run, rate=1, alone="only one") for name in ("a", "b"))), 12)

    assert set(most) == {1}


def test_what_waits_goes_on_after_so_many_blocks_with_the_receipt_it_had(play: Play) -> None:
    blocks: list[int] = []

    def run(play: Play) -> Doing:
        sent = yield payment(play)
        assert (yield Wait(blocks=3)) == sent
        last = yield payment(play)
        blocks.append(last.block_number - sent.block_number)

    receipts(traffic_of(play, Activity(id="patient", run=run, rate=1)), 1)

    assert set(blocks) == {4}


def test_what_goes_to_the_far_chain_is_answered_from_there(play: Play) -> None:
    chains: list[int] = []

    def run(play: Play) -> Doing:
        chains.append((yield payment(play)).chain_id)
        chains.append((yield Far(transaction=pay(play.scene.people.users[0], play.scene.people.users[1], 1))).chain_id)

    receipts(traffic_of(play, Activity(id="abroad", run=run, rate=1), together=1), 1)

    assert chains == [play.home.chain_id, play.far.chain_id]


def test_an_activity_that_does_nothing_is_broken(play: Play) -> None:
    def run(_: Play) -> Doing:
        yield from ()

    with pytest.raises(ScenarioBroken, match="idle: it does nothing"):
        receipts(traffic_of(play, Activity(id="idle", run=run, rate=1)), 1)


def test_an_activity_that_waits_before_it_does_anything_is_broken(play: Play) -> None:
    def run(_: Play) -> Doing:
        yield Wait(blocks=1)

    with pytest.raises(ScenarioBroken, match="hesitant: it waits before"):
        receipts(traffic_of(play, Activity(id="hesitant", run=run, rate=1)), 1)


def payment(play: Play) -> Transaction:
    return pay(play.scene.people.users[0], play.scene.people.users[1], 1)


def traffic_of(play: Play, *those: Activity, together: int = 8) -> Traffic:
    known = {each.id: each for each in those}
    return Traffic(play, known, everyday(known), together=together)


def receipts(traffic: Traffic, transactions: int) -> list[Receipt]:
    return [receipt for block in traffic.blocks(transactions) for receipt in block]


def hashes(stage: Arena) -> list[str]:
    """Of the blocks, on both chains, in which three hundred ordinary transactions are done."""
    with stage.undone() as play:
        heights = [chain.height() for chain in stage.chains]
        for chain in stage.chains:
            chain.node.request("anvil_setNextBlockBaseFeePerGas", BASE_FEE_WEI)
        receipts(Traffic(play, activities(), everyday(activities())), 300)
        return [
            chain.node.request("eth_getBlockByNumber", hex(number), False)["hash"]
            for chain, height in zip(stage.chains, heights, strict=True)
            for number in range(height + 1, chain.height() + 1)
        ]
