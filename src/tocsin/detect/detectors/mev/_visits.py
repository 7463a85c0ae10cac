"""Liquidity that came before a swap and went after it, in one block: how such visits are found."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.detect.detector import Read
from tocsin.detect.detectors.mev import _trades
from tocsin.detect.detectors.mev._trades import BLOCK, NOBODY, POOL, Parties, Trade
from tocsin.tables.choice import rows_where

READ = Read(
    columns=(
        "kind",
        "pool_address",
        "pool_id",
        "owner_address",
        "token0_address",
        "amount0_binary",
        "token1_address",
        "amount1_binary",
        "tick_lower",
        "tick_upper",
        "log_index",
        "call_index",
    )
)
"""What is read of `liquidity`."""

MOST_SWAPS = 100
"""That are taken around one position: real ones wait for one or two, nobody shall make the list long."""

POSITION = (*BLOCK, *POOL, "owner_address", "tick_lower", "tick_upper")
"""What makes two rows speak of one position."""
POSITION_MANAGERS = frozenset(
    bytes.fromhex(address)
    for address in (
        "c36442b4a4522e871399cd717abdd847ab11fe88",  # Uniswap V3
        "46a15b0b27311cedf172ab29e4f4766fbe7f4364",  # PancakeSwap V3
        "bd216513d74c8cf14cf4747e6aaa6420ff64ee9e",  # Uniswap V4
    )
)
"""Contracts that own positions for everybody: there only the sender tells whose a position is."""

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Liquidity that came and went, and the swaps between."""

    mint: Row
    burn: Row
    taken: tuple[int, int]
    """Of the first and the second token."""
    bot: bytes
    swaps: tuple[Trade, ...]


def visits(liquidity: pl.DataFrame, swaps: pl.DataFrame, calls: pl.DataFrame | None) -> Iterator[Visit]:
    """The positions that came and went around swaps of others."""
    changes = _come_and_gone(liquidity)
    if changes.is_empty():
        return
    near = swaps.join(changes.select(*BLOCK, *POOL).unique(), on=[*BLOCK, *POOL], how="semi")
    trades = _by_pool(_trades.trades(near, _trades.parties(calls, near)))
    yield from _visits(changes, trades, _trades.parties(calls, changes))


def _come_and_gone(liquidity: pl.DataFrame) -> pl.DataFrame:
    """The changes, in order, of positions that have a mint and a burn."""
    placed = rows_where(liquidity, abi.present(liquidity["transaction_index"]))
    positions = list(zip(*(placed[name].to_list() for name in POSITION), strict=True))
    kinds: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for position, kind in zip(positions, placed["kind"].to_list(), strict=True):
        kinds[position].add(kind)
    changes = placed[[row for row, position in enumerate(positions) if kinds[position] >= {"mint", "burn"}]]
    if changes.is_empty():
        return changes
    order = pl.coalesce("log_index", "call_index").fill_null(0).alias("_position")
    return changes.with_columns(order).sort(*BLOCK, "transaction_index", "_position")


def _by_pool(trades: Iterable[Trade]) -> Mapping[tuple[Any, ...], list[Trade]]:
    grouped: dict[tuple[Any, ...], list[Trade]] = defaultdict(list)
    for trade in trades:
        grouped[_key(trade.row, (*BLOCK, *POOL))].append(trade)
    return grouped


def _key(row: Row, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _visits(changes: pl.DataFrame, trades: Mapping[tuple[Any, ...], list[Trade]], behind: Parties) -> Iterator[Visit]:
    """Each burn with the last mint of its position before it, if others swapped between."""
    rows = list(changes.iter_rows(named=True))
    collected = _collected(rows)
    minted: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (*_key(row, POSITION), _whose(row, behind))
        if row["kind"] == "mint":
            minted[key] = row
        elif row["kind"] == "burn" and _takes(row) and (mint := minted.pop(key, None)):
            swaps = _between(trades.get(_key(row, (*BLOCK, *POOL)), ()), mint, row, behind)
            taken = collected.get((*_key(row, POSITION), row["transaction_hash"]), amounts(row))
            if swaps:
                yield Visit(mint=mint, burn=row, taken=taken, bot=key[-1], swaps=swaps)


def _takes(burn: Row) -> bool:
    """Whether it takes liquidity out, as far as is known: a burn of nothing only settles fees."""
    return any(burn[name] is None or any(burn[name]) for name in ("amount0_binary", "amount1_binary"))


def _collected(rows: Iterable[Row]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """What a transaction collects for a position."""
    sums: dict[tuple[Any, ...], tuple[int, int]] = {}
    for row in rows:
        if row["kind"] == "collect":
            key = (*_key(row, POSITION), row["transaction_hash"])
            (first, second), (more, too) = sums.get(key, (0, 0)), amounts(row)
            sums[key] = (first + more, second + too)
    return sums


def amounts(row: Row) -> tuple[int, int]:
    """Of the first and the second token; nothing where the dataset does not know."""
    first, second = row["amount0_binary"] or b"", row["amount1_binary"] or b""
    return int.from_bytes(first, "big"), int.from_bytes(second, "big")


def _whose(row: Row, behind: Parties) -> bytes:
    """
    Who a position belongs to. Where its owner holds for everybody: the contract that was called, or the sender.

    Where those are not known, the transaction stands for itself.
    """
    owner: bytes = row["owner_address"]
    if owner not in POSITION_MANAGERS:
        return owner
    hash_: bytes = row["transaction_hash"]
    party = behind.get((row["chain_id"], hash_), NOBODY)
    through_contract = party.called is not None and party.called not in POSITION_MANAGERS
    return (party.called if through_contract else party.sender) or hash_


def _between(trades: Sequence[Trade], mint: Row, burn: Row, behind: Parties) -> tuple[Trade, ...]:
    """The swaps of others in the transactions between."""
    begin = bisect_right(trades, mint["transaction_index"], key=_index)
    end = bisect_left(trades, burn["transaction_index"], key=_index)
    own = {behind.get((row["chain_id"], row["transaction_hash"]), NOBODY).sender for row in (mint, burn)} - {None}
    owner = mint["owner_address"]
    others = (t for t in trades[begin:end] if t.party.sender not in own and owner not in (t.payer, t.receiver))
    return tuple(islice(others, MOST_SWAPS))


def _index(trade: Trade) -> int:
    return trade.transaction_index
