"""From matching rows to sightings: one a transaction, or a block, however many of its rows match."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.rules.fields import ARGUMENT, BINARY, TRANSACTION, UNSTATED, Field, Sort
from tocsin.detect.rules.quantities import BITS
from tocsin.model.finding import Entity, Place, Severity, Sighting, Value, hexadecimal

MOST_ENTITIES = 20
MOST_BYTES = 100
MOST_SIGNS = 300
"""Of one text: it may be an attacker's."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a rule speaks of what it matched."""

    title: str
    says: str
    severity: Severity
    confidence: float
    labels: tuple[str, ...]
    roles: Mapping[str, str]
    """By column of an address: what it is to the finding."""
    shown: tuple[Field, ...]


def sightings(rows: pl.DataFrame, telling: Telling, subject: Sequence[str] = ()) -> Iterator[Sighting]:
    """
    One for each transaction with matching rows. The rows come in the order of the chain.

    Rows that are in no transaction are told apart by their subject.
    """
    found: dict[tuple[Place, str], list[Row]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault((place_of(row), "|".join(str(row[name]) for name in subject)), []).append(row)
    for (place, key), group in found.items():
        yield _sighting(place, group, telling, key)


def place_of(row: Row) -> Place:
    """Where a row is; a block's row is in no transaction."""
    return Place(
        chain_id=row["chain_id"],
        block_number=row["block_number"],
        block_hash=hexadecimal(row["block_hash"]),
        transaction_hash=hexadecimal(row.get("transaction_hash")),
        transaction_index=row.get("transaction_index"),
    )


def _sighting(place: Place, rows: list[Row], telling: Telling, key: str) -> Sighting:
    values = stated(rows[0], telling.shown)
    told = ", ".join(f"{name} {value}" for name, value in values.items())
    where = "transaction" if place.transaction_hash else "block"
    many = f" It is the first of {len(rows)} in this {where}." if len(rows) > 1 else ""
    return Sighting(
        place=place,
        severity=telling.severity,
        confidence=telling.confidence,
        title=telling.title,
        summary=f"{telling.says} Matched: {told or 'nothing else is known of it'}.{many}",
        entities=entities(rows, telling.roles),
        values={**values, "matches": len(rows)},
        labels=telling.labels,
        key=key,
    )


def stated(row: Row, shown: Iterable[Field]) -> dict[str, Value]:
    """The exact values of a row, by field; what is empty is left out."""
    found = ((field, row.get(field.column)) for field in shown if field.sort not in UNSTATED)
    return {field.name: exact(field, raw) for field, raw in found if raw is not None}


def exact(field: Field, raw: Any) -> Value:
    """A value as findings state it."""
    if field.sort in {Sort.AMOUNT, Sort.SIGNED}:
        return int.from_bytes(raw, "big") - (2 ** (BITS - 1) if field.sort is Sort.SIGNED else 0)
    if field.sort in BINARY:
        return f"0x{raw[:MOST_BYTES].hex()}{'...' if len(raw) > MOST_BYTES else ''}"
    if field.sort is Sort.TEXT:
        return str(raw[:MOST_SIGNS]) + ("..." if len(raw) > MOST_SIGNS else "")
    return bool(raw) if field.sort is Sort.FLAG else int(raw)


def entities(rows: Iterable[Row], roles: Mapping[str, str]) -> tuple[Entity, ...]:
    """The addresses of the rows, each once in each role."""
    found: dict[Entity, None] = {}
    for row in rows:
        for column, role in roles.items():
            if row.get(column) is not None:
                found[Entity(role, "0x" + row[column].hex())] = None
        if len(found) >= MOST_ENTITIES:
            break
    return tuple(found)[:MOST_ENTITIES]


def role_of(field: Field) -> str:
    """What an address is called where the rule does not say: its column's name."""
    plain = field.name.removeprefix(ARGUMENT).removeprefix(TRANSACTION).removesuffix("_address")
    return "contract" if plain == "address" else plain
