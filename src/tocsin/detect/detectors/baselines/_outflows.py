"""What watched accounts gained and lost, transaction by transaction, and what is remembered of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tocsin.detect.detectors.baselines import _watched
from tocsin.detect.worth import Prices
from tocsin.intel.kinds import OURS
from tocsin.tables.columns import PLACE, Column, address, count, octets, schema
from tocsin.tables.dataset import Tables

TRANSFERS = ("token_address", "standard", "from_address", "to_address", "value_binary")
KEY = ("account", "token")
MOST_TOKENS = 16
"""Tokens of one account that are remembered of one block: anybody can pay it tokens of his own making."""
MOST = 2**256 - 1

REMEMBERED: Mapping[str, Column] = {
    "account": address("The watched account."),
    "token": address("The token; 0xeee...eee for the native coin."),
    "outflows": count("transactions", "In how many transactions of the block it lost some."),
    "inflows": count("transactions", "In how many it gained some."),
    "largest_out_binary": octets("The most it lost in one of them: 32 bytes, big-endian."),
    "largest_in_binary": octets("The most it gained in one of them."),
    "out_binary": octets("What it lost in all of them."),
    "in_binary": octets("What it gained in all of them."),
}


NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))


@dataclass(slots=True)
class Change:
    """What one watched account gained and lost of one token in one transaction."""

    place: Mapping[str, Any]
    account: bytes
    token: bytes
    gained: int = 0
    lost: int = 0
    kept: int = 0
    """Of what it lost: what went to another account of the organisation's."""
    takers: Counter[bytes] = field(default_factory=Counter)

    @property
    def net(self) -> int:
        """What it lost to others: negative where it gained."""
        return self.lost - self.kept - self.gained

    @property
    def taker(self) -> bytes:
        """Who got most of it."""
        return max(self.takers.items(), key=lambda each: (each[1], each[0]))[0]


def changes(tables: Tables) -> list[Change]:
    """One for each transaction, watched account and token, in the order of the chain."""
    moved = _watched.rows(tables, "transfers", "from_address", "to_address")
    if moved.is_empty():
        return []
    found: dict[tuple[Any, ...], Change] = {}
    watched = {chain: _watched.accounts(tables, chain) for chain in _watched.chains(moved)}
    ours = {chain: _watched.accounts(tables, chain, OURS) for chain in watched}
    for row in moved.iter_rows(named=True):
        if row["block_number"] is not None and row["standard"] in ("native", "erc20", "wrap"):
            _note(row, found, watched[row["chain_id"]], ours[row["chain_id"]])
    return sorted(found.values(), key=_order)


def _order(change: Change) -> tuple[Any, ...]:
    return change.place["block_number"], change.place["transaction_index"] or 0, change.account, change.token


def _note(
    row: Mapping[str, Any], found: dict[tuple[Any, ...], Change], watched: frozenset[bytes], ours: frozenset[bytes]
) -> None:
    giver, taker, amount = row["from_address"], row["to_address"], int.from_bytes(row["value_binary"], "big")
    if giver == taker or not amount:
        return
    if giver in watched:
        change = _change(row, giver, found)
        change.lost += amount
        change.takers[taker] += amount
        change.kept += amount if taker in ours else 0
    if taker in watched:
        _change(row, taker, found).gained += amount


def _change(row: Mapping[str, Any], account: bytes, found: dict[tuple[Any, ...], Change]) -> Change:
    token = row["token_address"]
    key = (row["chain_id"], row["block_hash"], row["block_number"], row["transaction_hash"], account, token)
    return found.setdefault(key, Change({name: row[name] for name in PLACE}, account, token))


def remember(tables: Tables) -> pl.DataFrame:
    """What watched accounts gained and lost in each block: one row an account and token, at most `MOST_TOKENS`."""
    found = changes(tables)
    if not found:
        return NOTHING
    groups: dict[tuple[Any, ...], list[Change]] = {}
    for change in priced_first(found, tables):
        place = change.place
        where = (place["chain_id"], place["block_number"], place["block_hash"], change.account, change.token)
        groups.setdefault(where, []).append(change)
    kept = Counter[tuple[Any, ...]]()
    rows = []
    for where, group in groups.items():
        kept[where[:4]] += 1
        if kept[where[:4]] <= MOST_TOKENS:
            rows.append(_remembered(group))
    return pl.DataFrame(rows, schema=schema({**PLACE, **REMEMBERED}), orient="row")


def priced_first(found: list[Change], tables: Tables) -> list[Change]:
    """The same, those of tokens with a known price before the others, which anybody can make up."""
    prices = Prices.of(tables)
    return sorted(found, key=lambda change: prices.dollars(change.place["chain_id"], change.token, 1) is None)


def _remembered(group: list[Change]) -> dict[str, Any]:
    first = group[0]
    out, gained = ([sign * change.net for change in group if sign * change.net > 0] for sign in (1, -1))
    return {
        **first.place, "transaction_index": None, "transaction_hash": None,
        "account": first.account, "token": first.token, "outflows": len(out), "inflows": len(gained),
        "largest_out_binary": _word(max(out, default=0)), "largest_in_binary": _word(max(gained, default=0)),
        "out_binary": _word(sum(out)), "in_binary": _word(sum(gained)),
    }  # fmt: skip


def _word(amount: int) -> bytes:
    return min(amount, MOST).to_bytes(32, "big")


def total(rows: pl.DataFrame, name: str) -> int:
    """The exact sum of a column of amounts."""
    return sum(map(_number, rows[name].to_list()))


def most(rows: pl.DataFrame, name: str) -> int:
    """The greatest of a column of amounts: words of one length are in the order of their numbers."""
    return _number(max(rows[name].to_list(), default=b""))


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")


def losses(found: Iterable[Change]) -> Iterator[tuple[Change, list[Change]]]:
    """Each loss, with the other changes of the same account in the same transaction; at most `MOST_TOKENS` of each."""
    groups: dict[tuple[Any, ...], list[Change]] = {}
    for change in found:
        groups.setdefault((*change.place.values(), change.account), []).append(change)
    for group in groups.values():
        lost = [change for change in group if change.net > 0][:MOST_TOKENS]
        yield from ((change, [other for other in group if other is not change]) for change in lost)
