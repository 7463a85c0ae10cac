"""New contracts with their code, what it was made with, and who made it, transaction by transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.chain.bytecode.contents import Contents, contents
from tocsin.chain.bytecode.proxies import is_minimal_proxy
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Read
from tocsin.detect.detectors.preparation._codes import anything_watched
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

CREATED = Read(columns=("contract_address", "creator_address", "sender_address", "kind", "code", "call_index"))
TRANSACTIONS = Read(columns=("from_address", "nonce", "input", "to_address"), optional=True)
CALLS = Read(columns=("call_index", "call_type", "input"), optional=True)

Transaction: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """One new contract."""

    address: str
    kind: str
    code: bytes | None
    """None where nobody said."""
    made_with: bytes
    """The code that made it and the arguments behind it; empty where nobody said."""

    @property
    def has_own_code(self) -> bool:
        """Whether its code is known, and more than a pointer to another's."""
        return bool(self.code) and not is_minimal_proxy(self.code or b"")

    @property
    def contents(self) -> Contents:
        """What stands in its code."""
        return contents(self.code or b"")

    def names(self, addresses: frozenset[bytes]) -> list[bytes]:
        """Which of these stand in its code, or in what it was made with: arguments are kept in storage."""
        if not addresses:
            return []
        found = set(self.contents.names(addresses))
        found.update(each for each in addresses if each in self.made_with)
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What one transaction created."""

    place: Place
    deployer: bytes | None
    """Who sent the transaction."""
    nonce: int | None
    """How many transactions that account had sent before."""
    contracts: tuple[Created, ...]

    @property
    def deployer_text(self) -> str:
        """The deployer as findings show it."""
        return str(hexadecimal(self.deployer))


def deployments(tables: Tables) -> Iterator[Deployment]:
    """What was created, a transaction at a time."""
    created = tables["created_contracts"]
    if created.is_empty():
        return
    sent = _by_transaction(tables, "transactions", created, ("from_address", "nonce", "input", "to_address"))
    made_with = _initial_code(tables, created)
    for key, rows in _groups(created).items():
        (sender, nonce, data, called), *_ = sent.get(key) or [(rows[0]["sender_address"], None, None, b"")]
        direct = data if called is None else None
        yield Deployment(
            place=Place.of(rows[0]),
            deployer=rows[0]["sender_address"] or sender,
            nonce=nonce,
            contracts=tuple(_created(row, made_with.get((*key, row["call_index"])) or direct or b"") for row in rows),
        )


def _created(row: Mapping[str, Any], made_with: bytes) -> Created:
    return Created(str(hexadecimal(row["contract_address"])), row["kind"], row["code"], made_with)


def _groups(created: pl.DataFrame) -> dict[Transaction, list[dict[str, Any]]]:
    groups: dict[Transaction, list[dict[str, Any]]] = {}
    for row in created.sort("call_index", "contract_address").iter_rows(named=True):
        groups.setdefault(tuple(row[name] for name in SAME), []).append(row)
    return groups


def _by_transaction(
    tables: Tables, name: str, created: pl.DataFrame, columns: tuple[str, ...]
) -> dict[Transaction, list[tuple[Any, ...]]]:
    """The values of these columns, of the rows that belong to transactions in which something was created."""
    found: dict[Transaction, list[tuple[Any, ...]]] = {}
    if name not in tables:
        return found
    frame = tables[name]
    hashes = created["transaction_hash"].to_arrow()
    near = rows_where(frame, abi.among(frame["transaction_hash"], hashes)).select(*SAME, *columns)
    for row in near.iter_rows():
        found.setdefault(row[: len(SAME)], []).append(row[len(SAME) :])
    return found


_CREATING = abi.texts(("create", "create2"))


def _initial_code(tables: Tables, created: pl.DataFrame) -> Mapping[Transaction, bytes]:
    """By transaction and frame: the code that a contract was made with."""
    if "calls" not in tables or not anything_watched(tables):  # it is read for their addresses alone
        return {}
    calls = tables["calls"]
    made = {"calls": rows_where(calls, abi.among(calls["call_type"], _CREATING))}
    rows = _by_transaction(made, "calls", created, ("call_index", "input"))
    return {(*key, index): data for key, some in rows.items() for index, data in some}
