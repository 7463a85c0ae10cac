"""
How sandwiches are found in the swaps of one block.

One pass in the order of the chain keeps, by actor, pool and direction, the round trip that is open; the work grows
with the number of swaps. What lies between front and back is cut out at the end, once per round trip, and round
trips that share a transaction of their actor are one sandwich.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from tocsin.detect.detectors.mev._holdings import Holdings
from tocsin.detect.detectors.mev._trades import Trade, coin

Way: TypeAlias = tuple[tuple[bytes, bytes], bytes, bytes]
"""Pool, token in, token out."""

MOST_VICTIMS = 100
"""Swaps of others that are taken in one pool: real sandwiches have a handful, nobody shall make the list long."""

TOLERANCE_PERCENT = 1
"""How far what is sold in another pool may be from what was bought in front."""


@dataclass(slots=True)
class RoundTrip:
    """Swaps of one actor through one pool and back, with swaps of others between."""

    actors: set[bytes]
    """Senders and traders of the swaps in front."""
    fronts: list[Trade]
    backs: list[Trade] = field(default_factory=list)
    victims: tuple[Trade, ...] = ()
    linked: set[bytes] = field(default_factory=set)
    """Those of the actors who are behind the swaps at the back as well."""

    @property
    def transactions(self) -> set[bytes]:
        """The actor's own."""
        return {leg.transaction for leg in (*self.fronts, *self.backs)}

    @property
    def profit(self) -> tuple[bytes, int]:
        """Of this pool alone: the token paid in front, and what came back of it less what was paid."""
        return _gain(self.fronts, self.backs)

    def close(self, trade: Trade, actors: Iterable[bytes]) -> None:
        """Take a swap as one of those at the back."""
        self.backs.append(trade)
        self.linked.update(self.actors.intersection(actors))


@dataclass(frozen=True, slots=True)
class Sandwich:
    """Round trips that have a transaction in common."""

    trips: tuple[RoundTrip, ...]

    @property
    def fronts(self) -> tuple[Trade, ...]:
        """The swaps before the victims, in the order of the chain."""
        return _in_order(trade for trip in self.trips for trade in trip.fronts)

    @property
    def backs(self) -> tuple[Trade, ...]:
        """The swaps behind the victims, in the order of the chain."""
        return _in_order(trade for trip in self.trips for trade in trip.backs)

    @property
    def victims(self) -> tuple[Trade, ...]:
        """What others swapped between, in the order of the chain."""
        return _in_order(trade for trip in self.trips for trade in trip.victims)

    @property
    def profit(self) -> tuple[bytes, int]:
        """The token first paid, and what came back of it less what was paid. May be negative."""
        return _gain(self.fronts, self.backs)


def _gain(fronts: Sequence[Trade], backs: Sequence[Trade]) -> tuple[bytes, int]:
    token, legs = fronts[0].token_in, (*fronts, *backs)
    came = sum(leg.amount_out for leg in legs if leg.token_out == token)
    return token, came - sum(leg.amount_in for leg in legs if leg.token_in == token)


def _in_order(trades: Iterable[Trade]) -> tuple[Trade, ...]:
    distinct = {id(trade): trade for trade in trades}.values()
    return tuple(sorted(distinct, key=lambda trade: (trade.transaction_index, trade.position)))


def sandwiches(trades: Sequence[Trade], holdings: Holdings | None) -> list[Sandwich]:
    """The sandwiches in the swaps of one block, given in order. Without holdings every trader counts as one."""
    book = _Book(trades, holdings)
    for trade in trades:
        book.enter(trade)
    found = [Sandwich((*trips, *_along(trips, book.by_transaction))) for trips in _merged(list(book.closed()))]
    return [each for each in found if holdings is None or _stakes(each, holdings, book.pools)]


