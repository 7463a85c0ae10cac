"""What has held for every call of a watched contract, learned on the first part of what is remembered of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detectors.baselines import _calls, _outflows, _watched
from tocsin.detect.detectors.baselines._history import MARGIN, OBSERVATIONS
from tocsin.detect.detectors.baselines._losses import matters
from tocsin.detect.worth import Prices
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import PLACE, Column, address, count, flag, octets, schema, text
from tocsin.tables.dataset import Tables

UPGRADED = topic("Upgraded(address)")
ARGUMENTS = 6
"""Words of call data that are looked at."""
MOST_AMOUNT = 2**112
"""Words below this are amounts; above it, addresses, hashes and numbers that mean "all"."""
TRAINED, MOST_FALSE = 0.7, 0.01
"""The part of the history that is learned from, and the share of the rest an invariant may break to be kept (reference:
detection, section 4.11)."""
MOST_SUBJECTS = 16
"""Functions and tokens of one contract that are remembered of one block."""

_AMOUNTS = tuple(f"amount_{number}" for number in range(ARGUMENTS))
CAPS = ("gas", *_AMOUNTS)
REMEMBERED: Mapping[str, Column] = {
    "contract": address("The watched contract."),
    "kind": text("function, token, upgrade", "What the row is about."),
    "subject": octets("The function's selector, or the token."),
    "calls": count("calls", "How many there were in the block."),
    "direct": flag("Every caller was the sender of the transaction."),
    "once": flag("No sender came in twice in the block."),
    "gas": Column(pl.Float64(), "gas", "The most that was there when a call began."),
    **{
        name: Column(pl.Float64(), "the argument's own", "The greatest amount among these arguments, or of the token.")
        for name in _AMOUNTS
    },
}


NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))


@dataclass(slots=True)
class Use:
    """What one transaction, or one block, did with one function or one token of a watched contract."""

    calls: int = 0
    direct: bool = True
    once: bool = True
    peaks: dict[str, float] = field(default_factory=dict)
    """By name of `CAPS`: the most there was."""

    def add(self, other: "Use") -> None:
        """Take another use into this one."""
        self.calls += other.calls
        self.direct &= other.direct
        self.once &= other.once
        for name, value in other.peaks.items():
            self.peaks[name] = max(value, self.peaks.get(name, 0.0))


@dataclass(slots=True)
class Visit:
    """What one transaction did with one watched contract."""

    place: Mapping[str, Any]
    contract: bytes
    origin: bytes | None
    callers: set[bytes] = field(default_factory=set)
    """Who called that was not the sender."""
    uses: dict[tuple[str, bytes], Use] = field(default_factory=dict)
    """By kind and subject."""
    lost: bool = False
    """Whether the contract lost something that matters, and was not paid for it."""


def visits(tables: Tables) -> list[Visit]:
    """One for each transaction and watched contract that others called in it, in the order of the chain."""
    calls = _calls.entries(tables)
    if not calls:
        return []
    origins = _origins(tables)
    found: dict[tuple[Any, ...], Visit] = {}
    came: dict[tuple[Any, ...], int] = {}
    for call in calls:
        where = (call["block_hash"], call["transaction_hash"])
        origin = origins.get(where)
        visit = found.setdefault((*where, call["to_address"]), Visit(_place(call), call["to_address"], origin))
        block = (call["block_number"], call["block_hash"], call["to_address"], origin)
        came[block] = came.get(block, 0) + 1
        _note(visit, call, is_again=came[block] > 1)
    changes, prices = _outflows.changes(tables), Prices.of(tables)
    for change, others in _outflows.losses(changes):
        key = (change.place["block_hash"], change.place["transaction_hash"], change.account)
        if key in found:
            found[key].lost |= matters(change, others, prices)
    for change in changes:
        key = (change.place["block_hash"], change.place["transaction_hash"], change.account)
        if change.net > 0 and key in found:
            found[key].uses["token", change.token] = Use(1, peaks={"amount_0": float(change.net)})
    return list(found.values())


def _origins(tables: Tables) -> Mapping[tuple[Any, ...], bytes]:
    rows = tables["transactions"].select("block_hash", "transaction_hash", "from_address").iter_rows()
    return {(block, hash_): sender for block, hash_, sender in rows}


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in PLACE}


def _note(visit: Visit, call: Mapping[str, Any], *, is_again: bool) -> None:
    is_direct = call["from_address"] == visit.origin
    if not is_direct:
        visit.callers.add(call["from_address"])
    peaks = {"gas": float(call["gas"] or 0), **_arguments(call["input"] or b"")}
    visit.uses.setdefault(("function", call["function"]), Use()).add(Use(1, is_direct, not is_again, peaks))


def _arguments(data: bytes) -> dict[str, float]:
    """The arguments that may be amounts."""
    words = (data[4 + number * WORD_BYTES : 4 + (number + 1) * WORD_BYTES] for number in range(ARGUMENTS))
    numbers = zip(_AMOUNTS, (int.from_bytes(word, "big") for word in words), strict=True)
    return {name: float(number) for name, number in numbers if 0 < number < MOST_AMOUNT}


def remember(tables: Tables) -> pl.DataFrame:
    """What each block did with each function and token of watched contracts, and when they were upgraded."""
    blocks: dict[tuple[Any, ...], dict[tuple[str, bytes], Use]] = {}
    places: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    logs, found = _watched.rows(tables, "logs", "address"), visits(tables)
    if not found and logs.is_empty():
        return NOTHING
    for visit in found:
        block = (visit.place["chain_id"], visit.place["block_number"], visit.place["block_hash"], visit.contract)
        places.setdefault(block, visit.place)
        for subject, use in visit.uses.items():
            blocks.setdefault(block, {}).setdefault(subject, Use()).add(use)
    rows = [
        _row(places[block], block[-1], subject, use)
        for block, uses in blocks.items()
        for subject, use in list(uses.items())[:MOST_SUBJECTS]
    ]
    upgrades = [_row(log, log["address"], ("upgrade", b""), Use()) for log in logs.iter_rows(named=True)]
    return pl.DataFrame([*rows, *upgrades], schema=schema({**PLACE, **REMEMBERED}), orient="row")


def _row(place: Mapping[str, Any], contract: bytes, subject: tuple[str, bytes], use: Use) -> dict[str, Any]:
    return {
        **_place(place), "transaction_index": None, "transaction_hash": None, "contract": contract,
        "kind": subject[0], "subject": subject[1], "calls": use.calls, "direct": use.direct, "once": use.once,
        **{name: use.peaks.get(name, 0.0) for name in CAPS},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that a use breaks: what was learned, and what was seen."""

    name: str
    subject: bytes
    learned: float = 0.0
    seen: float = 0.0


