"""
A valuable item of a collection was sold for next to nothing, by an order its owner had signed.

## What it finds
An order that Seaport fulfilled, in a transaction that its offerer did not send, by which items of collections (NFTs)
left the offerer, who got at most a hundredth of what they are worth. What an item is worth is the price of its
collection in the price table or, without one, the middle of what others were sold for by such orders within a day,
three sales at least; a hundred dollars at least.

* high: items of several collections went in one transaction, or the organisation protects the offerer, or others call
  the taker a phisher or worse.
* medium: items of one collection. low: items of several collections of unknown worth, for less than a dollar.

## Why it matters
The owner signed once on a page that looked like a login, and the order is good for everything it names. Whoever signed
one may have signed more: they can be cancelled.

## Blind spots
Other markets than Seaport, its forks included, at other addresses than its own. Orders paid for with a token of unknown
price, or with other items. Collections without a price that did not change hands by Seaport within the day. Gifts,
sales settled elsewhere, and moves between wallets of one owner look the same: precision is low for single items. What
becomes of the items afterwards, a quick resale for one, is not looked at.

## Triage
Tell the owner to cancel all orders (`incrementCounter` of Seaport) and to take approvals back; tell markets to flag the
items, which are usually sold on within the hour.

## References
- https://docs.opensea.io/docs/seaport
- https://github.com/forta-network/starter-kits (stolen NFT and scammer NFT trader detectors)
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import median_low
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from tocsin.detect import actors
from tocsin.detect.detector import MEMORY, Detector, Memory, Read
from tocsin.detect.detectors.phishing._order_examples import EXAMPLES
from tocsin.detect.detectors.phishing._orders import FULFILLED, Item, Order, orders, sale
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.intel.kinds import HOSTILE
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.columns import PLACE, Column, address, schema
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks: how long a sale says what a collection is worth (design)."""
LEAST_SALES = 3
"""So few sales say nothing (design)."""
LEAST_FLOOR_DOLLARS = 100.0
MOST_SHARE = 0.01
"""What an item must be worth, and what part of it the offerer may get (reference: detection, section 4.34)."""
NOTHING_DOLLARS = 1.0
SHOWN = 20
"""How many items a finding names."""
CONFIDENCE_ONE, CONFIDENCE_SEVERAL, CONFIDENCE_UNKNOWN = 0.5, 0.8, 0.3

REMEMBERED: Mapping[str, Column] = {
    "collection": address("Whose item was sold."),
    "dollars": Column(pl.Float64(), "US dollars", "For about how much."),
}
_NO_SALES = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))


def remember(tables: Tables) -> pl.DataFrame:
    """What items were sold for: once for each transaction and collection, as both sides' orders tell of a sale."""
    if tables["logs"].is_empty():
        return _NO_SALES
    prices = Prices.of(tables)
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for order in orders(tables["logs"]):
        found = sale(order, prices)
        if found is not None and order.row["block_number"] is not None:
            key = (*(order.row[name] for name in actors.SAME), found[0])
            rows.setdefault(key, (*(order.row[name] for name in PLACE), *found))
    return pl.DataFrame(list(rows.values()), schema=_NO_SALES.schema, orient="row")


@dataclass(frozen=True, slots=True)
class Loss:
    """What one offerer lost by its orders in one transaction."""

    orders: tuple[Order, ...]
    items: tuple[Item, ...]
    got_dollars: float
    worth_dollars: float
    """As far as it is known."""

    @property
    def collections(self) -> tuple[bytes, ...]:
        """Whose items they are."""
        return tuple(sorted({item.token for item in self.items}))


def run(tables: Tables) -> Iterator[Sighting]:
    """One for each transaction and offerer."""
    if tables["logs"].is_empty():
        return
    labels, senders = Labels.of(tables), dict(tables["transactions"][["transaction_hash", "from_address"]].rows())
    groups: dict[tuple[Any, ...], list[Order]] = {}
    for order in orders(tables["logs"]):
        sender = senders.get(order.row["transaction_hash"])
        if order.collectibles and sender is not None and order.offerer not in (sender, order.recipient):
            groups.setdefault((*(order.row[name] for name in actors.SAME), order.offerer), []).append(order)
    if not groups:
        return
    market = Market.of(tables, {item.token for some in groups.values() for each in some for item in each.collectibles})
    for key, some in groups.items():
        loss = _loss(some, market.moves.get(key[:-1], []), market)
        if loss is not None:
            yield from _sightings(loss, senders[some[0].row["transaction_hash"]], labels)


class Move(NamedTuple):
    """One movement of something."""

    token: bytes
    giver: bytes
    taker: bytes
    value: float
    dollars: float | None


Sale: TypeAlias = tuple[int, int, float]
"""Block, place in the block, dollars."""


