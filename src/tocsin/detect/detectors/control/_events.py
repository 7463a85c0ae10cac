"""What the control detectors share: the arguments of a log, and what came into being in the same transaction."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.abi import ADDRESS_BYTES
from tocsin.detect.detector import Read
from tocsin.model.finding import hexadecimal
from tocsin.tables import choice
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.dataset import Tables

MOST_WORDS = 8
"""Data words of a log that are looked at: the events read here have fewer."""

LOG_COLUMNS = ("log_index", "address", "topic0", "topic1", "topic2", "topic3", "data")
CREATED = Read(columns=("contract_address",), optional=True)
"""Reading the contracts that the transaction itself created, to leave out construction."""

Key: TypeAlias = tuple[Any, ...]
"""A transaction and an account in it."""


def in_order(logs: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows in the order of the chain. For the few rows that are left after filtering."""
    return iter(choice.in_order(logs, "block_number", "transaction_index", "log_index"))


def arguments(log: Mapping[str, Any]) -> list[bytes]:
    """
    The static arguments as 32-byte words: indexed ones first, then those in the data.

    Versions of one contract differ in which arguments they index; the order is the same where all or none are.
    """
    indexed = [log[name] for name in ("topic1", "topic2", "topic3") if log[name] is not None]
    end = min(len(log["data"]) // WORD_BYTES, MOST_WORDS) * WORD_BYTES
    return [*indexed, *(log["data"][at : at + WORD_BYTES] for at in range(0, end, WORD_BYTES))]


def address_of(word: bytes) -> str:
    """The address in the low bytes of a word."""
    return "0x" + word[-ADDRESS_BYTES:].hex()


def text(raw: bytes) -> str:
    """An address or a hash as findings show it."""
    return hexadecimal(raw) or ""


def key(row: Mapping[str, Any], address: str) -> Key:
    """What tells apart one account in one transaction."""
    return (row["chain_id"], row["block_hash"], row["transaction_hash"], address)


def created(tables: Tables) -> frozenset[Key]:
    """The contracts that came into being, each in its transaction; none where that is not known."""
    if "created_contracts" not in tables:
        return frozenset()
    return frozenset(
        key(row, text(row["contract_address"])) for row in tables["created_contracts"].iter_rows(named=True)
    )
