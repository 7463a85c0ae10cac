"""Orders that Seaport fulfilled, as it says itself: what was offered, and what it was sold for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from tocsin.chain.abi import ADDRESS_BYTES
from tocsin.chain.signatures import topic
from tocsin.detect.worth import Prices
from tocsin.tables.columns import NATIVE

FULFILLED = topic(
    "OrderFulfilled(bytes32,address,address,address,(uint8,address,uint256,uint256)[],"
    "(uint8,address,uint256,uint256,address)[])"
)
SEAPORTS = tuple(
    bytes.fromhex(address)
    for address in (
        "00000000006c3852cbef3e08e8df289169ede581",
        "00000000000001ad428e4906ae43d8f9852d0dd6",
        "00000000000000adc04c56bf30ac9d3c0aaf14dc",
        "0000000000000068f116a894984e2db1123eb395",
    )
)
"""Seaport 1.1, 1.4, 1.5 and 1.6, at these addresses on every chain."""
WORD, HEAD_WORDS = 32, 4
OFFERED_WORDS, ASKED_WORDS = 4, 5
"""Of an item: kind, token, identifier, amount and, of what is asked, who gets it."""
NATIVE_KIND, ERC20_KIND, ERC721_KIND, ERC1155_KIND = range(4)
MOST_ITEMS = 1_000
"""Items that are read of one side of an order."""


class Item(NamedTuple):
    """One thing that changes hands."""

    kind: int
    token: bytes
    identifier: int
    amount: int
    receiver: bytes
    """Empty for what is offered: whoever fulfils gets it."""

    @property
    def is_collectible(self) -> bool:
        """Whether it is an item of a collection."""
        return self.kind in (ERC721_KIND, ERC1155_KIND)


@dataclass(frozen=True, slots=True)
class Order:
    """One order that was fulfilled."""

    row: Mapping[str, Any]
    offerer: bytes
    recipient: bytes
    """Who gets what is offered."""
    offered: tuple[Item, ...]
    asked: tuple[Item, ...]

    @property
    def collectibles(self) -> tuple[Item, ...]:
        """The items of collections that are offered."""
        return tuple(item for item in self.offered if item.is_collectible)


def orders(logs: pl.DataFrame) -> Iterator[Order]:
    """The orders in the order of the chain; logs that hold none, or are not Seaport's, are left out."""
    for row in (
        logs.filter(pl.col("address").is_in(SEAPORTS))
        .sort("block_number", "transaction_index", "log_index")
        .iter_rows(named=True)
    ):
        order = _order(row)
        if order is not None:
            yield order


def _order(row: Mapping[str, Any]) -> Order | None:
    data = row["data"] or b""
    if len(data) < HEAD_WORDS * WORD:
        return None
    offered, asked = _items(data, 2, OFFERED_WORDS), _items(data, 3, ASKED_WORDS)
    if row["topic1"] is None or offered is None or asked is None:
        return None
    return Order(row, row["topic1"][-ADDRESS_BYTES:], _address(data, 1), offered, asked)


def _items(data: bytes, head: int, width: int) -> tuple[Item, ...] | None:
    """The items of the array whose offset stands in this word; None where the bytes do not hold them."""
    at = _number(data, head)
    if at + WORD > len(data):
        return None
    count = int.from_bytes(data[at : at + WORD], "big")
    if count > MOST_ITEMS or at + WORD + count * width * WORD > len(data):
        return None
    body = data[at + WORD :]
    return tuple(_item(body[number * width * WORD :], width) for number in range(count))


def _item(words: bytes, width: int) -> Item:
    receiver = _address(words, 4) if width == ASKED_WORDS else b""
    kind = _number(words, 0)
    token = NATIVE if kind == NATIVE_KIND else _address(words, 1)
    return Item(kind, token, _number(words, 2), _number(words, 3), receiver)


def _number(data: bytes, word: int) -> int:
    return int.from_bytes(data[word * WORD : (word + 1) * WORD], "big")


def _address(data: bytes, word: int) -> bytes:
    return data[word * WORD : (word + 1) * WORD].rjust(WORD, b"\0")[-ADDRESS_BYTES:]


def sale(order: Order, prices: Prices) -> tuple[bytes, float] | None:
    """The collection and the dollars an item was sold for; None where it was no sale of one collection for money."""
    things, money = (order.offered, order.asked) if order.collectibles else (order.asked, order.offered)
    sold = [item for item in things if item.is_collectible]
    paid = [_dollars(item, order, prices) for item in money if not item.is_collectible]
    collections, count = {item.token for item in sold}, sum(item.amount for item in sold)
    if len(collections) != 1 or not count or None in paid or any(item.is_collectible for item in money):
        return None
    total = sum(each for each in paid if each is not None)
    return (sold[0].token, total / float(count)) if total > 0 else None


def _dollars(item: Item, order: Order, prices: Prices) -> float | None:
    return prices.dollars(order.row["chain_id"], item.token, item.amount)
