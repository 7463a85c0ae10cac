"""What price feeds said, what pools said since, and who pledged what to whom: remembered from block to block."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector, topic
from tocsin.detect.detectors.oracles import _pool_moves
from tocsin.detect.detectors.oracles._dealings import dealings
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_among, rows_at, rows_where
from tocsin.tables.columns import PLACE, Column, address, schema
from tocsin.tables.dataset import Tables

LATEST = selector("latestRoundData()")
ANSWER_UPDATED = topic("AnswerUpdated(int256,uint256,uint256)")
ANSWER_WORDS = 5
MOVE, PLEDGE, UPDATE = "move", "pledge", "update"

REMEMBERED: Mapping[str, Column] = {
    "kind": Column(pl.String(), "move, pledge, update", "What a row tells of."),
    "subject": address("The pool that was traded in, the contract that was pledged to, or the feed."),
    "actor": address("Who sent the transaction.", required=False),
    "token0": address("The pool's first token, or what was pledged.", required=False),
    "token1": address("The pool's second token.", required=False),
    "before": Column(pl.Float64(), "token1 per token0", "The pool's price before the trade.", required=False),
    "after": Column(pl.Float64(), "token1 per token0", "The pool's price after it.", required=False),
    "at": Column(pl.UInt64(), "seconds since 1970", "When: of a feed, what it says itself.", required=False),
    "round_number": Column(pl.Float64(), "number", "The feed's round.", required=False),
    "log_index": Column(pl.UInt32(), "position from 0", "The log, where there is one.", required=False),
}
_NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_LATEST, _UPDATED = abi.keys((LATEST,)), abi.keys((ANSWER_UPDATED,))
_BLOCK = ("chain_id", "block_number", "block_hash")
"""The first of the place columns."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a feed answered a contract that asked."""

    row: Mapping[str, Any]
    round_number: int
    price: int
    updated_at: int

    @property
    def feed(self) -> bytes:
        """Who answered."""
        feed: bytes = self.row["to_address"]
        return feed

    @property
    def is_invalid(self) -> bool:
        """No price, or one that was never set."""
        return self.price <= 0 or self.updated_at == 0


def remember(tables: Tables) -> pl.DataFrame:
    """The rows of a batch."""
    rows = dict.fromkeys((*_moves(tables), *_pledges(tables), *_updates(tables)))
    return _pool_moves.framed(list(rows), _NOTHING)


def _row(place: Iterable[Any], **told: Any) -> tuple[Any, ...]:
    """A row, column by column; what it does not tell is null."""
    return (*place, *map(told.get, REMEMBERED))


def _moves(tables: Tables) -> Iterator[tuple[Any, ...]]:
    """Trades of pools whose tokens are known, with their time."""
    moved = _pool_moves.moved(tables["logs"], tables["transactions"])
    if not moved:
        return
    keys = zip(*(tables["blocks"][name].to_list() for name in _BLOCK), strict=True)
    times = dict(zip(keys, tables["blocks"]["timestamp"].to_list(), strict=True))
    for trade, pair in zip(moved, _pool_moves.tokens(moved, tables["swaps"]), strict=True):
        at = times.get(trade.place[: len(_BLOCK)])
        if pair is not None and at is not None:
            place, subject, actor, before, after, log_index = trade
            told = {"actor": actor, "before": before, "after": after, "log_index": log_index}
            yield _row(place, kind=MOVE, subject=subject, at=at, token0=pair[0], token1=pair[1], **told)


def _pledges(tables: Tables) -> Iterator[tuple[Any, ...]]:
    """What senders pay to the very contract they call."""
    for dealing in dealings(tables):
        if dealing.paid > 0:
            told = {"actor": dealing.sender, "subject": dealing.contract, "token0": dealing.token}
            yield _row(dealing.place, kind=PLEDGE, **told)


def _updates(tables: Tables) -> Iterator[tuple[Any, ...]]:
    """When feeds were set, by what they answered and by what they logged."""
    seen: set[tuple[Any, ...]] = set()
    told = [
        (answer.row, answer.feed, answer.updated_at, answer.round_number)
        for answer in answers(tables["calls"])
        if not answer.is_invalid
    ]
    logged = [(row, row["address"], _number(row["data"], 0), round_of(row)) for row in updates(tables["logs"])]
    for row, feed, at, number in (*told, *logged):
        key = row["chain_id"], row["block_number"], feed, at
        if 0 < at < 1 << 63 and key not in seen:
            seen.add(key)
            place = (row[name] for name in PLACE)
            yield _row(place, kind=UPDATE, subject=feed, at=at, round_number=float(number))