class _Book:
    """The round trips of a block while its swaps are read in order."""

    def __init__(self, trades: Sequence[Trade], holdings: Holdings | None) -> None:
        self.pools = frozenset(trade.pool[0] for trade in trades)
        self.by_transaction: dict[bytes, list[Trade]] = defaultdict(list)
        self._holdings = holdings
        self._open: dict[tuple[bytes, tuple[bytes, bytes], bytes], RoundTrip] = {}
        self._trips: list[RoundTrip] = []
        self._same_way: dict[Way, list[Trade]] = defaultdict(list)
        self._sales: dict[tuple[bytes, bytes], list[Trade]] = defaultdict(list)

    def enter(self, trade: Trade) -> None:
        """Take the next swap: it closes what its actor opened the other way, or opens a round trip of its own."""
        self.by_transaction[trade.transaction].append(trade)
        self._same_way[_way(trade)].append(trade)
        payers = self._actors(trade, trade.payer)
        trip = self._opened(payers, trade.pool, trade.token_out)
        if trip is not None and self._may_close(trip, trade):
            trip.close(trade, payers)
            return
        for payer in payers:
            self._sales[payer, trade.token_in].append(trade)
        self._front(trade)

    def closed(self) -> Iterator[RoundTrip]:
        """Those that came back and have victims."""
        for trip in self._trips:
            if not trip.backs:
                self._close_elsewhere(trip)
            if trip.backs:
                trip.victims = tuple(islice(self._victims(trip), MOST_VICTIMS))
            if trip.victims:
                yield trip

    def _front(self, trade: Trade) -> None:
        actors = self._actors(trade, trade.receiver)
        trip = self._opened(actors, trade.pool, trade.token_in)
        if trip is None or trip.backs:
            trip = RoundTrip(set(), [])
            self._trips.append(trip)
        trip.actors.update(actors)
        trip.fronts.append(trade)
        for actor in actors:
            self._open[actor, trade.pool, trade.token_in] = trip

    def _actors(self, trade: Trade, trader: bytes) -> list[bytes]:
        holds = self._holdings is None or (trade.transaction, trader) in self._holdings.holders
        traders = [trader] if holds and trader not in self.pools else []
        return [*([trade.party.sender] if trade.party.sender else []), *traders]

    def _opened(self, actors: Iterable[bytes], pool: tuple[bytes, bytes], token: bytes) -> RoundTrip | None:
        return next((trip for actor in actors if (trip := self._open.get((actor, pool, token)))), None)

    def _may_close(self, trip: RoundTrip, trade: Trade) -> bool:
        first = trip.fronts[0]
        return first.token_out == trade.token_in and self._met_others(trip, trade.transaction_index)

    def _met_others(self, trip: RoundTrip, before: int) -> bool:
        """Whether others swapped the same way between, as far as counting tells."""
        own = len(trip.fronts) - bisect_right(trip.fronts, trip.fronts[0].transaction_index, key=_index)
        begin, end = self._between(trip.fronts[0], before)
        return end - begin > own

    def _victims(self, trip: RoundTrip) -> Iterator[Trade]:
        own = trip.transactions
        begin, end = self._between(trip.fronts[0], trip.backs[-1].transaction_index)
        for trade in self._same_way[_way(trip.fronts[0])][begin:end]:
            if trade.transaction not in own and trip.actors.isdisjoint(_behind(trade)):
                yield trade

    def _between(self, first: Trade, before: int) -> tuple[int, int]:
        same = self._same_way[_way(first)]
        return bisect_right(same, first.transaction_index, key=_index), bisect_left(same, before, key=_index)

    def _close_elsewhere(self, trip: RoundTrip) -> None:
        """Take the one sale in another pool that gets rid of what was bought, if there is one behind a victim."""
        bought, own = sum(front.amount_out for front in trip.fronts), trip.transactions
        for actor in sorted(trip.actors):
            for sale in self._sales[actor, trip.fronts[0].token_out]:
                near = abs(sale.amount_in - bought) * 100 <= TOLERANCE_PERCENT * bought
                away = sale.pool != trip.fronts[0].pool and sale.transaction not in own
                if near and away and self._met_others(trip, sale.transaction_index):
                    trip.close(sale, [actor])
                    return


def _way(trade: Trade) -> Way:
    return trade.pool, trade.token_in, trade.token_out


def _index(trade: Trade) -> int:
    return trade.transaction_index


def _behind(trade: Trade) -> tuple[bytes | None, ...]:
    return trade.party.sender, trade.payer, trade.receiver


def _merged(trips: Sequence[RoundTrip]) -> list[list[RoundTrip]]:
    """Round trips that share a transaction of the actor, together."""
    groups: dict[bytes, list[RoundTrip]] = {}
    for trip in trips:
        met = {id(group): group for leg in sorted(trip.transactions) if (group := groups.get(leg))}
        together = [*(other for group in met.values() for other in group), trip]
        for leg in {leg for other in together for leg in other.transactions}:
            groups[leg] = together
    return list({id(group): group for group in groups.values()}.values())


def _along(trips: Sequence[RoundTrip], trades: Mapping[bytes, Sequence[Trade]]) -> Iterator[RoundTrip]:
    """What the same transactions swap there and back in other pools: a part of the sandwich, though it hits nobody."""
    taken = {id(leg) for trip in trips for leg in (*trip.fronts, *trip.backs)}
    linked = {actor for trip in trips for actor in trip.linked}
    front, back = (_left(trades, {leg.transaction for leg in legs}, taken) for legs in _legs(trips))
    for (pool, paid, got), there in front.items():
        if again := back.get((pool, got, paid)):
            yield RoundTrip(linked, there, again, linked=linked)


def _legs(trips: Sequence[RoundTrip]) -> tuple[list[Trade], list[Trade]]:
    return [leg for trip in trips for leg in trip.fronts], [leg for trip in trips for leg in trip.backs]


def _left(
    trades: Mapping[bytes, Sequence[Trade]], transactions: AbstractSet[bytes], taken: AbstractSet[int]
) -> dict[Way, list[Trade]]:
    """The swaps of these transactions that are no legs yet, by their way."""
    left: dict[Way, list[Trade]] = defaultdict(list)
    for trade in (trade for transaction in sorted(transactions) for trade in trades[transaction]):
        if id(trade) not in taken:
            left[_way(trade)].append(trade)
    return left


def _stakes(sandwich: Sandwich, holdings: Holdings, pools: AbstractSet[bytes]) -> bool:
    """Whether its actor has something at stake between: two arbitrages around a swap gain, and carry nothing over."""
    accounts = _accounts(sandwich) - pools
    front, back = ({leg.transaction for leg in legs} for legs in (sandwich.fronts, sandwich.backs))
    legs = [(leg.row["chain_id"], leg) for leg in sandwich.fronts]
    paid, bought = (
        {coin(chain, leg.token_in) for chain, leg in legs},
        {coin(chain, leg.token_out) for chain, leg in legs},
    )
    invests = any(holdings.change(front, accounts, token) < 0 for token in paid)
    return invests or any(
        holdings.change(front, accounts, token) > 0 > holdings.change(back, accounts, token) for token in bought
    )


def _accounts(sandwich: Sandwich) -> set[bytes]:
    """The linked actors; where that is the sender, whoever trades for them as well."""
    linked = {actor for trip in sandwich.trips for actor in trip.linked}
    own = (leg for leg in (*sandwich.fronts, *sandwich.backs) if leg.party.sender in linked)
    return linked | {who for leg in own for who in (leg.party.called, leg.payer, leg.receiver) if who}
