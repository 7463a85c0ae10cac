"""The events and slot writes by which the code behind an address changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detectors.control import _events
from tocsin.model.finding import Place
from tocsin.tables.dataset import Tables

UPGRADED = topic("Upgraded(address)")
BEACON_UPGRADED = topic("BeaconUpgraded(address)")
ADMIN_CHANGED = topic("AdminChanged(address,address)")
DIAMOND_CUT = topic("DiamondCut((address,uint8,bytes4[])[],address,bytes)")
PATHS: Mapping[bytes, str] = {
    topic("CallExecuted(bytes32,uint256,address,uint256,bytes)"): "timelock",
    topic("ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)"): "timelock",
    topic("ExecutionSuccess(bytes32,uint256)"): "multisig",
}
"""What OpenZeppelin's and Compound's timelocks and Safe's multisigs log when they execute."""

EVENTS: Mapping[bytes, tuple[str, int | None]] = {
    UPGRADED: ("implementation", 0),
    BEACON_UPGRADED: ("beacon", 0),
    ADMIN_CHANGED: ("admin", 1),
    DIAMOND_CUT: ("facets", None),
}
"""By event: what changes, and which argument holds the new address, if one does."""

SLOTS: Mapping[bytes, str] = {
    bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"): "implementation",
    bytes.fromhex("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"): "admin",
    bytes.fromhex("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"): "beacon",
}
"""EIP-1967: keccak-256 of eip1967.proxy.implementation, .admin and .beacon, less one."""

ZERO = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one proxy in one transaction."""

    place: Place
    proxy: str
    what: str
    new: str
    """The new address; empty for a diamond's facets."""
    old: str = ""
    is_logged: bool = False
    is_written: bool = False
    through: tuple[str, ...] = ()
    """Ways of deciding that left a log in the transaction: timelock, multisig."""
    is_new_created: bool = False
    """The new address came into being in the same transaction."""


def paths(logs: pl.DataFrame) -> dict[_events.Key, tuple[str, ...]]:
    """By transaction, sorted."""
    found: dict[_events.Key, set[str]] = {}
    for row in logs.filter(pl.col("topic0").is_in(list(PATHS))).iter_rows(named=True):
        found.setdefault(_events.key(row, "")[:3], set()).add(PATHS[row["topic0"]])
    return {transaction: tuple(sorted(through)) for transaction, through in found.items()}


def changes(tables: Tables) -> dict[_events.Key, Change]:
    """Events and slot writes of the same change are one."""
    found: dict[_events.Key, Change] = {}
    for row, change in [*_logged(tables["logs"]), *_written(tables.get("state_changes"))]:
        key = (*_events.key(row, change.proxy), change.what, change.new)
        known = found.get(key, change)
        found[key] = replace(
            known,
            old=known.old or change.old,
            is_logged=known.is_logged or change.is_logged,
            is_written=known.is_written or change.is_written,
        )
    return found


def _logged(logs: pl.DataFrame) -> Iterator[tuple[dict[str, Any], Change]]:
    for row in _events.in_order(logs.filter(pl.col("topic0").is_in(list(EVENTS)))):
        what, argument = EVENTS[row["topic0"]]
        words = _events.arguments(row)
        if argument is not None and argument >= len(words):
            continue
        new = "" if argument is None else _events.address_of(words[argument])
        old = _events.address_of(words[0]) if argument else ""
        if not (argument and old == ZERO):
            yield row, Change(Place.of(row), _events.text(row["address"]), what, new, old, is_logged=True)


def _written(changes: pl.DataFrame | None) -> Iterator[tuple[dict[str, Any], Change]]:
    """Slots that held one address and hold another; a first value is construction."""
    if changes is None:
        return
    for row in changes.filter(pl.col("slot").is_in(list(SLOTS))).iter_rows(named=True):
        old, new = (_events.address_of((row[name] or b"").rjust(20, b"\0")) for name in ("before", "after"))
        if old not in (ZERO, new):
            proxy = _events.text(row["address"])
            yield row, Change(Place.of(row), proxy, SLOTS[row["slot"]], new, old, is_written=True)
