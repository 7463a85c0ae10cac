"""Where an account's money comes from: through at most three accounts back to a mixer or a flagged account."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.detect.detectors.preparation._funding import HIDING, SENT, keys
from tocsin.tables.choice import are_keys, rows_where

MOST_HOPS = 3
"""Accounts between the source and whom it is traced to (reference: detection, section 4.16)."""
DECAY = 0.5
"""Of the confidence, for each of them (reference: detection, section 4.16)."""
CONFIDENCE: Mapping[str, float] = {"flagged": 0.6, "mixer": 0.5, "exchange": 0.1, "bridge": 0.1}
"""Of a funding, by kind of source (reference: detection, section 4.16)."""

Position: TypeAlias = tuple[int, int]
"""Block number and place in the block."""
_Account: TypeAlias = tuple[int, bytes]


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where money comes from."""

    hops: int
    """Accounts it was passed through."""
    kind: str
    source: bytes

    @property
    def confidence(self) -> float:
        """How sure it is that the account is the source's customer, or its customer's."""
        return CONFIDENCE[self.kind] * DECAY**self.hops

    def passed_on(self) -> "Origin":
        """The same, one account further."""
        return Origin(self.hops + 1, self.kind, self.source)


@dataclass(frozen=True, slots=True)
class _Funded:
    position: Position
    origin: Origin


class Origins:
    """What is remembered of the origin of some accounts' money."""

    def __init__(self, memory: pl.DataFrame, accounts: pl.Series, window_blocks: int) -> None:
        """Nearly nobody's origin is known: only what leads to these accounts is read, one step after the other."""
        self._window_blocks = window_blocks
        self._funded: dict[_Account, list[_Funded]] = {}
        self._trace(_leading_to(memory, accounts))

    def __bool__(self) -> bool:
        """Whether the origin of any of it is known."""
        return bool(self._funded)

    def _trace(self, rows: Iterable[Mapping[str, Any]]) -> None:
        edges = []
        for row in rows:
            account, position = (row["chain_id"], row["account"]), (row["block_number"], row["transaction_index"])
            if row["kind"] == SENT:
                edges.append(((row["chain_id"], row["source"]), account, position))
            elif row["kind"] in HIDING:
                self._note({account: [_Funded(position, Origin(0, row["kind"], row["source"]))]})
        for _ in range(MOST_HOPS - 1):
            step: dict[_Account, list[_Funded]] = {}
            for giver, taker, position in edges:
                if (origin := self.of(*giver, position)) is not None:
                    step.setdefault(taker, []).append(_Funded(position, origin.passed_on()))
            self._note(step)

    def _note(self, more: Mapping[_Account, list[_Funded]]) -> None:
        for account, funded in more.items():
            known = {*self._funded.get(account, ()), *funded}
            self._funded[account] = sorted(known, key=lambda each: (each.position, each.origin))

    def of(self, chain_id: int, account: bytes, before: Position) -> Origin | None:
        """The nearest source of what the account was paid before; None where none is known."""
        funded = self._funded.get((chain_id, account), [])
        first = bisect_left(funded, (before[0] - self._window_blocks, 0), key=lambda each: each.position)
        last = bisect_left(funded, before, key=lambda each: each.position)
        return min((each.origin for each in funded[first:last]), default=None)


def _leading_to(memory: pl.DataFrame, accounts: pl.Series) -> Iterable[Mapping[str, Any]]:
    if memory.is_empty():
        return ()
    frontier, found = accounts.drop_nulls(), []
    for _ in range(MOST_HOPS):
        step = rows_where(memory, are_keys(memory["key"], keys(frontier)))
        if step.is_empty():
            break
        found.append(step)
        frontier = rows_where(step, (step["kind"] == SENT).to_numpy())["source"]
    if len(found) < 2:
        return (row for step in found for row in step.iter_rows(named=True))
    return pl.concat(found).unique().iter_rows(named=True)
