"""What was signed for somebody who should not have it, before anything is taken."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.detectors.phishing._signed import ALLOWANCE, DELEGATION, FOUND, TRUSTED
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import HOSTILE
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

FAN_IN = 10
"""So many accounts that take on the same code within the window are told of (reference: detection, section 4.33)."""
TOKENS = 3
"""So many tokens in one Permit2 signature are a batch (design)."""
NO_LIMIT = (2**160 - 1).to_bytes(32, "big")
LONG_SECONDS = 365 * 86_400
"""An allowance over more than this has no end for its owner (reference: detection, section 4.33)."""
SHOWN = 20
"""How many owners a finding names; it always says how many there are."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Something signed for a spender that has taken nothing by it yet."""

    place: Place
    kind: str
    spender: str
    owners: tuple[str, ...]
    count: int
    """How many owners there are."""
    title: str
    says: str
    hostile: tuple[str, ...]
    """What others call the spender, where that speaks against it."""


def grants(memory: pl.DataFrame, tables: Tables, window_blocks: int) -> Iterator[Grant]:
    """One for each allowance of unusual terms, and for each spender that is known or gets to so many owners."""
    found = tables[FOUND]
    if found.is_empty():
        return
    labels = Labels.of(tables)
    ends = _ends(tables)
    for key, rows in _by_transaction(found).items():
        grant = _allowance(rows, ends.get(key, ()), labels)
        if grant is not None:
            yield grant
    yield from _fan_in(memory, found, labels, window_blocks)


def _by_transaction(found: pl.DataFrame) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """What was signed, by transaction, owner and spender."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in found.sort("block_number", "transaction_index", "by", "token").iter_rows(named=True):
        groups.setdefault((*(row[name] for name in actors.SAME), row["owner"], row["spender"]), []).append(row)
    return groups


def _ends(tables: Tables) -> dict[tuple[Any, ...], list[tuple[bool, bool]]]:
    """Of Permit2 allowances, by transaction, owner and spender: whether without limit, and whether over a year."""
    times = _times(tables.get("blocks"))
    approvals = tables["approvals"]
    rows = rows_where(approvals, abi.among(approvals["kind"], abi.texts(("permit2",))))
    terms: dict[tuple[Any, ...], list[tuple[bool, bool]]] = {}
    for row in rows.iter_rows(named=True):
        key = (*(row[name] for name in actors.SAME), row["owner_address"], row["spender_address"])
        now = times.get((row["chain_id"], row["block_number"]))
        is_long = now is not None and (row["expires_at"] or 0) > now + LONG_SECONDS
        terms.setdefault(key, []).append((row["value_binary"] == NO_LIMIT, is_long))
    return terms


def _times(blocks: pl.DataFrame | None) -> dict[tuple[int, int], int]:
    if blocks is None:
        return {}
    return {(chain, number): time for chain, number, time in blocks[["chain_id", "block_number", "timestamp"]].rows()}


def _allowance(rows: list[dict[str, Any]], terms: list[tuple[bool, bool]] | tuple[()], labels: Labels) -> Grant | None:
    first = rows[0]
    tokens = {row["token"] for row in rows if row["by"] == ALLOWANCE}
    kinds = labels.kinds(first["chain_id"], first["spender"])
    is_without_end = any(is_unlimited and is_long for is_unlimited, is_long in terms)
    if not (kinds & HOSTILE or is_without_end or len(tokens) >= TOKENS) or kinds & TRUSTED:
        return None
    what = "without limit, over more than a year" if is_without_end else f"over {max(len(tokens), 1)} of its tokens"
    return _grant(
        first,
        [first["owner"]],
        kinds & HOSTILE,
        kind=first["by"],
        title=f"Somebody signed a far-reaching {first['by']}",
        says=f"was handed what {hexadecimal(first['owner'])} had signed ({first['by']}), {what}.",
    )


def _fan_in(memory: pl.DataFrame, found: pl.DataFrame, labels: Labels, window_blocks: int) -> Iterator[Grant]:
    now = found.filter((pl.col("by") == DELEGATION) & pl.col("block_number").is_not_null())
    if now.is_empty():
        return
    rows = memory.filter((pl.col("by") == DELEGATION) & pl.col("spender").is_in(now["spender"].unique().to_list()))
    first, last = now["block_number"].min(), now["block_number"].max()
    before = rows.filter((pl.col("block_number") < first) & (pl.col("block_number") + window_blocks >= last))
    counted = before.group_by("chain_id", "spender").agg(pl.col("owner").n_unique())
    busy = set(counted.filter(pl.col("owner") >= FAN_IN)[["chain_id", "spender"]].rows())
    windows: dict[tuple[int, bytes], _Window] = {}
    placed = rows.filter(pl.col("block_number").is_not_null()).sort("block_number", "transaction_index", "owner")
    for row in placed.iter_rows(named=True):
        key = (row["chain_id"], row["spender"])
        if key in busy or labels.kinds(*key) & TRUSTED:
            continue
        window = windows.setdefault(key, _Window(window_blocks))
        if window.grows_to(row["block_number"], row["owner"]) == FAN_IN and row["block_number"] >= first:
            yield _fanned(row, window.owners, labels.kinds(*key) & HOSTILE)


class _Window:
    """The accounts that took on one code within the last so many blocks."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._rows: deque[tuple[int, bytes]] = deque()
        self._owners: Counter[bytes] = Counter()

    @property
    def owners(self) -> list[bytes]:
        """All of them."""
        return sorted(self._owners)

    def grows_to(self, block: int, owner: bytes) -> int:
        """How many there are with this one; 0 where it was there before."""
        while self._rows and self._rows[0][0] + self._blocks < block:
            gone = self._rows.popleft()[1]
            self._owners[gone] -= 1
            if not self._owners[gone]:
                del self._owners[gone]
        is_new = owner not in self._owners
        self._owners[owner] += 1
        self._rows.append((block, owner))
        return len(self._owners) if is_new else 0


def _fanned(row: Mapping[str, Any], owners: list[bytes], hostile: frozenset[str]) -> Grant:
    return _grant(
        row,
        owners,
        hostile,
        kind="fan-in",
        title="Many accounts took on the code of one new contract",
        says=f"is the code that {len(owners)} accounts took on within a day by EIP-7702 authorisations that others "
        "handed in.",
    )


def _grant(
    row: Mapping[str, Any], owners: list[bytes], hostile: frozenset[str], *, kind: str, title: str, says: str
) -> Grant:
    return Grant(
        place=Place.of(row),
        kind=kind,
        spender=str(hexadecimal(row["spender"])),
        owners=tuple(str(hexadecimal(owner)) for owner in owners[:SHOWN]),
        count=len(owners),
        title=title,
        says=says,
        hostile=tuple(sorted(hostile)),
    )
