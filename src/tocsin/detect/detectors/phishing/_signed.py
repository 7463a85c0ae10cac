"""What somebody signed off the chain and somebody else handed in: permits, Permit2 transfers, authorisations."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect.detectors.phishing._approvals import KNOWN
from tocsin.detect.detectors.phishing._authorities import authority
from tocsin.tables.choice import rows_at, rows_where
from tocsin.tables.columns import PLACE, ZERO, Column, address, schema, text
from tocsin.tables.dataset import Tables

SIGNED_APPROVALS = ("token_address", "owner_address", "spender_address", "kind", "value_binary", "expires_at")
"""The columns read of approvals."""
SIGNED_CALLS = ("from_address", "to_address", "input", "selector", "reverted")
"""The columns read of calls."""
AUTHORISATIONS = ("delegate_address", "authorised_chain_id", "nonce", "y_parity", "r", "s")
"""The columns read of authorisations."""

_PERMITTED = "(address,uint256)"
_ONE, _SEVERAL = (f"({_PERMITTED}{each},uint256,uint256),(address,uint256){each},address" for each in ("", "[]"))
_WITNESS = ",bytes32,string,bytes)"
DAI_PERMIT = selector("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)")
_OWNER_WORD: Mapping[bytes, int] = {
    selector(f"permitTransferFrom({_ONE},bytes)"): 6,
    selector(f"permitTransferFrom({_SEVERAL},bytes)"): 2,
    selector(f"permitWitnessTransferFrom({_ONE}{_WITNESS}"): 6,
    selector(f"permitWitnessTransferFrom({_SEVERAL}{_WITNESS}"): 2,
}
"""Permit2's signed transfers, and the word of their arguments that says whose tokens move."""
SIGNED_SELECTORS = (*_OWNER_WORD, DAI_PERMIT)

PERMIT, ALLOWANCE, TRANSFER, DELEGATION = "permit", "Permit2 allowance", "Permit2 transfer", "EIP-7702"
_KINDS = {"permit": PERMIT, "permit2": ALLOWANCE}
_SIGNED_KINDS = abi.texts(_KINDS)

SIGNED: Mapping[str, Column] = {
    "owner": address("Who signed."),
    "spender": address("Who may take by it; the code it takes on, of an authorisation."),
    "sender": address("Who handed it in."),
    "token": address("The one token it is about; empty: any.", required=False),
    "by": text("a permit, a Permit2 allowance, a Permit2 transfer, an EIP-7702 authorisation", "What was signed."),
}
"""The columns of what was signed, beside the place columns."""
_NONE = pl.DataFrame(schema=schema({**PLACE, **SIGNED}))
FOUND = "signed"
"""The table of it."""
TRUSTED = frozenset(("router", "exchange", "bridge", "relayer", "service", "own", "watched"))
"""Labels of spenders who may take by a signature."""

Senders: TypeAlias = Mapping[Any, tuple[bytes, bytes | None]]
"""By transaction hash: who sent it, and what it called."""
_Row: TypeAlias = tuple[Any, ...]


def prepare(tables: Tables) -> Tables:
    """What was signed in a batch."""
    return {FOUND: signed(tables)}


def signed(tables: Tables) -> pl.DataFrame:
    """One row for each owner, spender and token of a signature that was not handed in by its owner."""
    approvals, calls, authorisations = tables["approvals"], tables["calls"], tables["authorisations"]
    permits = np.flatnonzero(abi.among(approvals["kind"], _SIGNED_KINDS))
    if not (len(permits) or len(calls) or len(authorisations)):
        return _NONE
    senders = by_hash(tables["transactions"])
    found = (*_permits(rows_at(approvals, permits)), *_of_calls(calls), *_delegations(authorisations, senders))
    rows = [complete for row in found if (complete := _handed_in(row, senders)) is not None]
    return pl.DataFrame(rows, schema=_NONE.schema, orient="row").unique() if rows else _NONE


def by_hash(transactions: pl.DataFrame) -> Senders:
    """Who sent each transaction, and what it called."""
    columns = (transactions[name].to_list() for name in ("transaction_hash", "from_address", "to_address"))
    return {hash_: (sender, called) for hash_, sender, called in zip(*columns, strict=True)}


def _handed_in(row: _Row, senders: Senders) -> _Row | None:
    """The row with who handed it in; nothing where that is its owner, or where it gives nobody anything."""
    *place, owner, spender, token, by = row
    sender, _ = senders.get(dict(zip(PLACE, place, strict=True))["transaction_hash"], (None, None))
    if sender is None or owner in (None, sender, spender) or spender in (None, ZERO) or spender in KNOWN:
        return None
    return (*place, owner, spender, sender, token, by)


def _permits(approvals: pl.DataFrame) -> Iterator[_Row]:
    """EIP-2612 permits and Permit2 allowances that give something."""
    for row in approvals.iter_rows(named=True):
        if any(row["value_binary"] or b""):
            yield *_place(row), row["owner_address"], row["spender_address"], row["token_address"], _KINDS[row["kind"]]


def _of_calls(calls: pl.DataFrame) -> Iterator[_Row]:
    """Permit2's signed transfers, whoever called it, and permits in the form that DAI has."""
    for row in rows_where(calls, ~calls["reverted"].to_numpy()).iter_rows(named=True):
        data = (row["input"] or b"")[abi.SELECTOR_BYTES :]
        if row["selector"] == DAI_PERMIT:
            if len(data) >= 5 * 32 and any(data[4 * 32 : 5 * 32]):
                yield *_place(row), _address(data, 0), _address(data, 1), row["to_address"], PERMIT
        elif len(data) >= (_OWNER_WORD[row["selector"]] + 1) * 32:
            yield *_place(row), _address(data, _OWNER_WORD[row["selector"]]), row["from_address"], None, TRANSFER


def _delegations(authorisations: pl.DataFrame, senders: Senders) -> Iterator[_Row]:
    """Who took on which code: by the signature, or where a source has none, the account that the transaction calls."""
    for row in authorisations.iter_rows(named=True):
        _, called = senders.get(row["transaction_hash"], (None, None))
        yield *_place(row), authority(row) or called, row["delegate_address"], None, DELEGATION


def _place(row: Mapping[str, Any]) -> _Row:
    return tuple(row[name] for name in PLACE)


def _address(data: bytes, word: int) -> bytes:
    return data[word * 32 + 12 : (word + 1) * 32]
