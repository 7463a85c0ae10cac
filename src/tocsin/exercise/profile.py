"""
Profiles of ordinary traffic: how often each activity begins. Some are built in; one's own is a TOML file:

    says = "a lending market on payday"

    [rates]
    pay-in-tokens = 40
    borrow-and-repay = 10.5

Rates are relative to one another. What is not named does not happen.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.exercise import traffic
from tocsin.exercise.activity import Activity
from tocsin.model.errors import SettingError

SAYS, RATES = "says", "rates"
KEYS = (SAYS, RATES)

PLAIN = (
    "approve-and-revoke",
    "bridge-and-return",
    "bridge-by-hyperlane",
    "delegate-votes",
    "lend-on-aave",
    "pay-in-ether",
    "pay-in-tokens",
    "save-in-a-vault",
    "swap-on-uniswap-v2",
    "swap-on-uniswap-v3",
    "swap-that-fails",
    "trade-an-nft",
    "use-the-exchange",
    "wrap-ether",
)
"""What leaves prices, owners, roles and code as they are, and is over within a few blocks."""
LEVERAGED = (
    "arbitrage-with-a-flash-loan",
    "borrow-and-repay",
    "flash-loan-through-a-vault",
    "liquidation",
    "liquidation-cascade",
    "refinance-with-a-flash-loan",
    "swap-collateral-with-a-flash-loan",
)
BUSY_TIMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How often each activity begins."""

    name: str
    says: str
    """What it is like, for people."""
    rates: Mapping[str, float]
    """By the id of the activity, relative to one another: none below zero, at least one above."""


def everyday(activities: Mapping[str, Activity]) -> Profile:
    """Everything there is, as often as each activity says itself."""
    says = "everything, look-alikes of attacks among it, most of it plain"
    return Profile(name="everyday", says=says, rates=traffic.everyday(activities))


def built_in(activities: Mapping[str, Activity]) -> dict[str, Profile]:
    """The profiles there are without a file, by name."""
    usual = everyday(activities)
    quiet = {name: usual.rates[name] for name in PLAIN}
    busy = {name: rate * (BUSY_TIMES if name in LEVERAGED else 1) for name, rate in usual.rates.items()}
    profiles = (
        usual,
        Profile(name="quiet", says="payments, swaps and savings: nobody's prices, roles or code change", rates=quiet),
        Profile(name="busy", says="everyday, with six times the flash loans, loans and liquidations", rates=busy),
    )
    return {profile.name: profile for profile in profiles}


def chosen(name: str, activities: Mapping[str, Activity]) -> Profile:
    """The built-in profile of this name. Raises `SettingError`."""
    profiles = built_in(activities)
    _known(name, profiles, "there is no profile")
    return profiles[name]


def parse(text: str, name: str, activities: Mapping[str, Activity]) -> Profile:
    """The profile in the text of a file called `name`. Raises `SettingError`."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{name}: not TOML: {error}") from None
    for key in given:
        _known(key, KEYS, f"{name}: there is no setting")
    says = given.get(SAYS, "")
    if not isinstance(says, str):
        raise SettingError(f"{name}: {SAYS} must be a text in quotes, saying what the profile is like")
    return Profile(name=name, says=says, rates=_rates(given.get(RATES, {}), f"{name}: [{RATES}]", activities))


def _rates(given: object, where: str, activities: Mapping[str, Activity]) -> dict[str, float]:
    if not isinstance(given, dict):
        raise SettingError(f"{where} must be a table of activities and how often each begins")
    rates = {activity: _rate(activity, rate, where, activities) for activity, rate in given.items()}
    if not any(rates.values()):
        raise SettingError(f"{where}: nothing would ever happen; give at least one activity a rate above zero")
    return rates


def _rate(activity: str, rate: object, where: str, activities: Mapping[str, Activity]) -> float:
    _known(activity, activities, f"{where}: there is no activity")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < math.inf:
        raise SettingError(f"{where} {activity}: {rate!r} is no rate; give a number from zero on")
    return float(rate)


def _known(name: str, known: Mapping[str, object] | tuple[str, ...], what: str) -> None:
    if name not in known:
        (near,) = difflib.get_close_matches(name, list(known), n=1, cutoff=0)
        raise SettingError(f"{what} {name!r}; did you mean {near!r}? Known: {', '.join(known)}")
