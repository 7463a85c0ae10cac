"""Contracts that wait to be simulated: the most suspicious first, each once, never without bound."""

import asyncio
from dataclasses import replace
from random import Random

import pytest

from tocsin.app.simulation import queue as simulation_queue
from tocsin.app.simulation.queue import MOST_FAILURES, MOST_WAITING, SimulationQueue
from tocsin.app.simulation.trial import NewContract
from tocsin.chain.header import Header
from tocsin.model.errors import DataMissing
from tocsin.model.finding import Entity, Finding, Place, Severity

HEAD = Header(number=7, hash=b"\x07" * 32, parent_hash=b"\x06" * 32, timestamp=1)


def said(
    number: int, severity: Severity = Severity.LOW, detector: str = "attack-contract", deployer: str = "0x" + "de" * 20
) -> Finding:
    place = Place(chain_id=1, block_number=7, block_hash=None, transaction_hash="0x" + "aa" * 32, transaction_index=0)
    entities = (Entity("deployer", deployer), Entity("attack_contract", f"0x{number:040x}"))
    return Finding(
        detector=detector, place=place, severity=severity, confidence=0.3, title="", summary="", entities=entities
    )


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which contracts were simulated, in order; there is no code at number 13."""
    made: list[int] = []

    async def simulate(node: object, new: NewContract, **_: object) -> str:
        made.append(int(new.address, 16))
        if made[-1] == 13:
            raise DataMissing("there is no code")
        return new.address

    monkeypatch.setattr(simulation_queue, "simulate_new_contract", simulate)
    monkeypatch.setattr(simulation_queue, "finding", lambda simulation, hash_: (simulation, hash_))
    return made


def queue() -> SimulationQueue:
    return SimulationQueue(node=None, random=Random(1))  # type: ignore[arg-type]  # noqa: S311 - nothing is asked


async def next_(waiting: SimulationQueue) -> Finding | None:
    one = waiting.take()
    return None if one is None else await waiting.tried(one)


def test_the_most_suspicious_comes_first_and_each_once(tried: list[int]) -> None:
    waiting = queue()
    waiting.offer([said(1), said(2, Severity.HIGH), said(3, Severity.MEDIUM), said(2)], HEAD)
    found = [asyncio.run(next_(waiting)) for _ in range(4)]
    assert tried == [2, 3, 1]
    assert found[0] == (f"0x{2:040x}", "0x" + "aa" * 32)
    assert found[3] is None
    waiting.offer([said(1), said(2)], HEAD)
    assert len(waiting) == 0


def test_a_graver_finding_brings_a_contract_forward(tried: list[int]) -> None:
    waiting = queue()
    waiting.offer([said(1), said(2, Severity.MEDIUM)], HEAD)
    waiting.offer([said(1, Severity.HIGH)], HEAD)
    asyncio.run(next_(waiting))
    assert tried == [1]


def test_other_findings_name_nothing_to_try() -> None:
    waiting = queue()
    waiting.offer([said(1, Severity.CRITICAL, "proxy-upgrade")], HEAD)
    assert len(waiting) == 0


def test_what_is_least_suspicious_is_dropped_and_counted_when_too_many_wait(tried: list[int]) -> None:
    waiting = queue()
    waiting.offer([said(1_000, Severity.LOW), *(said(n, Severity.MEDIUM) for n in range(1, MOST_WAITING + 1))], HEAD)
    assert (len(waiting), waiting.dropped) == (MOST_WAITING, 1)
    for _ in range(MOST_WAITING):
        try:
            asyncio.run(next_(waiting))
        except DataMissing:
            assert tried[-1] == 13
    assert 1_000 not in tried


@pytest.mark.parametrize("is_first", [True, False])
def test_who_deploys_many_crowds_out_his_own(tried: list[int], *, is_first: bool) -> None:
    waiting, other = queue(), said(1_000, deployer="0x" + "aa" * 20)
    many = [said(n) for n in range(20, 20 + 2 * MOST_WAITING)]
    waiting.offer([other, *many] if is_first else [*many, other], HEAD)
    for _ in range(MOST_WAITING):
        asyncio.run(next_(waiting))
    assert (1_000 in tried, waiting.dropped) == (True, MOST_WAITING + 1)


def test_what_failed_is_tried_again_after_the_others_until_it_has_failed_too_often() -> None:
    waiting, order = queue(), []
    waiting.offer([said(13, Severity.HIGH), said(1)], HEAD)
    while one := waiting.take():
        order.append(int(one.new.address, 16))
        if order[-1] == 13:
            waiting.put_back(one)
    assert order == [13, 1, *[13] * (MOST_FAILURES - 1)]
    assert waiting.dropped == 1
    waiting.offer([said(13)], HEAD)
    assert len(waiting) == 0


def test_what_was_in_an_orphaned_block_is_tried_in_the_new_one_and_never_put_back() -> None:
    # given one that waits and one that is being tried, when their block is orphaned
    waiting = queue()
    waiting.offer([said(1, Severity.HIGH), said(2)], HEAD)
    one = waiting.take()
    assert one is not None
    waiting.forget_above(HEAD.number - 1)
    waiting.put_back(one)
    assert len(waiting) == 0
    # then both are tried in another block
    waiting.offer([said(1), said(2)], replace(HEAD, hash=b"\x08" * 32))
    assert len(waiting) == 2
    # and a reorg above them changes nothing
    waiting.take()
    waiting.forget_above(HEAD.number)
    waiting.offer([said(1), said(2)], HEAD)
    assert len(waiting) == 1
