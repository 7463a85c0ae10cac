"""What watched accounts lost, with what is remembered of them, and what is asked about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.detect.accounts import blocks_in
from tocsin.detect.detector import MEMORY
from tocsin.detect.detectors._held import held, supply
from tocsin.detect.detectors.baselines import _watched
from tocsin.detect.detectors.baselines._history import MARGIN, OBSERVATIONS, Track, tracks
from tocsin.detect.detectors.baselines._outflows import KEY, Change, changes, losses, most, priced_first, total
from tocsin.detect.worth import Prices
from tocsin.model.finding import Place, hexadecimal
from tocsin.model.lookups import Lookup
from tocsin.tables.columns import NATIVE, ZERO
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
HOUR_SECONDS = 3_600
LEAST_DOLLARS = 1_000.0
"""The least loss that counts."""
LEAST_SUPPLY, LEAST_WEI = 1e-6, 10**17
"""The same without a price: as a share of a token's supply, and of the native coin of a chain that is not known."""
TRADED = 0.5
"""A loss is a trade when at least this part of its worth came back."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a watched account lost of a token in one transaction, with what came before."""

    place: Place
    account: bytes
    token: bytes
    amount: int
    taker: bytes
    sender: bytes | None
    dollars: float | None
    is_real: bool
    """The native coin, a token with a known price, or one that the account itself moved."""
    observations: int
    largest_out: int
    largest_in: int
    lost_within_hour: int
    """Before this block, less what came in."""

    @property
    def is_learned(self) -> bool:
        """Enough was seen to know what is usual."""
        return self.observations >= OBSERVATIONS

    @property
    def is_over_cap(self) -> bool:
        """More than what is usual, where that is known."""
        return self.is_learned and self.amount > self.largest_out * (1 + MARGIN)


def found(tables: Tables) -> Iterator[Loss]:
    """The losses that matter, in the order of the chain."""
    prices = Prices.of(tables)
    lost = [pair for pair in losses(priced_first(changes(tables), tables)) if matters(*pair, prices)]
    if not lost:
        return
    known = tracks(tables[MEMORY], KEY, {_key(change) for change, _ in lost})
    movers, senders = _movers(tables), _senders(tables)
    for change, _ in lost:
        yield _loss(change, known.get(_key(change)), prices, movers, senders)


def _key(change: Change) -> tuple[Any, ...]:
    return change.place["chain_id"], change.account, change.token


def matters(change: Change, others: list[Change], prices: Prices) -> bool:
    """Whether it is worth enough, as far as that is known, and was not paid for."""
    if change.taker == ZERO and any(other.net < 0 for other in others):
        return False  # it gave shares back, and got something for them
    chain = change.place["chain_id"]
    worth = prices.dollars(chain, change.token, change.net)
    got = sum(prices.dollars(chain, other.token, -other.net) or 0.0 for other in others if other.net < 0)
    if worth is None:
        return got < LEAST_DOLLARS and (change.token != NATIVE or change.net >= LEAST_WEI)
    return worth >= LEAST_DOLLARS and got < TRADED * worth


def _movers(tables: Tables) -> frozenset[tuple[Any, ...]]:
    """Transaction, caller and token of the calls that move tokens, by watched accounts."""
    if "calls" not in tables or tables["calls"].is_empty():
        return frozenset()
    rows = _watched.rows(tables, "calls", "from_address")
    return frozenset(rows.select("block_hash", "transaction_hash", "from_address", "to_address").rows())


def _senders(tables: Tables) -> Mapping[tuple[Any, ...], bytes]:
    if "transactions" not in tables:
        return {}
    rows = tables["transactions"].select("block_hash", "transaction_hash", "from_address").iter_rows()
    return {(block, hash_): sender for block, hash_, sender in rows}


def _loss(
    change: Change,
    known: Track | None,
    prices: Prices,
    movers: frozenset[tuple[Any, ...]],
    senders: Mapping[tuple[Any, ...], bytes],
) -> Loss:
    place, number = change.place, change.place["block_number"]
    where = (place["block_hash"], place["transaction_hash"])
    dollars = prices.dollars(place["chain_id"], change.token, change.net)
    past = known.before(number, WINDOW_BLOCKS) if known else None
    lately = known.before(number, blocks_in(place["chain_id"], HOUR_SECONDS)) if known else None
    return Loss(
        place=Place.of(place),
        account=change.account,
        token=change.token,
        amount=change.net,
        taker=change.taker,
        sender=senders.get(where),
        dollars=dollars,
        is_real=dollars is not None or change.token == NATIVE or (*where, change.account, change.token) in movers,
        observations=0 if past is None else int(past["outflows"].sum()) + int(past["inflows"].sum()),
        largest_out=0 if past is None else most(past, "largest_out_binary"),
        largest_in=0 if past is None else most(past, "largest_in_binary"),
        lost_within_hour=0 if lately is None else max(0, total(lately, "out_binary") - total(lately, "in_binary")),
    )


def lookups(loss: Loss) -> tuple[Lookup, ...]:
    """What is asked: what the account held and, of a token without a price, how much of it there is."""
    there_was = supply_before(loss) if loss.dollars is None else None
    return tuple(lookup for lookup in (held_before(loss), there_was) if lookup is not None)


def held_before(loss: Loss) -> Lookup | None:
    """What the account held before the block."""
    return held(loss.place, str(hexadecimal(loss.account)), str(hexadecimal(loss.token)), 1)


def supply_before(loss: Loss) -> Lookup | None:
    """How much of the token there was before the block."""
    return supply(loss.place, str(hexadecimal(loss.token)), 1)
