"""
Somebody added liquidity just before a swap and took it out just after, in one block.

## What it finds
A position that is minted, swapped against by others in the same pool, and burned, all in one block and in different
transactions. Position and actor are the same before and after: same pool, owner and range; where the owner is a
contract that holds positions for everybody, the same sender. What was taken out counts what the burn's transaction
collects for the position, fees included.

## Why it matters
It moves great amounts in and out of a pool within seconds, like a manipulation. It takes fees from other providers,
not money from traders.

## Blind spots
Positions whose shares are moved to another owner between, liquidity in one pool against swaps in another, mint and
swap in one transaction, pools the dataset `liquidity` does not know. Without call trees positions held by a position
manager are left out, and the confidence is at most one half.

## Triage
Nothing to do. Providers of the pool may want to know how often it happens.

## References
- https://github.com/flashbots/mev-inspect-py
- https://arxiv.org/abs/2311.18164
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.mev import _trades
from tocsin.detect.detectors.mev._trades import BLOCK, NOBODY, POOL, Parties, Trade, once, shown
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.9
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


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per position that came and went."""
    changes = _come_and_gone(tables["liquidity"])
    if changes.is_empty():
        return
    swaps = tables["swaps"].join(changes.select(*BLOCK, *POOL).unique(), on=[*BLOCK, *POOL], how="semi")
    calls = tables.get("calls")
    trades = _by_pool(_trades.trades(swaps, _trades.parties(calls, swaps)))
    for visit in _visits(changes, trades, _trades.parties(calls, changes)):
        yield _sighting(visit)


def _come_and_gone(liquidity: pl.DataFrame) -> pl.DataFrame:
    """The changes, in order, of positions that have a mint and a burn."""
    placed = liquidity.filter(pl.col("transaction_index").is_not_null())
    both = placed.filter(pl.col("kind") != "collect").group_by(POSITION).agg(kinds=pl.col("kind").n_unique())
    changes = placed.join(both.filter(pl.col("kinds") > 1), on=POSITION, how="semi", nulls_equal=True)
    position = pl.coalesce("log_index", "call_index").fill_null(0).alias("_position")
    return changes.with_columns(position).sort(*BLOCK, "transaction_index", "_position")


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
        elif row["kind"] == "burn" and (mint := minted.pop(key, None)):
            swaps = _between(trades.get(_key(row, (*BLOCK, *POOL)), ()), mint, row, behind)
            taken = collected.get((*_key(row, POSITION), row["transaction_hash"]), _amounts(row))
            if swaps:
                yield Visit(mint=mint, burn=row, taken=taken, bot=_bot(mint, behind), swaps=swaps)


