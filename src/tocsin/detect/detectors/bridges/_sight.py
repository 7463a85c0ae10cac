"""
What was seen of the chains at the other end: up to when, since when without a break, and which messages.

All of it is asked "as of" a time on the chains, so that what is found does not depend on which chain was read first.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.detect.detectors.bridges._families import Role
from tocsin.detect.labels import Labels

HOLE_SECONDS = 900
"""Where a chain is remembered on both sides of so long a time, and of blocks between them: nobody looked."""

SKEW_SECONDS = 30
"""The clocks of two chains may differ by this: so long after an arrival what was sent for it may seem to have been."""

MOST_SENT = 16
"""What one contract says it sent under one id that is looked at: an honest one says one thing."""

Row: TypeAlias = Mapping[str, Any]
Times: TypeAlias = npt.NDArray[np.int64]


def is_role(role: Role) -> pl.Expr:
    """Rows of this kind."""
    return pl.col("role") == role.value


class Sight:
    """The remembered rows, to ask about."""

    def __init__(self, memory: pl.DataFrame, releases: pl.DataFrame, labels: Labels) -> None:
        same = memory.filter(pl.col("id").is_in(releases["id"].unique().implode())).sort(
            "timestamp", maintain_order=True
        )
        self._memory, self._labels = memory, labels
        self._deposits = _by_id(same.filter(is_role(Role.DEPOSIT)))
        self._arrivals: dict[tuple[Any, ...], list[tuple[int, int, int]]] = {}
        for row in same.filter(is_role(Role.RELEASE)).iter_rows(named=True):
            self._arrivals.setdefault(_arrival(row), []).append(place(row))
        for places in self._arrivals.values():
            places.sort()
        self._senders: dict[tuple[Any, ...], tuple[frozenset[bytes], dict[bytes, int]]] = {}
        self._seen: dict[int, tuple[Times, Times]] = {}
        self._numbers: dict[tuple[Any, ...], tuple[Times, npt.NDArray[np.uint64]]] = {}
        self._matched: dict[tuple[int, bytes], int] | None = None

    def deposits(self, release: Row, skew_seconds: int = SKEW_SECONDS) -> list[Row]:
        """What was sent under the id of a release, before it, from its source to its target."""
        latest = release["timestamp"] + skew_seconds
        there = self._deposits.get((release["channel"], release["id"]), ())
        own = self._own_senders(release)
        timely = (each for each in there if each["timestamp"] <= latest and _is_way(each, release))
        return [each for each in timely if own is None or each["contract"] in own]

    def _own_senders(self, release: Row) -> frozenset[bytes] | None:
        """
        The contracts at the other end whose word counts, since anybody can write such an event; None where anybody's.

        Those that are labelled; where none is, those that what arrived here before had come from, if anything had.
        """
        labelled, before = self._senders_to(release)
        known = frozenset(sender for sender, time in before.items() if time < release["timestamp"])
        return labelled or known or None

    def _senders_to(self, release: Row) -> tuple[frozenset[bytes], dict[bytes, int]]:
        """The labelled contracts at the other end, and since when something arrived that one alone had sent."""
        key = tuple(release[name] for name in ("channel", "source", "chain_id", "contract"))
        if key not in self._senders:
            self._senders[key] = self._find_senders(*key)
        return self._senders[key]

    def _find_senders(
        self, channel: str, source: int | None, chain: int, contract: bytes
    ) -> tuple[frozenset[bytes], dict[bytes, int]]:
        other_end = pl.col("chain_id") != chain if source is None else pl.col("chain_id") == source
        sent = self._memory.filter(is_role(Role.DEPOSIT) & (pl.col("channel") == channel) & other_end)
        senders = list(sent.select("chain_id", "contract").unique().iter_rows())
        labelled = frozenset(each for there, each in senders if is_bridge(self._labels, there, each))
        if labelled or len(senders) <= 1:
            return labelled, {each: 0 for _, each in senders}
        here = (pl.col("contract") == contract) & (pl.col("chain_id") == chain) & (pl.col("channel") == channel)
        same = ["id", "value_binary", "beneficiary"]
        arrived = self._memory.filter(is_role(Role.RELEASE) & here).group_by(same).agg(pl.col("timestamp").min())
        by_one = sent.group_by(same).agg(sender=pl.col("contract").first(), senders=pl.col("contract").n_unique())
        met = arrived.join(by_one.filter(pl.col("senders") == 1), on=same, nulls_equal=True)
        return labelled, dict(met.group_by("sender").agg(pl.col("timestamp").min()).iter_rows())

    def earlier(self, release: Row) -> int:
        """How often the same message had arrived at the same contract before."""
        return bisect_left(self._arrivals.get(_arrival(release), ()), place(release))

    def head(self, chain: int, at: int | None = None) -> int | None:
        """Up to when a chain was seen, of what is not later than `at`; None where it was not."""
        times, _ = self._of(chain)
        known = len(times) if at is None else int(np.searchsorted(times, at, side="right"))
        return int(times[known - 1]) if known else None

    def since(self, chain: int, at: int) -> int | None:
        """Since when a chain was seen without a break, up to and beyond this time; None where it was not."""
        times, numbers = self._of(chain)
        last = int(np.searchsorted(times, at, side="left"))
        if last == len(times):
            return None
        holes = (np.diff(times[: last + 1]) > HOLE_SECONDS) & (np.diff(numbers[: last + 1]) > 1)
        first = int(np.flatnonzero(holes)[-1]) + 1 if holes.any() else 0
        return int(times[first]) if times[first] <= at else None

    def last_number(self, release: Row) -> tuple[int, int] | None:
        """The greatest number sent before a release from its source, of those it counts among, and when."""
        same = (
            (pl.col("channel") == release["channel"])
            & (pl.col("chain_id") == release["source"])
            & (pl.col("counter") == release["counter"])
        )
        own = self._own_senders(release)
        if own is not None:
            same &= pl.col("contract").is_in(list(own))
        key = (Role.DEPOSIT, release["channel"], release["source"], release["counter"], own)
        times, numbers = self._counted(key, is_role(Role.DEPOSIT) & same)
        known = int(np.searchsorted(times, release["timestamp"], side="right"))
        return (int(numbers[:known].max()), int(times[known - 1])) if known else None

    def arrived_numbers(self, release: Row) -> npt.NDArray[np.uint64]:
        """The numbers that arrived before a release at the same contract, of those it counts among."""
        same = (pl.col("contract") == release["contract"]) & (pl.col("counter") == release["counter"])
        same &= (pl.col("channel") == release["channel"]) & pl.col("source").eq_missing(release["source"])
        key = (Role.RELEASE, release["channel"], release["contract"], release["counter"], release["source"])
        times, numbers = self._counted(key, is_role(Role.RELEASE) & same)
        return numbers[: int(np.searchsorted(times, release["timestamp"], side="left"))]

    def has_matched(self, release: Row) -> bool:
        """Whether something that arrived at the same contract before was found at the other end."""
        if self._matched is None:
            self._matched = _first_matches(self._memory)
        first = self._matched.get((release["chain_id"], release["contract"]))
        return first is not None and first < release["timestamp"]

    def _of(self, chain: int) -> tuple[Times, Times]:
        """When a chain was seen, and at which heights, in the order of time."""
        if chain not in self._seen:
            rows = self._memory.filter((pl.col("chain_id") == chain) & pl.col("block_number").is_not_null())
            rows = rows.select("timestamp", "block_number").unique().sort("timestamp", "block_number")
            self._seen[chain] = (
                rows["timestamp"].to_numpy().astype(np.int64),
                rows["block_number"].to_numpy().astype(np.int64),
            )
        return self._seen[chain]

    def _counted(self, key: tuple[Any, ...], which: pl.Expr) -> tuple[Times, npt.NDArray[np.uint64]]:
        if key not in self._numbers:
            rows = self._memory.filter(which & pl.col("number").is_not_null()).sort("timestamp")
            self._numbers[key] = (rows["timestamp"].to_numpy().astype(np.int64), rows["number"].to_numpy())
        return self._numbers[key]


def is_bridge(labels: Labels, chain_id: int, contract: bytes) -> bool:
    """Whether somebody says that a contract is a bridge, or watches it."""
    return not labels.kinds(chain_id, contract).isdisjoint({"bridge", "watched"})


def with_sources(memory: pl.DataFrame) -> pl.DataFrame:
    """
    The rows, releases without a source given that of what arrived at the same contract before and was found there.

    Some bridges do not say in their event where a message comes from: a contract that ends one route always knows.
    """
    unknown = memory.filter(is_role(Role.RELEASE) & pl.col("source").is_null())
    if unknown.is_empty():
        return memory
    met = _met(unknown.select("channel", "id", "chain_id", "contract").unique(), memory)
    learned = met.group_by("channel", "contract").agg(pl.col("there").min(), pl.col("there").n_unique().alias("chains"))
    one = learned.filter(pl.col("chains") == 1).drop("chains")
    filled = memory.join(one, on=["channel", "contract"], how="left")
    source = pl.when(is_role(Role.RELEASE)).then(pl.coalesce("source", "there")).otherwise("source")
    return filled.with_columns(source=source).drop("there")


def _met(arrived: pl.DataFrame, memory: pl.DataFrame) -> pl.DataFrame:
    """These arrivals, each once for every other chain on which the same was sent. Nothing is counted twice."""
    sent = memory.filter(is_role(Role.DEPOSIT)).select("channel", "id", there=pl.col("chain_id")).unique()
    return arrived.join(sent, on=["channel", "id"]).filter(pl.col("there") != pl.col("chain_id"))


def _first_matches(memory: pl.DataFrame) -> dict[tuple[int, bytes], int]:
    """By chain and contract: when something first arrived there that is found at another end."""
    once = memory.filter(is_role(Role.RELEASE)).group_by("channel", "id", "chain_id", "contract")
    met = _met(once.agg(pl.col("timestamp").min()), memory).group_by("chain_id", "contract")
    rows = met.agg(pl.col("timestamp").min()).iter_rows()
    return {(chain, contract): first for chain, contract, first in rows}


def place(row: Row) -> tuple[int, int, int]:
    """Where on its chain a row stands."""
    return (row["block_number"] or 0, row["transaction_index"] or 0, row["log_index"])


def _by_id(rows: pl.DataFrame) -> dict[tuple[str, bytes], list[Row]]:
    """What was sent under each id, the first time; of one contract and id no more than a few: anybody can write it."""
    one = ["channel", "id", "chain_id", "contract"]
    once = rows.unique([*one, "value_binary", "beneficiary", "target"], keep="first", maintain_order=True)
    found: dict[tuple[str, bytes], list[Row]] = {}
    for row in once.filter(pl.int_range(pl.len()).over(one) < MOST_SENT).iter_rows(named=True):
        found.setdefault((row["channel"], row["id"]), []).append(row)
    return found


def _is_way(deposit: Row, release: Row) -> bool:
    """Whether a deposit is of the counter of a release, and goes from its source to its target, where both say so."""
    return (
        deposit["chain_id"] != release["chain_id"]
        and release["source"] in (None, deposit["chain_id"])
        and deposit["target"] in (None, release["chain_id"])
    )


def _arrival(release: Row) -> tuple[Any, ...]:
    """What two arrivals of one message at one contract have in common."""
    return tuple(release[name] for name in ("channel", "id", "chain_id", "contract", "source"))


def waiting(memory: pl.DataFrame, new: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The releases whose time the chain at the other end has got past with these new rows, and not before."""
    moved = new.group_by("chain_id").agg(pl.col("timestamp").max().alias("now"))
    for chain, now in moved.iter_rows():
        mine = new.filter(pl.col("chain_id") == chain)["block_number"].implode()
        before = memory.filter((pl.col("chain_id") == chain) & ~pl.col("block_number").is_in(mine))["timestamp"].max()
        if before is not None:
            since, until = pl.col("timestamp") + SKEW_SECONDS > before, pl.col("timestamp") + SKEW_SECONDS <= now
            yield memory.filter(is_role(Role.RELEASE) & (pl.col("source") == chain) & since & until)


def matches(release: Row, sent: list[Row]) -> bool:
    """Whether one of these deposits is what arrived."""
    return any(not differences(release, each) for each in sent)


def differences(release: Row, deposit: Row) -> str:
    """In what a deposit is not what arrived; empty where both say the same."""
    sent, receiver = deposit["value_binary"], deposit["beneficiary"]
    words = (
        f"{int.from_bytes(sent, 'big')} base units" if _differ(sent, release["value_binary"]) else "",
        f"for 0x{receiver.hex()}" if _differ(receiver, release["beneficiary"]) else "",
    )
    return " ".join(filter(None, words))


def _differ(sent: bytes | None, arrived: bytes | None) -> bool:
    return sent is not None and arrived is not None and sent != arrived
