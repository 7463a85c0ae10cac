"""Who let whom take tokens, and who took them for nothing: the rows approval phishing is judged by."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.detect.worth import with_dollars
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.columns import PLACE, ZERO, Column, address, count, flag, index
from tocsin.tables.dataset import Tables

SAME = ["chain_id", "block_hash", "transaction_hash"]
SKIP = 4
TAKING = tuple(
    selector(signature)
    for signature in (
        "transferFrom(address,address,uint256)",
        "transferFrom(address,address,uint160,address)",
        "safeTransferFrom(address,address,uint256)",
        "safeTransferFrom(address,address,uint256,bytes)",
        "safeTransferFrom(address,address,uint256,uint256,bytes)",
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
    )
)
"""Functions that move what another owns; owner and receiver are the first two arguments of each."""
APPROVALS = ("owner_address", "spender_address", "kind", "value_f64", "log_index", "call_index")
TRANSFERS = ("token_address", "from_address", "to_address", "value_f64")
CALLS = ("call_type", "from_address", "input", "selector", "reverted")

SUFFICIENT = ("operator", "permit")
"""Kinds of approval after which a single victim is enough: everything of a kind, or by a signature off chain."""
RETURN_DOLLARS = 1.0
"""What the owner gets back for less than this is no price, where its worth is known."""
PERMIT2 = bytes.fromhex("000000000022d473030f116ddee9f6b43ac78ba3")
KNOWN = tuple({PERMIT2, *(address for _, address in ROUTERS)})
"""Spenders that everybody approves."""

REMEMBERED: Mapping[str, Column] = {
    "owner": address("Who approved."),
    "spender": address("Who may take."),
    "is_sufficient": flag("One such approval is enough to judge by."),
    "order": index("Position in the transaction."),
    "key": count("number", "First bytes of the spender, to find it by."),
}

Spender = tuple[int, bytes]
"""Chain and spender."""


_IS_GIVEN = (
    (pl.col("value_f64") > 0)
    & (pl.col("owner_address") != pl.col("spender_address"))
    & (pl.col("spender_address") != ZERO)
    & ~pl.col("spender_address").is_in(KNOWN)
    & pl.col("block_number").is_not_null()
    & pl.col("transaction_index").is_not_null()
)
_IS_SUFFICIENT = pl.col("kind").is_in(SUFFICIENT)
_ORDER = pl.coalesce("log_index", "call_index").fill_null(0)
_IS_MOVER = (pl.col("call_type") == "call") & ~pl.col("reverted") & ~pl.col("from_address").is_in(KNOWN)


def remember(tables: Tables) -> pl.DataFrame:
    """The approvals of a batch that give something to somebody who is not known."""
    given = tables["approvals"].filter(_IS_GIVEN)
    return given.select(
        *PLACE,
        owner="owner_address",
        spender="spender_address",
        is_sufficient=_IS_SUFFICIENT,
        order=_ORDER,
        key=_keys(given["spender_address"].to_list()),
    )


def of_batch(memory: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The remembered rows of this batch: those of its blocks, which come after all earlier ones."""
    first = tables["approvals"]["block_number"].min()
    return memory.clear() if first is None else memory.filter(pl.col("block_number") >= first)


def _keys(spenders: Iterable[bytes]) -> pl.Series:
    packed = b"".join([spender[:8] for spender in spenders])
    return pl.Series("key", memoryview(packed).cast("Q") if packed else [], dtype=pl.UInt64())


def movers(tables: Tables) -> pl.DataFrame:
    """The calls by which unknown spenders move what is another's, or their own."""
    return tables["calls"].filter(_IS_MOVER)


def moved_from(calls: pl.DataFrame) -> pl.DataFrame:
    """What these calls move: place columns, spender, owner, receiver."""
    whole = calls[np.flatnonzero(abi.has_words(calls["input"], 2, skip=SKIP))]
    return pl.DataFrame(
        [
            *(whole[name] for name in PLACE),
            whole["from_address"].alias("spender"),
            abi.address(whole["input"], 0, skip=SKIP).alias("owner"),
            abi.address(whole["input"], 1, skip=SKIP).alias("receiver"),
        ]
    )