def _collected(rows: Iterable[Row]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """What a transaction collects for a position."""
    sums: dict[tuple[Any, ...], tuple[int, int]] = {}
    for row in rows:
        if row["kind"] == "collect":
            key = (*_key(row, POSITION), row["transaction_hash"])
            (first, second), (more, too) = sums.get(key, (0, 0)), _amounts(row)
            sums[key] = (first + more, second + too)
    return sums


def _amounts(row: Row) -> tuple[int, int]:
    return int.from_bytes(row["amount0_binary"], "big"), int.from_bytes(row["amount1_binary"], "big")


def _whose(row: Row, behind: Parties) -> bytes | None:
    """Who a position belongs to, where its owner holds for everybody; a transaction for itself if not even known."""
    if row["owner_address"] not in POSITION_MANAGERS:
        return None
    hash_: bytes = row["transaction_hash"]
    return behind.get((row["chain_id"], hash_), NOBODY).sender or hash_


def _bot(mint: Row, behind: Parties) -> bytes:
    owner: bytes = mint["owner_address"]
    sender = behind.get((mint["chain_id"], mint["transaction_hash"]), NOBODY).sender
    return sender if owner in POSITION_MANAGERS and sender else owner


def _between(trades: Sequence[Trade], mint: Row, burn: Row, behind: Parties) -> tuple[Trade, ...]:
    """The swaps of others in the transactions between."""
    begin = bisect_right(trades, mint["transaction_index"], key=_index)
    end = bisect_left(trades, burn["transaction_index"], key=_index)
    own = {behind.get((row["chain_id"], row["transaction_hash"]), NOBODY).sender for row in (mint, burn)} - {None}
    owner = mint["owner_address"]
    return tuple(t for t in trades[begin:end] if t.party.sender not in own and owner not in (t.payer, t.receiver))


def _index(trade: Trade) -> int:
    return trade.transaction_index


def _sighting(visit: Visit) -> Sighting:
    mint, burn, bot = visit.mint, visit.burn, shown(visit.bot)
    first, second = (shown(mint[name]) if mint[name] else "unknown" for name in ("token0_address", "token1_address"))
    (in0, in1), (out0, out1) = _amounts(mint), visit.taken
    hit = once(trade.transaction for trade in visit.swaps)
    return Sighting(
        place=Place.of(mint),
        severity=Severity.INFO,
        confidence=CONFIDENCE,
        title="Just-in-time liquidity: in before a swap, out after",
        summary=(
            f"{bot} puts {in0} of {first} and {in1} of {second} into {shown(mint['pool_address'])}, and takes out "
            f"{out0} and {out1} after {len(hit)} transactions of others."
        ),
        entities=(
            Entity("provider", bot),
            Entity("pool", shown(mint["pool_address"])),
            *(Entity("trader", shown(who)) for who in once(t.party.sender or t.receiver for t in visit.swaps)),
        ),
        values={
            "token0": first,
            "token1": second,
            "mint_token0_amount": in0,
            "mint_token1_amount": in1,
            "burn_token0_amount": out0,
            "burn_token1_amount": out1,
            "token0_swap_volume": _volume(visit.swaps, mint["token0_address"]),
            "token1_swap_volume": _volume(visit.swaps, mint["token1_address"]),
            "mint_transaction": shown(mint["transaction_hash"]),
            "burn_transaction": shown(burn["transaction_hash"]),
            **_trades.named("swap", visit.swaps),
        },
        key=f"{shown(burn['transaction_hash'])}-{mint['_position']}-{burn['_position']}",
    )


def _volume(swaps: Iterable[Trade], token: bytes | None) -> int:
    return sum(trade.amount_in for trade in swaps if trade.token_in == token)


_POSITION = {
    "protocol": "uniswap_v3",
    "pool_address": "pool",
    "pool_id": "pool",
    "owner_address": "bot",
    "token0_address": "coin",
    "token1_address": "fruit",
    "tick_lower": -10,
    "tick_upper": 10,
    "call_index": 1,
}
_MINT = {**_POSITION, "kind": "mint", "transaction_index": 0, "amount0": 1_000, "amount1": 1_000}
_BURN = {**_POSITION, "kind": "burn", "transaction_index": 2, "amount0": 1_090, "amount1": 910}
_COLLECT = {**_BURN, "kind": "collect", "call_index": 2, "amount0": 1_093}
_SWAP = {
    "transaction_index": 1,
    "pool_address": "pool",
    "pool_id": "pool",
    "from_address": "alice",
    "to_address": "alice",
    "token_in_address": "coin",
    "amount_in": 100,
    "token_out_address": "fruit",
    "amount_out": 98,
    "call_index": 1,
}
_MANAGER = {"owner_address": "0xc36442b4a4522e871399cd717abdd847ab11fe88"}


def _root(index: int, sender: str) -> dict[str, Any]:
    return {"transaction_index": index, "call_index": 0, "from_address": sender, "to_address": "somewhere"}


detector = Detector(
    id="jit-liquidity",
    severity=Severity.INFO,
    reads={
        "liquidity": Read(
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
        ),
        "swaps": _trades.READ,
        "calls": _trades.CALLS,
    },
    run=run,
    label="mev:jit",
    examples=(
        Example(
            says="a bot mints, somebody swaps, the bot burns and collects",
            tables={"liquidity": (_MINT, _BURN, _COLLECT), "swaps": (_SWAP,)},
            finds=(
                {
                    "severity": "info",
                    "entities": {"provider": "bot", "pool": "pool", "trader": "alice"},
                    "values": {"mint_token0_amount": 1_000, "burn_token0_amount": 1_093, "token0_swap_volume": 100},
                },
            ),
        ),
        Example(
            says="one sender through a position manager",
            tables={
                "liquidity": ({**_MINT, **_MANAGER}, {**_BURN, **_MANAGER}),
                "swaps": (_SWAP,),
                "calls": (_root(0, "bob"), _root(1, "alice"), _root(2, "bob")),
            },
            finds=({"entities": {"provider": "bob"}, "values": {"burn_token0_amount": 1_090}},),
        ),
        Example(
            says="two people with the same range through a position manager",
            tables={
                "liquidity": ({**_MINT, **_MANAGER}, {**_BURN, **_MANAGER}),
                "swaps": (_SWAP,),
                "calls": (_root(0, "bob"), _root(1, "alice"), _root(2, "carol")),
            },
        ),
        Example(says="nobody swaps between", tables={"liquidity": (_MINT, _BURN), "swaps": ()}),
        Example(
            says="liquidity that stays beyond the block",
            tables={"liquidity": (_MINT, {**_BURN, "block_number": 2}), "swaps": (_SWAP,)},
        ),
    ),
)
