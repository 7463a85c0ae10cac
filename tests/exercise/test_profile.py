"""Profiles: what can be chosen and written, and what is refused with what to do about it."""

import pytest

from tocsin.exercise.catalogue import activities
from tocsin.exercise.profile import built_in, chosen, everyday, parse
from tocsin.model.errors import SettingError

PAYDAY = """
says = "payday"

[rates]
pay-in-tokens = 40
borrow-and-repay = 0.5
"""


def test_a_profile_is_read_from_its_text() -> None:
    profile = parse(PAYDAY, "payday.toml", activities())

    assert (profile.name, profile.says) == ("payday.toml", "payday")
    assert profile.rates == {"pay-in-tokens": 40.0, "borrow-and-repay": 0.5}


def test_everyday_has_every_activity_at_its_own_rate() -> None:
    known = activities()

    assert everyday(known).rates == {name: activity.rate for name, activity in known.items()}
    assert all(rate > 0 for rate in everyday(known).rates.values())


@pytest.mark.parametrize("name", built_in(activities()))
def test_a_built_in_profile_is_as_good_as_a_written_one(name: str) -> None:
    profile = chosen(name, activities())
    rates = "\n".join(f"{activity} = {rate}" for activity, rate in profile.rates.items())

    assert profile.name == name
    assert parse(f"[rates]\n{rates}", "written.toml", activities()).rates == profile.rates


def test_a_busy_profile_has_more_flash_loans_than_everyday_and_a_quiet_one_none() -> None:
    usual, quiet, busy = (chosen(name, activities()).rates for name in ("everyday", "quiet", "busy"))

    assert busy["flash-loan-through-a-vault"] > usual["flash-loan-through-a-vault"]
    assert "flash-loan-through-a-vault" not in quiet


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[rates]\npay-in-token = 1", r"payday.toml: \[rates\]: .*'pay-in-token'; did you mean 'pay-in-tokens'"),
        ("[rates]\npay-in-tokens = -1", r"payday.toml: \[rates\] pay-in-tokens: -1 is no rate"),
        ("[rates]\npay-in-tokens = nan", "nan is no rate"),
        ("[rates]\npay-in-tokens = inf", "inf is no rate"),
        ("[rates]\npay-in-tokens = true", "True is no rate"),
        ("[rates]\npay-in-tokens = '1'", "'1' is no rate"),
        ("[rates]\npay-in-tokens = 0\npay-in-ether = 0.0", "nothing would ever happen"),
        ("[rates]", "nothing would ever happen"),
        ("", "nothing would ever happen"),
        ("rates = 1", "must be a table"),
        ("says = 1\n[rates]\npay-in-tokens = 1", "says must be a text"),
        ("[rate]\npay-in-tokens = 1", "no setting 'rate'; did you mean 'rates'"),
        ("[rates", "not TOML"),
    ],
)
def test_what_is_no_profile_is_refused_with_what_to_do(text: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        parse(text, "payday.toml", activities())


def test_a_profile_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingError, match="'quite'; did you mean 'quiet'"):
        chosen("quite", activities())
