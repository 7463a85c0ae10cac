"""
Reference tables: what is known beside what a chain says. A detector reads them like a dataset.

Their rows are not things that happened, so that nothing is found in them, and they stand beside every batch.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.tables.columns import Column, address, count, octets, schema, text
from tocsin.tables.dataset import Tables

PRICES, LABELS, CHANGES, CODE = "prices", "labels", "announced_changes", "known_code"

REFERENCE_COLUMNS: Mapping[str, Mapping[str, Column]] = {
    PRICES: {
        "chain_id": count("EIP-155 chain id", "The chain."),
        "token_address": address("The token; 0xeee...eee for the native coin."),
        "dollars_per_unit": Column(pl.Float64(), "US dollars per base unit", "What one base unit is worth."),
    },
    LABELS: {
        "chain_id": count("EIP-155 chain id", "The chain; empty: every chain.", required=False),
        "address": address("Who is labelled."),
        "kind": text("one of the kinds", "What it is."),
        "name": text("untrusted text", "What others call it."),
        "source": text("untrusted text", "Who says so."),
    },
    CHANGES: {
        "chain_id": count("EIP-155 chain id", "The chain."),
        "address": address("The contract or wallet that will change, or act."),
        "becomes": octets("What it will change to, or whom it will act on; empty: anything.", required=False),
        "detector": text("a detector's id", "Whose findings are expected; empty: all.", required=False),
        "not_before": count("seconds since 1970", "When the change may begin."),
        "not_after": count("seconds since 1970", "When it is over."),
        "reference": text("untrusted text", "The ticket, the vote, the approval."),
    },
    CODE: {
        "name": text("untrusted text", "What the contract is called."),
        "verdict": text("attack, benign", "Whether it was made for an attack, or is the kind that attacks look like."),
        "signature": octets("What its instructions are compared by: see the feed `code_signatures`."),
    },
}
"""The reference tables there are, and their columns."""


def is_reference(name: str) -> bool:
    """Whether a table of this name is a reference table."""
    return name in REFERENCE_COLUMNS


def empty(name: str) -> pl.DataFrame:
    """A reference table without rows."""
    return pl.DataFrame(schema=schema(REFERENCE_COLUMNS[name]))


class ByIdentity:
    """A table as a key: equal to itself alone, so that what is made of it is made once and shared."""

    __slots__ = ("frame",)

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __hash__(self) -> int:
        return id(self.frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.frame is self.frame


class Beside(Mapping[str, pl.DataFrame]):
    """The tables of a batch with the reference tables beside them; nothing is derived before it is asked for."""

    def __init__(self, tables: Tables, reference: Tables) -> None:
        self._tables = tables
        self._reference = reference

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self._reference[name] if name in self._reference else self._tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self._reference or name in self._tables

    def __iter__(self) -> Iterator[Any]:
        return iter(dict.fromkeys((*self._tables, *self._reference)))

    def __len__(self) -> int:
        return len(list(iter(self)))
