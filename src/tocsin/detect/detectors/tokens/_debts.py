"""Mints and burns by which a lending market books what somebody owes: nobody pays for them, and nobody need."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from tocsin.chain import abi
from tocsin.chain.signatures import topic
from tocsin.detect.actors import SAME, Transaction
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.dataset import Tables

MINT = topic("Mint(address,address,uint256,uint256,uint256)")
MINT_BEFORE = topic("Mint(address,address,uint256,uint256)")
BURN = topic("Burn(address,address,uint256,uint256,uint256)")
BURN_BEFORE = topic("Burn(address,uint256,uint256)")
"""What the tokens of Aave, versions 3 and 2, say beside their transfers."""
BOOKS = (MINT, MINT_BEFORE, BURN, BURN_BEFORE)
LOGS = ("address", "topic0", "topic1", "topic2", "data")
LENDING, LIQUIDATIONS = ("kind", "account_address", "value_binary"), ("borrower_address", "debt_amount_binary")
ROUNDING = 2
"""Base units by which a booked amount may differ: scaled balances are rounded."""

Booked: TypeAlias = "tuple[Transaction, bytes, bytes]"
"""Transaction, token and whose debt."""


def booked(tables: Tables) -> frozenset[Booked]:
    """
    The debts that were booked by their own tokens, each just as large as what was borrowed or repaid beside it.

    Nobody else can write the token's log, and the token alone is left out: anything else that is minted is not.
    """
    if "logs" not in tables or "lending" not in tables or tables["logs"].is_empty():
        return frozenset()
    moved: dict[tuple[Transaction, bytes, str], list[int]] = {}
    for key, amount in _moved(tables):
        moved.setdefault(key, []).append(amount)
    return frozenset(
        (_transaction(row), row["address"], account)
        for row in tables["logs"].iter_rows(named=True)
        for account, kind, amount in _entry(row)
        if any(abs(amount - other) <= ROUNDING for other in moved.get((_transaction(row), account, kind), ()))
    )


def _moved(tables: Tables) -> Iterator[tuple[tuple[Transaction, bytes, str], int]]:
    """What was borrowed and repaid, whoever repaid it: a liquidator repays another's debt."""
    for row in tables["lending"].iter_rows(named=True):
        if row["kind"] in ("borrow", "repay"):
            yield (_transaction(row), row["account_address"], row["kind"]), int.from_bytes(row["value_binary"], "big")
    for row in tables["liquidations"].iter_rows(named=True) if "liquidations" in tables else ():
        yield (_transaction(row), row["borrower_address"], "repay"), int.from_bytes(row["debt_amount_binary"], "big")


def _transaction(row: Mapping[str, Any]) -> Transaction:
    return tuple(row[name] for name in SAME)


def _entry(row: Mapping[str, Any]) -> Iterator[tuple[bytes, str, int]]:
    """Whose debt, whether he borrowed or repaid, and how much: interest is booked along with it."""
    data, is_mint = row["data"] or b"", row["topic0"] in (MINT, MINT_BEFORE)
    owner = row["topic2"] if is_mint else row["topic1"]
    if owner is None or len(data) < 2 * WORD_BYTES:
        return
    value, interest = (int.from_bytes(data[at : at + WORD_BYTES], "big") for at in (0, WORD_BYTES))
    interest = interest if row["topic0"] in (MINT, BURN) else 0
    change = value - interest if is_mint else -value - interest
    yield owner[-abi.ADDRESS_BYTES :], "borrow" if change > 0 else "repay", abs(change)
