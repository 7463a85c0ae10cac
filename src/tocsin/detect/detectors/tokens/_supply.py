"""What is remembered of mints and burns that nobody paid for, and how new ones compare."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.detect.actors import SAME
from tocsin.detect.detectors.tokens._payments import supply_moves, unpaid
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.choice import are_keys, in_order, rows_at, rows_where
from tocsin.tables.columns import PLACE, Column, address, count, octets, text
from tocsin.tables.dataset import Tables

TRANSFERS = ("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
OBSERVATIONS_FOR_OUTLIER = 20
"""How many amounts must be known before one can be out of line."""

REMEMBERED: Mapping[str, Column] = {
    "token": address("The token."),
    "kind": text("mint, burn", "What happened."),
    "account": address("Who received the mint, or held what was burned."),
    "actor": address("Who did it, where known: the called contract, or the sender.", required=False),
    "value_binary": octets("How much, in base units of the token: 32 bytes, big-endian."),
    "amount": Column(pl.Float64(), "base units of the token", "The same, rounded: to compare only."),
    "key": count("number", "First bytes of the token, to find it by."),
}

_SAID = ("token", "kind", "account", "actor")
"""Those that are attributes of `Supply`."""

Position = tuple[int, int]
"""Block and transaction."""


def remember(tables: Tables) -> pl.DataFrame:
    """The unpaid mints and burns of a batch."""
    moved = supply_moves(tables["transfers"])
    kept = unpaid(moved, tables)
    rows = rows_at(moved, np.array([supply.row for supply in kept], dtype=np.uint32))
    return pl.DataFrame(
        [
            *(rows[name] for name in PLACE),
            *(
                pl.Series(name, [getattr(supply, name) for supply in kept], dtype=REMEMBERED[name].type)
                for name in _SAID
            ),
            rows["value_binary"],
            rows["value_f64"].alias("amount"),
            _keys(rows["token_address"]),
        ]
    )


def _keys(tokens: pl.Series) -> pl.Series:
    packed = b"".join([token[:8] for token in tokens.to_list()])
    return pl.Series("key", memoryview(packed).cast("Q") if packed else [], dtype=pl.UInt64())


def of_batch(memory: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The remembered rows of this batch: those of its blocks, which come after all earlier ones."""
    first = tables["transfers"]["block_number"].min()
    if first is None:
        return memory.clear()
    return rows_where(memory, memory["block_number"].to_numpy() >= first)


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier mints, or burns, of one token that a transaction may be compared with."""

    amounts: tuple[float, ...]
    actors: frozenset[bytes | None]

    @property
    def most(self) -> float:
        """The largest of them; 0 where there is none."""
        return max(self.amounts, default=0.0)


@dataclass(frozen=True, slots=True)
class History:
    """The memory, by chain, token and kind, in the order of the chain."""

    rows: Mapping[tuple[Any, ...], list[tuple[Position, float, bytes | None]]]
    window_blocks: int

    @classmethod
    def of(cls, memory: pl.DataFrame, keys: pl.Series, window_blocks: int) -> "History":
        """Only the rows of these tokens."""
        rows: dict[tuple[Any, ...], list[tuple[Position, float, bytes | None]]] = {}
        near = rows_where(memory, are_keys(memory["key"], keys))
        for row in in_order(near, "block_number", "transaction_index", "amount"):
            entry = (_position(row), row["amount"], row["actor"])
            rows.setdefault((row["chain_id"], row["token"], row["kind"]), []).append(entry)
        return cls(rows, window_blocks)

    def before(self, row: Mapping[str, Any]) -> Past:
        """What happened to the row's token within the window, before the row's transaction."""
        entries = self.rows.get((row["chain_id"], row["token"], row["kind"]), [])
        start = bisect_left(entries, row["block_number"] - self.window_blocks, key=_block)
        end = bisect_left(entries, _position(row), lo=min(start, len(entries)), key=_place)
        return Past(
            tuple(entry[1] for entry in entries[start:end]), frozenset(entry[2] for entry in entries[start:end])
        )


def _block(entry: tuple[Position, float, bytes | None]) -> int:
    return entry[0][0]


def _place(entry: tuple[Position, float, bytes | None]) -> Position:
    return entry[0]


def _position(row: Mapping[str, Any]) -> Position:
    return row["block_number"], row["transaction_index"]


@dataclass(frozen=True, slots=True)
class Change:
    """One token's unpaid mint or burn in one transaction, with what came before."""

    place: Place
    token: str
    kind: str
    amount: int
    account: str
    actor: str
    is_unseen: bool
    """Others did it before, and the actor did not."""
    past: Past

    @property
    def z(self) -> float:
        """Robust z of the amount among the earlier ones; 0 where they are too few, or all the same."""
        if len(self.past.amounts) < OBSERVATIONS_FOR_OUTLIER:
            return 0.0
        amounts = np.array(self.past.amounts)
        middle = np.median(amounts)
        spread = np.median(np.abs(amounts - middle))
        return float(0.6745 * (float(self.amount) - middle) / spread) if spread > 0 else 0.0


def changes(found: pl.DataFrame, history: History) -> Iterator[Change]:
    """One for each transaction, token and kind, with what came before it."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in in_order(found, "block_number", "transaction_index", "account"):
        where = (*(row[name] for name in SAME), row["token"], row["kind"])
        groups.setdefault(where, []).append(row)
    for rows in groups.values():
        yield _change(rows, history)


def _change(rows: list[dict[str, Any]], history: History) -> Change:
    first = rows[0]
    past = history.before(first)
    return Change(
        place=Place.of(first),
        token=hexadecimal(first["token"]) or "",
        kind=first["kind"],
        amount=sum(int.from_bytes(row["value_binary"], "big") for row in rows),
        account=hexadecimal(max(rows, key=_size)["account"]) or "",
        actor=hexadecimal(first["actor"]) or "",
        is_unseen=bool(past.amounts) and first["actor"] is not None and first["actor"] not in past.actors,
        past=past,
    )


def _size(row: Mapping[str, Any]) -> bytes:
    value: bytes = row["value_binary"]
    return value
