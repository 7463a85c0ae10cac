"""What an account is, from answers that a node gave, did not give, or made up."""

import pytest

from tocsin.detect.accounts import account, blocks_in, questions
from tocsin.model.finding import Place
from tocsin.model.lookups import Answers, code, transaction_count

WHO = "0x" + "ab" * 20
HEIGHT = 20_000
DAY = 7_200


def _place(height: int | None = HEIGHT) -> Place:
    return Place(chain_id=1, block_number=height, block_hash=None, transaction_hash=None, transaction_index=None)


def _answers(now: str | None = None, before: str | None = None, sent: str | None = None) -> Answers:
    asked = {
        code(WHO, block_number=HEIGHT, chain_id=1): now,
        code(WHO, block_number=HEIGHT - DAY, chain_id=1): before,
        transaction_count(WHO, block_number=HEIGHT, chain_id=1): sent,
    }
    return {lookup: answer for lookup, answer in asked.items() if answer is not None}


def test_three_questions_tell_what_an_account_is() -> None:
    assert set(questions(_place(), [WHO])) == set(_answers("", "", ""))


def test_an_account_without_code_is_externally_owned_and_fresh_if_it_has_hardly_sent() -> None:
    assert account(_place(), WHO, _answers("0x", sent="0x2")).is_fresh
    assert not account(_place(), WHO, _answers("0x", sent="0x3")).is_fresh


def test_a_delegation_does_not_make_it_a_contract() -> None:
    assert account(_place(), WHO, _answers("0xef0100" + "cd" * 20)).is_contract is False


@pytest.mark.parametrize(("before", "is_young"), [("0x", True), ("0x6001", False), (None, None)])
def test_a_contract_that_was_not_there_a_day_earlier_is_young(before: str | None, is_young: bool | None) -> None:
    found = account(_place(), WHO, _answers("0x6001", before))

    assert (found.is_contract, found.is_young) == (True, is_young)


def test_what_nobody_answered_is_unknown_and_not_fresh() -> None:
    found = account(_place(), WHO, {})

    assert (found.is_contract, found.sent, found.is_young, found.is_fresh) == (None, None, None, False)


def test_what_is_not_known_is_not_described() -> None:
    assert account(_place(), WHO, _answers()).described == WHO
    assert account(_place(), WHO, _answers("0x6001", "0x")).described == f"{WHO} (a new contract)"


@pytest.mark.parametrize("nonsense", ["", "0x", "many", "0xzz"])
def test_a_number_that_is_none_is_unknown(nonsense: str) -> None:
    assert account(_place(), WHO, _answers("0x", sent=nonsense)).sent is None


def test_on_a_chain_younger_than_a_day_age_is_not_asked() -> None:
    assert len(questions(_place(DAY - 1), [WHO])) == 2


def test_without_a_block_nothing_is_asked() -> None:
    assert questions(_place(None), [WHO]) == ()


def test_a_day_is_as_many_blocks_as_the_chain_makes() -> None:
    assert (blocks_in(1, 86_400), blocks_in(42_161, 86_400), blocks_in(999, 86_400)) == (7_200, 345_600, 7_200)