@dataclass(frozen=True, slots=True)
class Learned:
    """The invariants of one function or token that held in training and nearly always afterwards."""

    subject: tuple[str, bytes]
    flags: tuple[str, ...]
    caps: Mapping[str, float]

    def broken(self, use: Use) -> Iterator[Broken]:
        """Those that a use breaks."""
        kind, subject = self.subject
        yield from (Broken(name, subject) for name in self.flags if not getattr(use, name))
        for name, cap in self.caps.items():
            seen = use.peaks.get(name, 0.0)
            if seen > cap:
                yield Broken("out" if kind == "token" else "gas" if name == "gas" else "amount", subject, cap, seen)


def learn(subject: tuple[str, bytes], rows: pl.DataFrame) -> Learned | None:
    """What to expect of a function or token, from the remembered rows in the order of blocks; None from too few."""
    if int(rows["calls"].sum()) < OBSERVATIONS:
        return None
    split = int(TRAINED * len(rows))
    flags = [name for name in ("direct", "once") if subject[0] == "function" and _holds(rows[name].to_numpy(), split)]
    return Learned(subject, tuple(flags), dict(_caps(rows, split)))


def _holds(values: Any, split: int) -> bool:
    return bool(values[:split].all()) and _is_rare(~values[split:])


def _caps(rows: pl.DataFrame, split: int) -> Iterator[tuple[str, float]]:
    for name in CAPS:
        values = rows[name].to_numpy()
        cap = float(values[:split].max(initial=0.0)) * (1 + MARGIN)
        if cap > 0 and _is_rare(values[split:] > cap):
            yield name, cap


def _is_rare(breaks: Any) -> bool:
    return int(np.sum(breaks)) <= max(1, MOST_FALSE * len(breaks))


def upgrades(memory: pl.DataFrame) -> dict[tuple[int, bytes], list[int]]:
    """By chain and contract: the blocks in which it was upgraded."""
    found: dict[tuple[int, bytes], list[int]] = {}
    rows = memory.filter((pl.col("kind") == "upgrade") & pl.col("block_number").is_not_null())
    for chain, contract, block in rows.select("chain_id", "contract", "block_number").iter_rows():
        found.setdefault((chain, contract), []).append(block)
    return found


def since_upgrade(blocks: Iterable[int], block_number: int) -> int:
    """The last of these blocks before this one; 0 where there is none."""
    return max((block for block in blocks if block < block_number), default=0)
