"""Killed at any moment, a watching process loses nothing, repeats nothing in its store, and skips no block."""

import signal
import time
from collections import Counter
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random

import pytest
from ownable import Ownable
from watching import STOP_SECONDS, Installation, next_event, wait_for

from tocsin.edge.anvil import Anvil

pytestmark = pytest.mark.anvil

BLOCKS_A_ROUND = 40
START_UP_SECONDS = 1.5
BUSY_SECONDS = 1.0


@dataclass
class Round:
    """One life of the process."""

    killed_in: str
    after_seconds: float
    blocks_done: int
    findings: int
    told: int


def dice_of(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - chooses moments; nothing secret


def play(node: Anvil, installation: Installation, kills: int, dice: Random) -> list[Round]:
    """Findings come, the process is killed; as often as asked for. Some rounds reorganise what is done first."""
    contract = Ownable.deployed(node)
    played = []
    for number in range(kills):
        if number % 3 == 1:
            installation.catch_up()
            node.request("anvil_reorg", dice.randint(1, BLOCKS_A_ROUND), [])
        contract.hand_over(BLOCKS_A_ROUND)
        phase, seconds = kill(installation, dice, in_start_up=number % 5 == 4)
        played.append(
            Round(
                killed_in=phase,
                after_seconds=round(seconds, 3),
                blocks_done=len(installation.done_blocks()),
                findings=len(installation.standing()),
                told=len(installation.notices()),
            )
        )
    installation.catch_up()
    check(node, contract, installation)
    return played


def kill(installation: Installation, dice: Random, *, in_start_up: bool) -> tuple[str, float]:
    with installation.watching() as process:
        if not in_start_up:
            next_event(process, "watching")
        seconds = dice.uniform(0, START_UP_SECONDS if in_start_up else BUSY_SECONDS)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        assert process.wait(STOP_SECONDS) == -signal.SIGKILL
    return "start-up" if in_start_up else "work", seconds


def check(node: Anvil, contract: Ownable, installation: Installation) -> None:
    """The store says what the chain says: every finding once, every block, and all of it told."""
    standing = installation.standing()
    assert Counter(standing) == Counter(contract.truth())

    head = int(node.request("eth_blockNumber"), 16)
    done = installation.done_blocks()
    assert [number for number, _ in done] == list(range(head + 1))
    for number, block_hash in done:
        assert node.request("eth_getBlockByNumber", hex(number), False)["hash"] == block_hash

    assert installation.untold() == 0
    last_word = {notice["finding"]["id"]: notice["kind"] for notice in installation.notices()}
    told = {notice["finding"]["id"]: notice["finding"] for notice in installation.notices()}
    believed = [told[name] for name, kind in last_word.items() if kind == "finding"]
    changes = [one for one in believed if one["detector"] == "control-change"]
    assert {(one["block_number"], one["block_hash"], one["transaction_hash"]) for one in changes} == set(standing)


def test_three_kills_lose_nothing_and_repeat_nothing(anvil: Anvil, tmp_path: Path) -> None:
    play(anvil, Installation.on(anvil, tmp_path), 3, dice_of(3))


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_repeat_nothing(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    rounds = play(anvil, installation, 20, dice_of(20))

    notices = installation.notices()
    print(*(" | ".join(map(str, (number, *astuple(one)))) for number, one in enumerate(rounds, 1)), sep="\n")
    print(f"standing {len(installation.standing())}, blocks {len(installation.done_blocks())}")
    print(f"told {len(notices)}, of these again {len(notices) - len({notice['key'] for notice in notices})}")


@pytest.mark.slow
@pytest.mark.postgresql
def test_kills_on_postgresql(anvil: Anvil, tmp_path: Path, store_url: str) -> None:
    play(anvil, Installation.on(anvil, tmp_path, store_url), 3, dice_of(5))


@pytest.mark.slow
@pytest.mark.postgresql
def test_two_processes_on_one_store_find_nothing_twice_and_lose_nothing(
    anvil: Anvil, tmp_path: Path, store_url: str
) -> None:
    installation = Installation.on(anvil, tmp_path, store_url)
    contract = Ownable.deployed(anvil)
    contract.hand_over(10)
    with installation.watching() as one, installation.watching() as other:
        contract.hand_over(30)
        assert wait_for(lambda: len(installation.standing()) == 40)
        before = anvil.request("evm_snapshot")
        contract.hand_over(3)
        assert wait_for(lambda: len(installation.standing()) == 43)
        anvil.request("evm_revert", before)
        contract.hand_over(5)
        assert wait_for(lambda: len(installation.standing()) == 45 and installation.untold() == 0)
        for process in (one, other):
            process.terminate()
        assert [process.wait(STOP_SECONDS) for process in (one, other)] == [0, 0]

    check(anvil, contract, installation)


def test_a_reorg_takes_back_what_was_found_and_finds_what_is_there_now(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    contract = Ownable.deployed(anvil)
    contract.hand_over(2)
    before = anvil.request("evm_snapshot")
    contract.hand_over(3)
    with installation.watching() as process:
        assert wait_for(lambda: len(installation.standing()) == 5)
        orphaned = set(contract.truth())
        anvil.request("evm_revert", before)
        contract.hand_over(4)
        orphaned -= contract.truth()
        assert next_event(process, "reorg")["retracted"] == 3
        assert wait_for(lambda: len(installation.standing()) == 6)
        process.terminate()
        assert process.wait(STOP_SECONDS) == 0

    check(anvil, contract, installation)
    taken_back = [notice["finding"] for notice in installation.notices() if notice["kind"] == "retraction"]
    assert {(one["block_number"], one["block_hash"], one["transaction_hash"]) for one in taken_back} == orphaned


def test_a_reorg_below_all_that_is_kept_is_followed_to_the_fork(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    installation.settings.write_text(
        installation.settings.read_text().replace("keep_blocks = 10_000", "keep_blocks = 2")
    )
    contract = Ownable.deployed(anvil)
    contract.hand_over(3)
    before = anvil.request("evm_snapshot")
    contract.hand_over(9)
    installation.catch_up()
    orphaned = set(contract.truth())
    anvil.request("evm_revert", before)
    contract.hand_over(4)
    orphaned -= contract.truth()

    installation.catch_up()

    assert Counter(installation.standing()) == Counter(contract.truth())
    retracted = [notice["finding"]["block_hash"] for notice in installation.notices() if notice["kind"] == "retraction"]
    assert sorted(retracted) == sorted(block_hash for _, block_hash, _ in orphaned)
    assert [kind for _, _, kind, *_ in installation.health_alerts()] == ["deep-reorg"]
