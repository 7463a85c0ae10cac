"""Calls of watched contracts from outside: the doors of what is protected, and who came through them."""

from typing import Any

from tocsin.detect.detectors.baselines import _watched
from tocsin.tables.dataset import Tables

COLUMNS = ("call_index", "call_type", "from_address", "to_address", "selector", "reverted")


def entries(tables: Tables) -> list[dict[str, Any]]:
    """The calls that took effect, by others than watched contracts, with `function`; in the order of the chain."""
    if "calls" not in tables:
        return []
    rows = _watched.rows(tables, "calls", "to_address")
    watched = {chain: _watched.accounts(tables, chain) for chain in _watched.chains(rows)}
    found = [
        {**row, "function": row["selector"] or b""}
        for row in rows.iter_rows(named=True)
        if row["call_type"] == "call"
        and not row["reverted"]
        and row["block_number"] is not None
        and row["from_address"] not in watched[row["chain_id"]]
    ]
    return sorted(found, key=lambda row: (row["block_number"], row["transaction_index"] or 0, row["call_index"]))
