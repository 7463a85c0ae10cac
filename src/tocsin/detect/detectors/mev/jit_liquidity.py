"""
Somebody added liquidity just before a swap and took it out just after, in one block.

## What it finds
A position that is minted, swapped against by others in the same pool, and burned, all in one block and in different
transactions. Position and actor are the same before and after: same pool, owner and range; where the owner is a
contract that holds positions for everybody, the same contract called or, if that is the manager itself, the same
sender. What was taken out counts what the burn's transaction collects for the position, fees included.

## Why it matters
It moves great amounts in and out of a pool within seconds, like a manipulation. It takes fees from other providers,
not money from traders.

## Blind spots
Positions whose shares are moved to another owner between, liquidity in one pool against swaps in another, mint and
swap in one transaction, more than 100 swaps around one position, pools the dataset `liquidity` does not know. Amounts
it does not know read as 0. Without call trees positions held by a position manager are left out, and the confidence is
at most one half.

## Triage
Nothing to do. Providers of the pool may want to know how often it happens.

## References
- https://github.com/flashbots/mev-inspect-py
- https://arxiv.org/abs/2311.18164
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors.mev import _trades, _visits
from tocsin.detect.detectors.mev._trades import Trade, once, shown
from tocsin.detect.detectors.mev._visits import Visit, amounts
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import address

CONFIDENCE = 0.9


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per position that came and went."""
    return map(_sighting, _visits.visits(tables["liquidity"], tables["swaps"], tables.get("calls")))


def _sighting(visit: Visit) -> Sighting:
    mint, burn, bot = visit.mint, visit.burn, shown(visit.bot)
    first, second = (shown(mint[name]) if mint[name] else "unknown" for name in ("token0_address", "token1_address"))
    (in0, in1), (out0, out1) = amounts(mint), visit.taken
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
            "pool": shown(mint["pool_address"]),
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
            "swap_transactions": _trades.transactions(visit.swaps),
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


def _root(index: int, sender: str, called: str = _MANAGER["owner_address"]) -> dict[str, Any]:
    return {"transaction_index": index, "call_index": 0, "from_address": sender, "to_address": called}


detector = Detector(
    id="jit-liquidity",
    severity=Severity.INFO,
    reads={
        "liquidity": _visits.READ,
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
                    "values": {
                        "pool": address("pool"),
                        "mint_token0_amount": 1_000,
                        "burn_token0_amount": 1_093,
                        "token0_swap_volume": 100,
                    },
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
            says="two senders, one contract that goes through a position manager",
            tables={
                "liquidity": ({**_MINT, **_MANAGER}, {**_BURN, **_MANAGER}),
                "swaps": (_SWAP,),
                "calls": (_root(0, "bob", "bot"), _root(1, "alice", "router"), _root(2, "carol", "bot")),
            },
            finds=({"entities": {"provider": "bot"}},),
        ),
        Example(
            says="two people with the same range through a position manager",
            tables={
                "liquidity": ({**_MINT, **_MANAGER}, {**_BURN, **_MANAGER}),
                "swaps": (_SWAP,),
                "calls": (_root(0, "bob"), _root(1, "alice"), _root(2, "carol")),
            },
        ),
        Example(
            says="a burn of nothing settles fees",
            tables={"liquidity": (_MINT, {**_BURN, "amount0": 0, "amount1": 0}, _COLLECT), "swaps": (_SWAP,)},
        ),
        Example(says="nobody swaps between", tables={"liquidity": (_MINT, _BURN), "swaps": ()}),
        Example(
            says="liquidity that stays beyond the block",
            tables={"liquidity": (_MINT, {**_BURN, "block_number": 2}), "swaps": (_SWAP,)},
        ),
    ),
)
