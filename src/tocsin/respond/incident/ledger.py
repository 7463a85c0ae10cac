"""
The ledger of an incident: where the funds are, by double entry, for each token on each chain.

A posting takes one amount out of one account and puts it into another, so that the accounts of a token always add up
to nothing. `external` and `at_risk` are where funds come from and may be below zero; of every other account no more can
be taken than is there. Amounts are integers of the token's smallest unit, up to 2**256 - 1, and never rounded.

| figure | is |
|---|---|
| at risk | what is known to be there and could still be taken |
| taken | all that left for the attacker: lost, frozen and recovered together |
| lost | what is with the attacker, in mixers, at exchanges, across bridges, or was paid as a bounty |
| frozen | what an issuer or exchange holds back |
| recovered | what came back |
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.model.errors import Unacceptable, WrongState
from tocsin.respond.incident.events import FundsMoved
from tocsin.respond.incident.parts import Posting

ACCOUNTS: Mapping[str, str] = {
    "external": "anywhere outside: where funds come from, and where what was saved goes",
    "at_risk": "could be taken",
    "stolen": "at addresses of the attacker",
    "in_mixer": "in a mixer",
    "at_cex": "at an exchange",
    "bridged": "on its way across a bridge, or lost from sight there",
    "frozen": "held back by an issuer or exchange",
    "returned": "back",
    "bounty_paid": "left to, or paid to, whoever returned the rest",
}
"""Every account, and what is in it (reference: incident response, 3.7; `bridged` and `external` are added)."""
SOURCES = frozenset({"external", "at_risk"})
"""Accounts that may be below zero: what leaves them need not have been booked before."""
FIGURES: Mapping[str, frozenset[str]] = {
    "at_risk": frozenset({"at_risk"}),
    "taken": frozenset(ACCOUNTS) - SOURCES,
    "lost": frozenset({"stolen", "in_mixer", "at_cex", "bridged", "bounty_paid"}),
    "frozen": frozenset({"frozen"}),
    "recovered": frozenset({"returned"}),
}
"""The accounts that each figure adds up."""
LARGEST = 2**256 - 1
MOST_DECIMALS = 77
"""2**256 has 78 digits."""
NATIVE = "native"
Token = tuple[int, str]
"""A chain id, and a token there."""
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An amount, and all that it rests on."""

    units: int
    usd_cents: int | None
    """At the newest price known at that time, rounded down; None where there is none."""
    transactions: tuple[str, ...]
    postings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the ledger says of one token."""

    chain_id: int
    token: str
    symbol: str
    """As the token calls itself: untrusted."""
    decimals: int
    accounts: Mapping[str, int]
    """Each account that is not empty."""
    figures: Mapping[str, Figure]
    price_source: str
    priced_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What the ledger says of all tokens, as of a time."""

    holdings: tuple[Holding, ...]
    usd_cents: Mapping[str, int]
    """Each figure over all tokens that have a price."""
    without_price: tuple[str, ...]
    """Symbols of tokens that are in no sum of dollars: a sum is at least so much."""


def funds(postings: Iterable[Posting], as_of: float | None = None) -> Funds:
    """The figures, from what had happened up to `as_of`; None for all."""
    of_token: dict[Token, list[Posting]] = defaultdict(list)
    for posting in postings:
        if as_of is None or posting.at <= as_of:
            of_token[posting.chain_id, posting.token].append(posting)
    holdings = tuple(_holding(some) for _, some in sorted(of_token.items()))
    priced = [one for one in holdings if one.priced_at is not None]
    sums = {name: sum(one.figures[name].usd_cents or 0 for one in priced) for name in FIGURES}
    without = tuple(one.symbol for one in holdings if one.priced_at is None)
    return Funds(holdings=holdings, usd_cents=sums, without_price=without)


def balances(postings: Iterable[Posting | FundsMoved]) -> Mapping[str, int]:
    """What is in each account, of postings of one token. They add up to nothing."""
    held: dict[str, int] = defaultdict(int)
    for posting in postings:
        held[posting.debit] -= int(posting.amount)
        held[posting.credit] += int(posting.amount)
    return {account: held[account] for account in ACCOUNTS if held[account]}


