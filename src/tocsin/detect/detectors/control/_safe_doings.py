"""What was done to a Safe in one transaction: by its logs, by calls of it and by what changed in its state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detectors.control import _events, _safe_calls, _safe_libraries
from tocsin.model.finding import Place
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.dataset import Tables

CHANGES: Mapping[bytes, str] = {
    topic("AddedOwner(address)"): "an owner was added",
    topic("RemovedOwner(address)"): "an owner was removed",
    topic("ChangedThreshold(uint256)"): "the threshold was set",
    topic("EnabledModule(address)"): "a module was enabled",
    topic("DisabledModule(address)"): "a module was disabled",
    topic("ChangedGuard(address)"): "the guard was set",
    topic("ChangedModuleGuard(address)"): "the module guard was set",
    topic("ChangedFallbackHandler(address)"): "the fallback handler was set",
}
GAINING = frozenset(
    topic(f"{name}(address)")
    for name in ("AddedOwner", "EnabledModule", "ChangedGuard", "ChangedModuleGuard", "ChangedFallbackHandler")
)
"""The changes that give the account they name a say."""
THRESHOLD = topic("ChangedThreshold(uint256)")
SET_UP = topic("SafeSetup(address,address[],uint256,address,address)")
EXECUTED = (
    topic("ExecutionSuccess(bytes32,uint256)"),
    topic("ExecutionFailure(bytes32,uint256)"),
    topic("ExecutionFromModuleSuccess(address)"),
)

MASTER_COPY_SLOT = bytes(WORD_BYTES)
"""Where a Safe proxy keeps the address of its code."""

_HARMLESS = _safe_libraries.ADDRESSES - _safe_libraries.MIGRATIONS


@dataclass(slots=True)
class Doing:
    """What was done to one Safe in one transaction."""

    place: Place
    safe: str
    changes: list[str]
    targets: list[str]
    """Of delegatecalls."""
    gaining: list[str] = field(default_factory=list)
    """Who was given a say."""
    old_copy: str = ""
    new_copy: str = ""


def doings(tables: Tables) -> Iterator[Doing]:
    """What was done to each Safe that was not being set up."""
    logs = tables["logs"]
    new = {_events.key(row, _safe(row)) for row in logs.filter(pl.col("topic0") == SET_UP).iter_rows(named=True)}
    found: dict[_events.Key, Doing] = {}
    _add_changes(found, logs)
    _add_delegatecalls(found, tables.get("calls"))
    _add_master_copies(found, tables.get("state_changes"), _executing(tables) - new)
    return (doing for key, doing in found.items() if key not in new)


def _safe(row: Mapping[str, Any]) -> str:
    return _events.text(row["address"])


def _at(found: dict[_events.Key, Doing], row: Mapping[str, Any], safe: str) -> Doing:
    return found.setdefault(_events.key(row, safe), Doing(Place.of(row), safe, [], []))


def _add_changes(found: dict[_events.Key, Doing], logs: pl.DataFrame) -> None:
    for row in _events.in_order(logs.filter(pl.col("topic0").is_in(list(CHANGES)))):
        words = _events.arguments(row)
        if words:
            is_number = row["topic0"] == THRESHOLD
            shown = str(int.from_bytes(words[0], "big")) if is_number else _events.address_of(words[0])
            doing = _at(found, row, _safe(row))
            doing.changes.append(f"{CHANGES[row['topic0']]}: {shown}")
            doing.gaining.extend([shown] if row["topic0"] in GAINING else [])


def _add_delegatecalls(found: dict[_events.Key, Doing], calls: pl.DataFrame | None) -> None:
    if calls is None:
        return
    ordered = _safe_calls.executions(calls).sort("block_number", "transaction_index", "call_index")
    for row in ordered.iter_rows(named=True):
        for target in _safe_calls.delegates(row):
            if target not in _HARMLESS:
                _at(found, row, _events.text(row["to_address"])).targets.append(target)


def _executing(tables: Tables) -> set[_events.Key]:
    """The Safes that executed something, by their logs and by calls of them."""
    logged = tables["logs"].filter(pl.col("topic0").is_in(EXECUTED)).iter_rows(named=True)
    called = _safe_calls.executions(tables["calls"]).iter_rows(named=True) if "calls" in tables else ()
    return {_events.key(row, _safe(row)) for row in logged} | {
        _events.key(row, _events.text(row["to_address"])) for row in called
    }


def _add_master_copies(
    found: dict[_events.Key, Doing], changes: pl.DataFrame | None, executing: set[_events.Key]
) -> None:
    if changes is None:
        return
    for row in changes.filter(pl.col("slot") == MASTER_COPY_SLOT).iter_rows(named=True):
        safe = _safe(row)
        if _events.key(row, safe) in executing and any(row["before"] or b""):
            doing = _at(found, row, safe)
            doing.old_copy, doing.new_copy = (_slot_address(row[name]) for name in ("before", "after"))


def _slot_address(value: bytes | None) -> str:
    return _events.address_of((value or b"").rjust(WORD_BYTES, b"\0"))