def takings(moved: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """What was moved in a transaction that the owner did not send and got nothing for."""
    others = moved if moved.is_empty() else _by_others(moved, tables.get("transactions"))
    return others if others.is_empty() else _unreturned(others, tables["transfers"])


def _by_others(moved: pl.DataFrame, transactions: pl.DataFrame | None) -> pl.DataFrame:
    if transactions is None:
        return moved
    own = transactions.select(*SAME, owner="from_address")
    return moved.join(own, on=[*SAME, "owner"], how="anti", nulls_equal=True)


def _unreturned(moved: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    here = transfers.join(moved.select(SAME).unique(), on=SAME, how="semi", nulls_equal=True)
    worth = with_dollars(here.select(*SAME, "token_address", "to_address", "value_f64", chain="chain_id"), "value_f64")
    got = worth.filter(
        (pl.col("value_f64") > 0) & (pl.col("dollars").is_null() | (pl.col("dollars") >= RETURN_DOLLARS))
    )
    return moved.join(got.select(*SAME, owner="to_address"), on=[*SAME, "owner"], how="anti", nulls_equal=True)


@dataclass(frozen=True, slots=True)
class Memories:
    """The approvals given to the spenders that a batch speaks of."""

    rows: pl.DataFrame
    window_blocks: int

    @classmethod
    def of(cls, memory: pl.DataFrame, spenders: pl.Series, window_blocks: int) -> "Memories":
        """Only those spenders' rows, in the order of the chain."""
        near = memory.filter(pl.col("key").is_in(_keys(set(spenders.to_list())).implode()))
        return cls(near.sort("block_number", "transaction_index", "order", "owner"), window_blocks)

    def known(self, calls: pl.DataFrame) -> pl.DataFrame:
        """What spenders moved that is another's who is remembered to have approved them."""
        pairs = set(self.rows.select("owner", "spender").iter_rows())
        spenders = {spender for _, spender in pairs}
        moved = moved_from(calls[[row for row, who in enumerate(calls["from_address"].to_list()) if who in spenders]])
        both = zip(moved["owner"].to_list(), moved["spender"].to_list(), strict=True)
        return moved[[row for row, pair in enumerate(both) if pair in pairs]]

    def by_spender(self, spenders: pl.Series) -> dict[tuple[Any, ...], pl.DataFrame]:
        """The rows of these spenders, by chain and spender."""
        rows = self.rows.filter(pl.col("spender").is_in(spenders.unique().implode()))
        return rows.partition_by("chain_id", "spender", as_dict=True)

    def owners(self, row: Mapping[str, Any], approvals: pl.DataFrame) -> tuple[set[bytes], bool]:
        """Of a spender's approvals: who gave one by a row's transaction, and whether its owner gave enough alone."""
        block, place = pl.col("block_number"), pl.col("transaction_index")
        earlier = (block < row["block_number"]) | ((block == row["block_number"]) & (place <= row["transaction_index"]))
        given = approvals.filter(earlier & (block + self.window_blocks >= row["block_number"]))
        alone = given.filter((pl.col("owner") == row["owner"]) & pl.col("is_sufficient"))
        return set(given["owner"].to_list()), not alone.is_empty()

    def crossings(self, batch: pl.DataFrame, thresholds: Sequence[int]) -> Iterator[tuple[dict[str, Any], int]]:
        """
        The approvals of a batch by which a spender's owners reach a threshold, with that threshold.

        One that is enough alone counts as the first threshold too.
        """
        first, last = batch["block_number"].min(), batch["block_number"].max()
        spenders = set(batch["spender"].to_list()).difference(self._busy(first, last, max(thresholds)))
        windows: dict[Spender, _Window] = {}
        for row in self.rows.iter_rows(named=True):
            if row["spender"] in spenders:
                window = windows.setdefault((row["chain_id"], row["spender"]), _Window(self.window_blocks))
                reached = window.reached(row, thresholds)
                if reached is not None and row["block_number"] >= first:
                    yield row, reached

    def _busy(self, first: Any, last: Any, most: int) -> list[bytes]:
        """Spenders with so many owners before the batch, all through it, that no row of it can reach a threshold."""
        block = pl.col("block_number")
        before = self.rows.filter((block < first) & (block + self.window_blocks >= last))
        if len(before) < most:
            return []
        counted = before.group_by("spender").agg(pl.col("owner").n_unique())
        return counted.filter(pl.col("owner") >= most)["spender"].to_list()


class _Window:
    """The owners who approved one spender within the last so many blocks."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._owners: Counter[bytes] = Counter()
        self._rows: deque[tuple[int, bytes]] = deque()

    def reached(self, row: Mapping[str, Any], thresholds: Sequence[int]) -> int | None:
        """Add an approval; the threshold that the owners reach with it, if they do."""
        while self._rows and self._rows[0][0] + self._blocks < row["block_number"]:
            _forget(self._owners, self._rows.popleft()[1])
        is_new = row["owner"] not in self._owners
        self._owners[row["owner"]] += 1
        self._rows.append((row["block_number"], row["owner"]))
        return _reached(row, len(self._owners), thresholds) if is_new else None


def _reached(row: Mapping[str, Any], owners: int, thresholds: Sequence[int]) -> int | None:
    if owners in thresholds:
        return owners
    return 1 if owners == 1 and row["is_sufficient"] else None


def _forget(owners: Counter[bytes], owner: bytes) -> None:
    owners[owner] -= 1
    if not owners[owner]:
        del owners[owner]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A spender that took, or that many approved."""

    place: Place
    spender: str
    owners: int
    """Different owners who approved it within the window."""
    is_sufficient: bool
    """One of the approvals is enough alone."""
    victims: tuple[str, ...]
    receivers: tuple[str, ...] = ()
    dollars: float = 0.0
    """What was taken, as far as its worth is known."""

    @property
    def is_taken(self) -> bool:
        """Whether tokens have gone."""
        return bool(self.receivers)


def taking(taken: pl.DataFrame, transfers: pl.DataFrame, memories: Memories) -> Iterator[Candidate]:
    """One for each transaction and spender that took from somebody who had approved it."""
    usable = taken.filter(pl.col("block_number").is_not_null() & pl.col("transaction_index").is_not_null())
    if usable.is_empty():
        return
    approvals = memories.by_spender(usable["spender"])
    here = transfers.join(usable.select(SAME).unique(), on=SAME, how="semi", nulls_equal=True)
    for rows in usable.sort("owner", "receiver").partition_by(*SAME, "spender", maintain_order=True):
        given = approvals.get((rows["chain_id"][0], rows["spender"][0]), memories.rows.clear())
        judged = [(row, *memories.owners(row, given)) for row in rows.iter_rows(named=True)]
        robbed = [(row, owners, alone) for row, owners, alone in judged if row["owner"] in owners]
        if robbed:
            yield _candidate(robbed, here)


def _candidate(robbed: list[tuple[dict[str, Any], set[bytes], bool]], transfers: pl.DataFrame) -> Candidate:
    first, owners, _ = robbed[0]
    victims = tuple(dict.fromkeys(row["owner"] for row, _, _ in robbed))
    return Candidate(
        place=Place.of(first),
        spender=_text(first["spender"]),
        owners=len(owners),
        is_sufficient=any(alone for _, _, alone in robbed),
        victims=tuple(_text(victim) for victim in victims),
        receivers=tuple(dict.fromkeys(_text(row["receiver"]) for row, _, _ in robbed)),
        dollars=_worth(first, victims, transfers),
    )


def _worth(row: Mapping[str, Any], victims: tuple[bytes, ...], transfers: pl.DataFrame) -> float:
    here = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(row[name])) for name in SAME)
    lost = transfers.filter(here & pl.col("from_address").is_in(victims))
    return float(with_dollars(lost, "value_f64")["dollars"].sum())


def approving(given: pl.DataFrame, memories: Memories, thresholds: Sequence[int]) -> Iterator[Candidate]:
    """One for each approval by which a spender's owners reach a threshold."""
    for row, reached in memories.crossings(given, thresholds):
        yield Candidate(
            place=Place.of(row),
            spender=_text(row["spender"]),
            owners=reached,
            is_sufficient=row["is_sufficient"],
            victims=(_text(row["owner"]),),
        )


def _text(raw: bytes) -> str:
    return hexadecimal(raw) or ""
