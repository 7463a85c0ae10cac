"""What price feeds said, what pools said since, and who pledged what to whom: remembered from block to block."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector, topic
from tocsin.detect.actors import SAME
from tocsin.detect.detectors import _matching
from tocsin.detect.detectors.oracles import _pool_moves
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import PLACE, Column, address
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
_SCHEMA = pl.Schema({name: column.type for name, column in {**PLACE, **REMEMBERED}.items()})
_NO_ROWS = pl.DataFrame(schema=_SCHEMA)
_ERC20 = abi.texts(("erc20",))
_BLOCK = ("chain_id", "block_number", "block_hash")


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
    return pl.concat([_moves(tables), _pledges(tables), _updates(tables)])


def _moves(tables: Tables) -> pl.DataFrame:
    moved = _pool_moves.moved(tables["logs"], tables["transactions"])
    if moved.is_empty():
        return _NO_ROWS
    swaps, blocks = tables["swaps"], tables["blocks"]
    keys = (*SAME, "log_index")
    swap = _matching.which(_matching.numbers(moved, keys), _matching.numbers(swaps, keys))
    block = _matching.which(_matching.numbers(moved, _BLOCK), _matching.numbers(blocks, _BLOCK))
    known = (swap >= 0) & (block >= 0)
    pairs = [swaps[f"token_{way}_address"][swap[known]].to_list() for way in ("in", "out")]
    rows = moved[np.flatnonzero(known)].with_columns(
        pl.Series("token0", list(map(min, *pairs)), dtype=pl.Binary()),
        pl.Series("token1", list(map(max, *pairs)), dtype=pl.Binary()),
        blocks["timestamp"][block[known]].alias("at"),
    )
    return _rows(rows.rename({"pool": "subject", "trader": "actor"}).drop_nulls("at"), MOVE)


def _pledges(tables: Tables) -> pl.DataFrame:
    """What senders pay to the very contract they call."""
    keys = (*SAME, "from_address", "to_address")
    paid, sent = tables["transfers"], _matching.numbers(tables["transactions"], keys)
    if paid.is_empty():
        return _NO_ROWS
    own = (_matching.which(_matching.numbers(paid, keys), sent) >= 0) & (abi.which(paid["standard"], _ERC20) >= 0)
    names = {"from_address": "actor", "to_address": "subject", "token_address": "token0"}
    rows = paid[[*PLACE, *names]][np.flatnonzero(own)].rename(names)
    return _rows(rows.unique(maintain_order=True), PLEDGE)


def _updates(tables: Tables) -> pl.DataFrame:
    """When feeds were set, by what they answered and by what they logged."""
    told = [
        {**answer.row, "subject": answer.feed, "at": answer.updated_at, "round_number": float(answer.round_number)}
        for answer in answers(tables["calls"])
        if not answer.is_invalid and answer.updated_at < 1 << 63
    ]
    logged = [
        {**row, "subject": row["address"], "at": at, "round_number": float(_number(row["topic2"], 0))}
        for row in updates(tables["logs"])
        if 0 < (at := _number(row["data"], 0)) < 1 << 63
    ]
    if not (told or logged):
        return _NO_ROWS
    found = [{name: row.get(name) for name in (*PLACE, "subject", "at", "round_number")} for row in (*told, *logged)]
    frame = pl.DataFrame(found, schema={name: _SCHEMA[name] for name in (*PLACE, "subject", "at", "round_number")})
    return _rows(frame.unique(["chain_id", "block_number", "subject", "at"], maintain_order=True), UPDATE)


def _rows(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    if frame.is_empty():
        return _NO_ROWS
    missing = [pl.lit(None).alias(name) for name in _SCHEMA if name not in frame.columns and name != "kind"]
    full = frame.with_columns(pl.lit(kind).alias("kind"), *missing)
    return full.select(pl.col(name).cast(type_) for name, type_ in _SCHEMA.items())


def answers(calls: pl.DataFrame) -> Iterator[Answer]:
    """What feeds answered in calls that took effect."""
    is_asked = (abi.which(calls["selector"], abi.keys((LATEST,))) >= 0) & ~calls["reverted"].to_numpy()
    is_asked &= (abi.which(calls["call_type"], abi.texts(("staticcall",))) >= 0) & abi.present(calls["to_address"])
    is_asked &= abi.has_words(calls["output"], ANSWER_WORDS)
    if not is_asked.any():
        return
    rows = calls[[*PLACE, "call_index", "to_address", "output"]][np.flatnonzero(is_asked)]
    for row in rows.iter_rows(named=True):
        output = row["output"]
        yield Answer(row, _number(output, 0), _signed(output, 1), _number(output, 3))


def updates(logs: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
    """The events of feeds that were set."""
    is_one = (abi.which(logs["topic0"], abi.keys((ANSWER_UPDATED,))) >= 0) & abi.has_words(logs["data"], 1)
    is_one &= abi.present(logs["topic1"]) & abi.present(logs["topic2"])
    if is_one.any():
        yield from logs[np.flatnonzero(is_one)].iter_rows(named=True)


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
