"""The spenders that took, or that many approved: what ice-phishing asks about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.detectors.phishing._approvals import Memories
from tocsin.detect.detectors.phishing._takings import POSITION
from tocsin.detect.worth import Prices
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables


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


_Moves: TypeAlias = list[tuple[Any, ...]]
"""Who gave, and about how many dollars, in one transaction."""


def taking(taken: pl.DataFrame, tables: Tables, memories: Memories) -> Iterator[Candidate]:
    """One for each transaction and spender that took from somebody who had approved it."""
    usable = rows_where(taken, np.logical_and.reduce([abi.present(taken[name]) for name in POSITION]))
    if usable.is_empty():
        return
    approvals = memories.by_spender(usable["spender"])
    worth = actors.of_transactions(Prices.of(tables).with_dollars(tables["transfers"], "value_f64"), usable)
    moves = actors.by_transaction(worth, ("from_address", "dollars"))
    for where, rows in _groups(usable).items():
        given = approvals.get((rows[0]["chain_id"], rows[0]["spender"]), memories.rows.clear())
        judged = [(row, *memories.owners(row, given)) for row in rows]
        robbed = [(row, owners, alone) for row, owners, alone in judged if row["owner"] in owners]
        if robbed:
            yield _candidate(robbed, moves.get(where[: len(actors.SAME)], []))


def _groups(usable: pl.DataFrame) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """By transaction and spender: what was taken, in the order of owners and receivers."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in sorted(usable.iter_rows(named=True), key=lambda row: (row["owner"], row["receiver"])):
        groups.setdefault(tuple(row[name] for name in (*actors.SAME, "spender")), []).append(row)
    return groups


def _candidate(robbed: list[tuple[dict[str, Any], set[bytes], bool]], moves: _Moves) -> Candidate:
    first, owners, _ = robbed[0]
    victims = tuple(dict.fromkeys(row["owner"] for row, _, _ in robbed))
    return Candidate(
        place=Place.of(first),
        spender=_text(first["spender"]),
        owners=len(owners),
        is_sufficient=any(alone for _, _, alone in robbed),
        victims=tuple(_text(victim) for victim in victims),
        receivers=tuple(dict.fromkeys(_text(row["receiver"]) for row, _, _ in robbed)),
        dollars=_worth(victims, moves),
    )


def _worth(victims: tuple[bytes, ...], moves: _Moves) -> float:
    return fsum(dollars for giver, dollars in moves if giver in victims and dollars is not None)


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
