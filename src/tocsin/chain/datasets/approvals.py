"""
Rights given over tokens.

## What a row is
One allowance set, raised or revoked: by approve, permit, Permit2 or setApprovalForAll.

## Where it comes from
Logs where they are there; call data where they are not.

## Blind spots
A signature that was given but not yet used is not on chain. Permit2's permitTransferFrom leaves no approval
event at all.
Without calls a permit looks like an approve (`erc20`). From call data an increaseAllowance states what was added, and
an ERC-721 approve looks like an ERC-20 one.
"""

import polars as pl

from tocsin.chain.datasets import _approval_calls, _approval_logs, _moves
from tocsin.tables.columns import PLACE, Column, address, amount, count, digest, index, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "token_address": address("The token."),
    "owner_address": address("Who gives the right."),
    "spender_address": address("Who gets it."),
    "kind": text(
        "erc20, erc721, operator, permit, permit2",
        "What gave it. `operator` covers every item (setApprovalForAll).",
    ),
    **amount("value", "base units of the token", "How much may be taken; 0 revokes. For an operator 2^256-1 or 0."),
    "token_id": digest("The item of an ERC-721.", required=False),
    "expires_at": count("seconds since 1970", "When it ends, where it does.", required=False),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}

_PERMITTED = [*_moves.SAME_TRANSACTION, "token_address", "owner_address", "spender_address"]


def derive(tables: Tables) -> pl.DataFrame:
    """From logs where they are there, with the permit calls beside them where calls are; else from call data."""
    if "logs" not in tables:
        return _moves.together(COLUMNS, _approval_calls.rights(tables["calls"]))
    given = _moves.together(COLUMNS, _approval_logs.rights(tables["logs"]))
    return _with_permits(given, tables["calls"]) if "calls" in tables and not given.is_empty() else given


def _with_permits(given: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    named = _approval_calls.permits(calls)
    if named.is_empty():
        return given
    permits = set(named[_PERMITTED].iter_rows())
    told = zip(given["kind"].to_list(), given[_PERMITTED].iter_rows(), strict=True)
    kinds = ["permit" if kind == "erc20" and approval in permits else kind for kind, approval in told]
    changed = pl.Series("kind", kinds, dtype=pl.String())
    return pl.DataFrame([changed if name == "kind" else given[name] for name in given.columns])


dataset = Dataset(
    id="approvals",
    columns=COLUMNS,
    needs=(("logs", "calls"), ("logs",), ("calls",)),
    derive=derive,
)
