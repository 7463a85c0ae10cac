"""Emptied accounts with a memory: other chains, busy receivers, and batches that are cut anywhere."""

from collections.abc import Iterable, Mapping

import polars as pl
import pytest

from tocsin.chain.catalogue import datasets
from tocsin.detect.detectors.theft._payments import MOST_PAYERS
from tocsin.detect.detectors.theft.key_compromise_drain import WINDOW_BLOCKS, detector
from tocsin.detect.engine import Outcome, detect
from tocsin.detect.known import KNOWN
from tocsin.tables.literal import frame

ETHER = 10**18
COIN = "0x" + "ee" * 20


def tables(payments: Iterable[tuple[int, int, str, str]]) -> Mapping[str, pl.DataFrame]:
    """Payments of ten ether: chain, block, who, to whom; one a transaction."""
    transfers, transactions = [], []
    for number, (chain, block, sender, receiver) in enumerate(payments):
        place = {"chain_id": chain, "block_number": block, "transaction_index": number}
        ends = {"from_address": sender, "to_address": receiver}
        transfers.append({**place, **ends, "token_address": COIN, "standard": "native", "value": 10 * ETHER})
        transactions.append({**place, **ends})
    frames = {"transfers": transfers, "transactions": transactions, "logs": [], "blocks": []}
    return {**{name: frame(datasets()[name].columns, rows) for name, rows in frames.items()}, **KNOWN}


def look(payments: Iterable[tuple[int, int, str, str]], memory: pl.DataFrame | None = None) -> Outcome:
    outcome = detect(tables(payments), [detector], {} if memory is None else {detector.id: memory})
    assert not outcome.failures
    return outcome


def asked(outcome: Outcome) -> list[int]:
    """How many payers each question is about."""
    return [len(each.question.candidate.payers) for each in outcome.pending]


def three(chain: int, block: int, receiver: str = "mallory") -> list[tuple[int, int, str, str]]:
    return [(chain, block, f"victim-{number}", receiver) for number in range(3)]


def test_the_third_payer_is_asked_about_and_the_fourth_is_not() -> None:
    before = look(three(1, 500)[:2]).remembered[detector.id]

    third = look(three(1, 501)[2:], before)
    fourth = look([(1, 502, "other", "mallory")], pl.concat([before, third.remembered[detector.id]]))

    assert (asked(third), asked(fourth)) == ([3], [])


def test_who_paid_the_receiver_on_another_chain_is_not_asked_about_again() -> None:
    elsewhere = look(three(10, 200_000_000)).remembered[detector.id]

    assert asked(look([(1, 500, "victim-9", "mallory")], elsewhere)) == []


def test_a_receiver_busy_on_one_chain_is_seen_on_another() -> None:
    crowd = [(10, 400, f"payer-{number}", "mallory") for number in range(MOST_PAYERS + 5)]
    memory = look(crowd).remembered[detector.id]

    assert asked(look(three(1, 500), memory)) == [3]
    assert asked(look([(10, 500, "another", "mallory")], memory)) == []


@pytest.mark.parametrize(("later", "found"), [(WINDOW_BLOCKS, [3]), (WINDOW_BLOCKS + 1, [])])
def test_what_is_older_than_the_window_does_not_count(later: int, found: list[int]) -> None:
    memory = look(three(1, 500)[:2]).remembered[detector.id]

    assert asked(look(three(1, 500 + later)[2:], memory)) == found


def test_a_busy_receiver_whose_payers_leave_the_window_is_asked_about_again() -> None:
    crowd = [(1, 500, f"payer-{number}", "mallory") for number in range(MOST_PAYERS + 5)]
    memory = look(crowd).remembered[detector.id]

    assert asked(look(three(1, 501 + WINDOW_BLOCKS), memory)) == [3]