def _holding(postings: Sequence[Posting]) -> Holding:
    held, newest = balances(postings), postings[-1]
    priced = max((one for one in postings if one.usd_cents is not None), key=lambda one: one.at, default=None)
    return Holding(
        chain_id=newest.chain_id,
        token=newest.token,
        symbol=newest.symbol,
        decimals=newest.decimals,
        accounts=held,
        figures={name: _figure(postings, held, accounts, priced) for name, accounts in FIGURES.items()},
        price_source=priced.price_source if priced else "",
        priced_at=priced.at if priced else None,
    )


def _figure(
    postings: Sequence[Posting], held: Mapping[str, int], accounts: frozenset[str], priced: Posting | None
) -> Figure:
    """More than was known to be at risk may have been taken from there: then nothing is."""
    units = max(sum(held.get(account, 0) for account in accounts), 0)
    mine = [one for one in postings if (one.debit in accounts) is not (one.credit in accounts)]
    return Figure(
        units=units,
        usd_cents=None if priced is None else units * (priced.usd_cents or 0) // priced.units,
        transactions=tuple(dict.fromkeys(each for one in mine for each in one.transactions)),
        postings=tuple(one.id for one in mine),
    )


def checked(move: FundsMoved, before: Iterable[Posting]) -> FundsMoved:
    """
    The posting, if it can stand beside those there are. Raises `Unacceptable`, and `WrongState` where more is taken
    from an account than is in it.
    """
    _check_words(move)
    same = [one for one in before if (one.chain_id, one.token) == (move.chain_id, move.token)]
    if same and same[-1].decimals != move.decimals:
        raise Unacceptable(f"{move.token} has {same[-1].decimals} decimals in this ledger, not {move.decimals}")
    left = balances([*same, move]).get(move.debit, 0)
    if left < 0 and move.debit not in SOURCES:
        there = whole_units(left + int(move.amount), move.decimals)
        asked = whole_units(int(move.amount), move.decimals)
        raise WrongState(f"{move.debit} holds {there} of {move.token}, and {asked} are to leave it")
    return move


def _check_words(move: FundsMoved) -> None:
    for account in (move.debit, move.credit):
        if account not in ACCOUNTS:
            near = difflib.get_close_matches(account, ACCOUNTS, n=1, cutoff=0)
            raise Unacceptable(f"no account {account[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(ACCOUNTS)}")
    if move.debit == move.credit:
        raise Unacceptable("what stays in an account is no posting")
    if move.token != NATIVE and not _ADDRESS.fullmatch(move.token):
        raise Unacceptable("a token is `native`, or 0x and 40 lower-case hexadecimal digits")
    if not move.amount.isascii() or not move.amount.isdecimal() or not 0 < int(move.amount[:79]) <= LARGEST:
        raise Unacceptable("an amount is a whole number of the smallest unit, from 1 to 2**256 - 1, in decimal digits")
    if not 0 <= move.decimals <= MOST_DECIMALS:
        raise Unacceptable(f"decimals are from 0 to {MOST_DECIMALS}")
    if move.usd_cents is not None and (move.usd_cents < 0 or not move.price_source):
        raise Unacceptable("a value in dollars is not negative, and names where the price is from")


def smallest_units(amount: str, decimals: int) -> str:
    """
    An amount of whole units such as 12.5 in smallest units, exact. Raises `Unacceptable`, also where digits would be
    lost.
    """
    whole, _, fraction = amount.replace("_", "").partition(".")
    digits = whole + fraction
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 160:
        raise Unacceptable(f"{amount[:50]!r} is no amount: write digits, with a point where there are fractions")
    if len(fraction.rstrip("0")) > decimals:
        raise Unacceptable(f"{amount[:50]!r} has more places than the {decimals} decimals of the token")
    return str(int((whole or "0") + fraction[:decimals].ljust(decimals, "0")))


def whole_units(units: int, decimals: int) -> str:
    """Smallest units as whole ones: 1500000 with 6 decimals is 1.5. No digit is lost."""
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole}.{digits}" if digits else str(whole)