def answers(calls: pl.DataFrame) -> Iterator[Answer]:
    """What feeds answered in calls that took effect."""
    rows = np.flatnonzero(abi.among(calls["selector"], _LATEST))
    if not len(rows):
        return
    asked = rows_at(calls[[*PLACE, "call_index", "to_address", "call_type", "reverted", "output"]], rows)
    for row in asked.iter_rows(named=True):
        output = row["output"] or b""
        took_effect = row["call_type"] == "staticcall" and not row["reverted"] and row["to_address"] is not None
        if took_effect and len(output) >= ANSWER_WORDS * WORD_BYTES:
            yield Answer(row, _number(output, 0), _signed(output, 1), _number(output, 3))


def updates(logs: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
    """The events of feeds that were set."""
    rows = np.flatnonzero(abi.among(logs["topic0"], _UPDATED))
    for row in rows_at(logs, rows).iter_rows(named=True) if len(rows) else ():
        if row["topic1"] is not None and row["topic2"] is not None and len(row["data"]) >= WORD_BYTES:
            yield row


def set_to(row: Mapping[str, Any]) -> int:
    """The price that an event of a feed tells."""
    return _signed(row["topic1"], 0)


def round_of(row: Mapping[str, Any]) -> int:
    """The round that an event of a feed tells."""
    return _number(row["topic2"], 0)


def _number(data: bytes, word: int) -> int:
    return int.from_bytes(data[word * WORD_BYTES : (word + 1) * WORD_BYTES], "big")


def _signed(data: bytes, word: int) -> int:
    return int.from_bytes(data[word * WORD_BYTES : (word + 1) * WORD_BYTES], "big", signed=True)


_Round: TypeAlias = tuple[int, int | None, float]
"""Block, position of the transaction, and the round that was told there."""


def rounds(memory: pl.DataFrame, feeds: Collection[bytes]) -> Mapping[tuple[int, bytes], list[_Round]]:
    """By chain and feed: the rounds that are remembered."""
    columns = ("chain_id", "subject", "block_number", "transaction_index", "round_number")
    known = rows_where(memory[[*columns]], (memory["kind"] == UPDATE).to_numpy())
    found: dict[tuple[int, bytes], list[_Round]] = {}
    for chain, feed, *told in rows_among(known, "subject", pl.Series(list(feeds), dtype=pl.Binary())).rows():
        found.setdefault((chain, feed), []).append(tuple(told))
    return found


def last_before(row: Mapping[str, Any], told: Iterable[_Round]) -> float:
    """The highest round told before a row's transaction; 0 where none was, or where the row stands is not known."""
    block, position = row["block_number"], row["transaction_index"]
    if block is None or position is None:
        return 0.0
    return max(
        (number for at, index, number in told if (at, position if index is None else index) < (block, position)),
        default=0.0,
    )


def heartbeat(memory: pl.DataFrame, feed: bytes, least_updates: int) -> int | None:
    """The longest time between two updates of a feed, once so many are known."""
    own = memory.filter((pl.col("kind") == UPDATE) & (pl.col("subject") == feed))
    times = sorted(set(own["at"].to_list()))
    return max(b - a for a, b in pairwise(times)) if len(times) >= least_updates else None


def any_moved(memory: pl.DataFrame, times: float, sources: int) -> bool:
    """Whether some two tokens have so many pools whose price moved so many times."""
    if memory.is_empty():
        return False
    moves = memory.lazy().filter(pl.col("kind") == MOVE)
    pools = moves.group_by("token0", "token1", "subject").agg(
        low=pl.min_horizontal(pl.col("before").min(), pl.col("after").min()),
        high=pl.max_horizontal(pl.col("before").max(), pl.col("after").max()),
    )
    far = pools.filter(pl.col("high") >= times * pl.col("low")).group_by("token0", "token1").len()
    return not far.filter(pl.col("len") >= sources).collect().is_empty()


def fallen(
    memory: pl.DataFrame, pledged: bytes, lent: bytes, answer: Answer, agreeing: float
) -> list[tuple[bytes, float]]:
    """
    Pools of two tokens, and what part of its price in the other the pledged one has kept since the feed was set.

    Only pools that agreed with the feed then, whichever way round and however many decimals it counts.
    """
    first, second = sorted((pledged, lent))
    since = memory.filter(
        (pl.col("kind") == MOVE)
        & (pl.col("token0") == first)
        & (pl.col("token1") == second)
        & (pl.col("at") > answer.updated_at)
    )
    found = []
    for pool, then, now in _ends(since):
        kept = now / then if pledged == first else then / now
        if answer.price > 0 and any(_agree(answer.price, price, agreeing) for price in (then, 1 / then)):
            found.append((pool, kept))
    return found


def _ends(since: pl.DataFrame) -> Iterable[tuple[bytes, float, float]]:
    ordered = since.sort("block_number", "transaction_index", "log_index")
    ends = ordered.group_by("subject", maintain_order=True).agg(pl.col("before").first(), pl.col("after").last())
    return ends.iter_rows()


def _agree(answer: int, price: float, within: float) -> bool:
    """Whether two numbers are the same but for the decimals they are counted in."""
    apart = math.log10(answer) - math.log10(price)
    return abs(apart - round(apart)) <= math.log10(1 + within)
