"""
Postings by rule: what findings state as lost is booked once, and taken back when a reorg takes the finding back.

For each token that one victim lost in one transaction there is one amount, the largest that a standing finding states.
What is booked of it is brought to that amount by a further posting: nothing is edited. What an attacker gained is
booked only where nobody states who lost that token in that transaction: it would be the same funds twice.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.model.actor import Actor, ActorKind
from tocsin.respond.incident.events import FundsMoved
from tocsin.respond.incident.ledger import balances
from tocsin.respond.incident.parts import Posting
from tocsin.respond.triage.losses import Stated

RULE = Actor(ActorKind.RULE, "stated-losses")
"""Who books."""
LOSS, GAIN, STAKE = "rl", "rg", "rs"
"""How the id of a posting by rule begins, by what it is; sixteen digits of what it is about and its number follow."""
Key = tuple[str, int, str, str, str]
"""Kind, chain id, transaction, token and victim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """How amounts of a token are read."""

    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What an asset held before it was hit."""

    asset: str
    chain_id: int
    token: str
    units: int
    block_number: int


def bookings(
    found: Iterable[Stated],
    gone: Iterable[Stated],
    booked: Sequence[Posting | FundsMoved],
    coins: Mapping[tuple[int, str], Coin],
) -> list[FundsMoved]:
    """
    The postings that bring an incident's ledger to what is stated: `found` stands, `gone` was taken back.

    Amounts that neither names are left alone; without anything in `gone` no amount becomes less, save of a gain of
    which a loss became known. `coins` says how tokens that are in no posting yet are read.
    """
    standing, left = _by_key(found), _by_key(gone)
    lost = {(key[1], key[2], key[3]) for key in standing if key[0] == LOSS} | _lost(booked)
    lost -= {(key[1], key[2], key[3]) for key in left if key[0] == LOSS and key not in standing}
    net = _net(booked)
    new: list[FundsMoved] = []
    for key in dict.fromkeys((*standing, *left, *_gains_of(booked, lost))):
        one = standing.get(key) or left.get(key)
        is_twice = key[0] == GAIN and (key[1], key[2], key[3]) in lost
        due = 0 if is_twice or key not in standing else max(each.units for each in standing[key])
        there = net.get(name_of(key), 0)
        if due > there or (due < there and (is_twice or key in left)):
            new.append(_posting(key, due - there, one, [*booked, *new], coins))
    return new


def stakes(
    some: Iterable[Stake], booked: Sequence[Posting | FundsMoved], coins: Mapping[tuple[int, str], Coin]
) -> list[FundsMoved]:
    """What could be taken, once for each asset and token."""
    new: list[FundsMoved] = []
    for one in some:
        key: Key = (STAKE, one.chain_id, one.asset, one.token, "")
        if one.units > 0 and not any(each.posting_id.startswith(name_of(key)) for each in map(_Seen, booked)):
            note = f"{one.asset} held it at block {one.block_number}"
            new.append(_move(key, one.units, "external", "at_risk", [*booked, *new], coins, note=note))
    return new


def name_of(key: Key) -> str:
    """How the ids of all postings about this begin."""
    digest = hashlib.sha256("|".join(map(str, key[1:])).encode()).hexdigest()[:16]
    return f"{key[0]}{digest}."


@dataclass(frozen=True, slots=True)
class _Seen:
    """A posting, whether it is booked or about to be."""

    it: Posting | FundsMoved

    @property
    def posting_id(self) -> str:
        return self.it.id if isinstance(self.it, Posting) else self.it.posting


def _by_key(some: Iterable[Stated]) -> dict[Key, list[Stated]]:
    found: dict[Key, list[Stated]] = defaultdict(list)
    for one in some:
        kind = GAIN if one.is_gain else LOSS
        found[kind, one.chain_id, one.transaction, one.token, one.victim].append(one)
    return dict(found)


def _net(booked: Iterable[Posting | FundsMoved]) -> Mapping[str, int]:
    """What postings by rule have brought to the attacker, by how their ids begin."""
    net: dict[str, int] = defaultdict(int)
    for each in booked:
        name = _Seen(each).posting_id.partition(".")[0] + "."
        net[name] += int(each.amount) * ((each.credit == "stolen") - (each.debit == "stolen"))
    return net


def _lost(booked: Iterable[Posting | FundsMoved]) -> set[tuple[int, str, str]]:
    """Chain, transaction and token of losses that are booked and were not taken back."""
    net = _net(booked)
    return {
        (each.chain_id, transaction, each.token)
        for each in booked
        if (name := _Seen(each).posting_id).startswith(LOSS) and net[name.partition(".")[0] + "."] > 0
        for transaction in each.transactions
    }


def _gains_of(booked: Iterable[Posting | FundsMoved], lost: Collection[tuple[int, str, str]]) -> Iterator[Key]:
    """Gains that are booked, of which it is known meanwhile who lost them."""
    for each in booked:
        if _Seen(each).posting_id.startswith(GAIN):
            keys: Iterator[Key] = ((GAIN, each.chain_id, one, each.token, "") for one in each.transactions)
            yield from (key for key in keys if key[1:4] in lost)


def _posting(
    key: Key,
    units: int,
    told: Sequence[Stated] | None,
    booked: Sequence[Posting | FundsMoved],
    coins: Mapping[tuple[int, str], Coin],
) -> FundsMoved:
    """One amount more with the attacker, or (below zero) less."""
    largest = max(told or (), key=lambda one: one.units, default=None)
    what = "somebody states who lost it" if largest is None else f"{largest.detector} states it"
    who = f", lost by {key[4]}" if key[4] else ", what the attacker gained; who lost it is not stated"
    source = _source(key, booked)
    debit, credit = (source, "stolen") if units > 0 else ("stolen", source)
    note = (
        f"{what}{who}" if units > 0 else "taken back: no finding that stands states it, or the same is booked as lost"
    )
    move = _move(key, abs(units), debit, credit, booked, coins, note=note)
    if largest is None:
        return move
    return FundsMoved(
        **{name: getattr(move, name) for name in move.__struct_fields__ if name not in ("block_number", "confidence")},
        block_number=largest.block_number,
        confidence=largest.confidence,
    )


def _source(key: Key, booked: Sequence[Posting | FundsMoved]) -> str:
    """Where it is taken from, and goes back to: what was at risk, if any of that token was; else outside."""
    before = [each for each in booked if _Seen(each).posting_id.startswith(name_of(key))]
    if before:
        return before[0].debit
    mine = [each for each in booked if (each.chain_id, each.token) == (key[1], key[3])]
    return "at_risk" if balances(mine).get("at_risk", 0) > 0 else "external"


def _move(  # noqa: PLR0913 - what a posting consists of
    key: Key,
    units: int,
    debit: str,
    credit: str,
    booked: Sequence[Posting | FundsMoved],
    coins: Mapping[tuple[int, str], Coin],
    *,
    note: str,
) -> FundsMoved:
    _, chain_id, about, token, _ = key
    before = next((each for each in reversed(booked) if (each.chain_id, each.token) == (chain_id, token)), None)
    unknown = Coin(symbol=f"base units of {token}", decimals=0)
    coin = Coin(symbol=before.symbol, decimals=before.decimals) if before else coins.get((chain_id, token), unknown)
    number = 1 + sum(_Seen(each).posting_id.startswith(name_of(key)) for each in booked)
    return FundsMoved(
        posting=f"{name_of(key)}{number}",
        chain_id=chain_id,
        token=token,
        symbol=coin.symbol,
        decimals=coin.decimals,
        amount=str(units),
        debit=debit,
        credit=credit,
        transactions=() if key[0] == STAKE else (about,),
        note=note,
    )