@dataclass(frozen=True, slots=True)
class Market:
    """What moved in the transactions that orders were fulfilled in, and what items were sold for before."""

    prices: Prices
    moves: Mapping[actors.Transaction, list[Move]]
    sales: Mapping[tuple[int, bytes], list[Sale]]
    """By chain and collection."""

    @classmethod
    def of(cls, tables: Tables, collections: Collection[bytes]) -> "Market":
        """Read once: there may be many orders."""
        prices = Prices.of(tables)
        moved = prices.with_dollars(actors.of_transactions(tables["transfers"], tables["logs"]), "value_f64")
        columns = ("token_address", "from_address", "to_address", "value_f64", "dollars")
        moves = {key: [Move(*row) for row in rows] for key, rows in actors.by_transaction(moved, columns).items()}
        sales: dict[tuple[int, bytes], list[Sale]] = {}
        for row in tables[MEMORY].filter(pl.col("collection").is_in(sorted(collections))).iter_rows(named=True):
            sale_ = (row["block_number"], row["transaction_index"] or 0, row["dollars"])
            sales.setdefault((row["chain_id"], row["collection"]), []).append(sale_)
        return cls(prices, moves, sales)

    def floor(self, token: bytes, row: Mapping[str, Any]) -> float:
        """What an item of a collection is worth; nothing where that is not known, or little."""
        price = self.prices.dollars(row["chain_id"], token, 1)
        if price is None:
            now = (row["block_number"] or 0, row["transaction_index"] or 0)
            sales = self.sales.get((row["chain_id"], token), ())
            near = [each[-1] for each in sales if each[:2] < now and each[0] + WINDOW_BLOCKS >= now[0]]
            price = median_low(near) if len(near) >= LEAST_SALES else 0.0
        return price if price >= LEAST_FLOOR_DOLLARS else 0.0


def _loss(some: list[Order], moves: Sequence[Move], market: Market) -> Loss | None:
    """What the offerer lost and got; None where the items did not move, or it got something of unknown worth."""
    offerer = some[0].offerer
    left = {move.token for move in moves if move.giver == offerer}
    items = [item for order in some for item in order.collectibles if item.token in left]
    got = [move.dollars for move in moves if move.taker == offerer and move.value > 0]
    if not items or None in got:
        return None
    floors = {token: market.floor(token, some[0].row) for token in {item.token for item in items}}
    known = [floors[item.token] * float(item.amount) for item in items]
    return Loss(tuple(some), tuple(items), fsum(each or 0.0 for each in got), fsum(known))


def _sightings(loss: Loss, sender: bytes, labels: Labels) -> Iterator[Sighting]:
    first = loss.orders[0]
    chain = first.row["chain_id"]
    is_cheap = loss.worth_dollars > 0 and loss.got_dollars <= MOST_SHARE * loss.worth_dollars
    is_nothing = loss.got_dollars < NOTHING_DOLLARS and len(loss.collections) > 1
    takers = {sender, *(order.recipient for order in loss.orders)} - {bytes(20)}
    is_known = any(labels.kinds(chain, taker) & HOSTILE for taker in takers)
    is_watched = "watched" in labels.kinds(chain, first.offerer)
    if not (is_cheap or is_nothing or (is_known and loss.got_dollars < NOTHING_DOLLARS)):
        return
    is_sure = is_known or (is_cheap and (is_watched or len(loss.collections) > 1))
    severity = Severity.HIGH if is_sure else Severity.MEDIUM if is_cheap else Severity.LOW
    confidence = CONFIDENCE_SEVERAL if is_sure else CONFIDENCE_ONE if is_cheap else CONFIDENCE_UNKNOWN
    yield _sighting(loss, sender, severity, confidence)


def _sighting(loss: Loss, sender: bytes, severity: Severity, confidence: float) -> Sighting:
    first = loss.orders[0]
    offerer, recipient = (str(hexadecimal(raw)) for raw in (first.offerer, first.recipient))
    taker = recipient if any(first.recipient) else str(hexadecimal(sender))
    count = sum(item.amount for item in loss.items)
    worth = f", worth {about(loss.worth_dollars)}" if loss.worth_dollars else ""
    named = ", ".join(f"{item.identifier} of {hexadecimal(item.token)}" for item in loss.items[:SHOWN])
    return Sighting(
        place=Place.of(first.row),
        severity=severity,
        confidence=confidence,
        title=f"Items of a collection were sold for next to nothing{worth}",
        summary=f"{offerer} had signed an order by which {count} items of {len(loss.collections)} collections{worth} "
        f"went to {taker}, and got {about(loss.got_dollars) if loss.got_dollars else 'nothing'}: {named}.",
        entities=(
            Entity("victim", offerer),
            Entity("attacker", taker),
            *(Entity("token", str(hexadecimal(token))) for token in loss.collections[:SHOWN]),
        ),
        values={
            "items": count,
            "collections": len(loss.collections),
            "about_dollars": int(loss.worth_dollars),
            "got_about_dollars": int(loss.got_dollars),
        },
        key=offerer,
    )


detector = Detector(
    id="nft-order-phishing",
    severity=Severity.HIGH,
    reads={
        "logs": Read(columns=("address", "topic0", "topic1", "data", "log_index"), topic0=(FULFILLED,)),
        "transfers": Read(columns=("token_address", "from_address", "to_address", "value_f64")),
        "transactions": Read(columns=("from_address",)),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=EXAMPLES,
)
