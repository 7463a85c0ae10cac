"""
Explaining one transaction: everything the tables say about it, as one value that renders or becomes JSON.

Sections keep the names and columns of their datasets. A section that is None is absent data; an empty one says that
nothing of the kind happened. Amounts are exact integers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeAlias

import polars as pl

from tocsin.app.pipeline import examine
from tocsin.app.sources import Batch, Piece
from tocsin.app.token_names import asked, mentioned
from tocsin.chain.token_claims import Claim
from tocsin.detect.alerts.alerts import alerts
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Blind, Failure
from tocsin.detect.known import KNOWN
from tocsin.detect.labels import Labels
from tocsin.model.alert import Alert
from tocsin.model.errors import SourceError
from tocsin.model.finding import Finding, Place, hexadecimal
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

Record: TypeAlias = Mapping[str, Any]
"""One row: addresses, hashes and bytes as hexadecimal, amounts as exact integers under their name alone."""

ABOUT = ("transactions", "calls", "logs", "state_changes")
"""The raw datasets that say which transactions there are, best first."""
SECTIONS = (
    "calls",
    "transfers",
    "swaps",
    "flash_loans",
    "lending",
    "liquidations",
    "liquidity",
    "approvals",
    "created_contracts",
    "profits",
)
"""What is told about a transaction, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one transaction did."""

    place: Place
    transaction: Record
    """Sender, callee, value, success, gas used and input: from the transaction or, without it, the root call."""
    sections: Mapping[str, tuple[Record, ...] | None]
    """By dataset; profits have `net` beside `received` and `sent`."""
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    """What the findings make together."""
    known: Tables
    """The reference tables it was looked at with."""
    blind: tuple[Blind, ...]
    failures: tuple[Failure, ...]
    claims: Mapping[str, Claim]
    """By address, what the tokens it speaks of say of themselves; well-known ones are not asked."""

    def to_json(self) -> dict[str, Any]:
        """The explanation in plain JSON values; amounts as decimal strings."""
        place = {name: getattr(self.place, name) for name in PLACE}
        sections = {name: None if rows is None else list(map(_plain, rows)) for name, rows in self.sections.items()}
        blind = [{"detector": b.detector, "missing": list(b.missing), "wholly": b.wholly} for b in self.blind]
        findings = [finding.to_json() for finding in self.findings]
        told = {
            "findings": findings,
            "alerts": [alert.to_json() for alert in self.alerts],
            "blind": blind,
            "tokens": list(map(_claimed, self.claims.items())),
        }
        return {**place, "transaction": _plain(self.transaction), **sections, **told}


def _plain(record: Record) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Amount) else value for name, value in record.items()}


def _claimed(item: tuple[str, Claim]) -> dict[str, Any]:
    address, claim = item
    return {"token_address": address, "claimed_symbol": claim.symbol, "claimed_decimals": claim.decimals}


class Amount(int):
    """An exact amount: a decimal string in JSON, so that no reader rounds it."""


def find(pieces: Iterable[Piece], beginning: str) -> tuple[Batch, bytes | None]:
    """
    The batch that holds the transaction whose hash begins so, and its hash; the only one there is, for "".

    Raises `SourceError` when there is none, naming the nearest, or several; and why a piece could not be read, when
    what was asked for may be in it.
    """
    matches: dict[bytes | None, Batch] = {}
    others: list[bytes | None] = []
    unreadable: list[Exception] = []
    for piece in pieces:
        if not isinstance(piece, Batch):
            unreadable.append(piece.error)
            continue
        for found in _transactions(piece.tables):
            if (hexadecimal(found) or "").startswith(beginning.lower()):
                matches.setdefault(found, piece)
            others.append(found)
        if len(beginning) == _HASH_DIGITS and matches:
            break
    if unreadable and not matches:
        raise unreadable[0]
    return _the_one(matches, others, beginning)


_HASH_DIGITS = 66
_NAMED = 3
"""How many hashes an error message names."""


def _the_one(
    matches: Mapping[bytes | None, Batch], others: Sequence[bytes | None], beginning: str
) -> tuple[Batch, bytes | None]:
    if matches.keys() == {None} and others.count(None) > 1:
        raise SourceError(
            f"there are {others.count(None):,} transactions without a hash in it: explain one of them alone, or write "
            '"transaction_hash": "0x..." beside the members of each'
        )
    if len(matches) == 1:
        ((found, batch),) = matches.items()
        return batch, found
    if not others:
        raise SourceError("there is no transaction in it")
    if not matches and others == [None]:
        raise SourceError("the one transaction in it comes without its hash: leave out --tx")
    if not matches:
        near = max(map(_text, others), key=lambda text: _likeness(text, beginning))
        raise SourceError(f"no transaction {beginning} among {len(others):,}; the nearest is {near}")
    named = ", ".join(map(_text, list(matches)[:_NAMED]))
    if not beginning:
        raise SourceError(f"there are {len(matches):,} transactions in it; name one with --tx, such as {named}")
    raise SourceError(f"{len(matches):,} transactions begin with {beginning}: {named}; give more digits")


def _text(found: bytes | None) -> str:
    return hexadecimal(found) or "(without a hash)"


def _likeness(one: str, other: str) -> int:
    """How many characters at both ends are the same."""
    return _same_beginning(one, other.lower()) + _same_beginning(one[::-1], other.lower()[::-1])


def _same_beginning(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _transactions(tables: Tables) -> list[bytes | None]:
    """The transactions in these tables; a block's own state changes belong to none."""
    name = next((name for name in ABOUT if name in tables), None)
    if name is None:
        return []
    rows = tables[name]
    if name == "state_changes":
        rows = rows.filter(pl.col("transaction_hash").is_not_null())
    return rows["transaction_hash"].unique(maintain_order=True).to_list()


def block_of(batch: Batch, transaction: bytes | None) -> int | None:
    """The height of the block a transaction is in, where it is known."""
    return _place(batch.tables, transaction).block_number


def explain(
    batch: Batch, transaction: bytes | None, detectors: Mapping[str, Detector], known: Tables = KNOWN
) -> Explanation:
    """Everything the batch's tables, the detectors and what is known say about one of its transactions."""
    sections = {name: _section(batch.tables, name, transaction) for name in SECTIONS}
    outcome = examine(batch.tables, detectors, {}, batch.ask, known)
    place, text = _place(batch.tables, transaction), hexadecimal(transaction)
    findings = tuple(finding for finding in outcome.findings if _about(finding, text))
    return Explanation(
        place=place,
        transaction=_headline(batch.tables, transaction),
        sections=sections,
        findings=findings,
        alerts=tuple(alerts(findings, detectors, Labels.of(known))),
        known=known,
        blind=outcome.blind,
        failures=outcome.failures,
        claims=asked(mentioned(sections, findings), place, batch.ask),
    )


def _about(finding: Finding, text: str | None) -> bool:
    named = (value for name, value in finding.values.items() if name.endswith("_transaction"))
    return finding.place.transaction_hash == text or (text is not None and text in named)


def _of(frame: pl.DataFrame, transaction: bytes | None) -> pl.DataFrame:
    return frame.filter(pl.col("transaction_hash").eq_missing(pl.lit(transaction, dtype=pl.Binary())))


def _place(tables: Tables, transaction: bytes | None) -> Place:
    name = next(name for name in ABOUT if name in tables)
    return Place.of(_of(tables[name], transaction).row(0, named=True))


_HEADLINE = ("from_address", "to_address", "value", "success", "gas_used", "input")


def _headline(tables: Tables, transaction: bytes | None) -> Record:
    if "transactions" in tables and (rows := records(_of(tables["transactions"], transaction))):
        return {name: rows[0][name] for name in _HEADLINE}
    if "calls" in tables and (rows := records(_of(tables["calls"], transaction).filter(pl.col("depth") == 0))):
        return {**{name: rows[0].get(name) for name in _HEADLINE}, "success": not rows[0]["reverted"]}
    return dict.fromkeys(_HEADLINE)


def _section(tables: Tables, name: str, transaction: bytes | None) -> tuple[Record, ...] | None:
    if name not in tables:
        return None
    rows = records(_in_order(_of(tables[name], transaction)))
    return tuple(_with_net(rows) if name == "profits" else rows)


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """In the order of execution where it is known: between rows read from logs and rows read from calls it is not."""
    order = "call_index"
    return frame.sort(order, maintain_order=True) if order in frame and not frame[order].has_nulls() else frame


def _with_net(rows: Sequence[Record]) -> list[Record]:
    return [{**row, "net": Amount(row["received"] - row["sent"])} for row in rows]


def records(frame: pl.DataFrame) -> list[Record]:
    """The rows of a frame as plain values, without the place columns and the rounded twins of exact amounts."""
    kept = frame.drop(*PLACE, strict=False).drop(pl.selectors.ends_with("_f64"))
    columns = {name.removesuffix("_binary"): _values(kept[name]) for name in kept.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _values(column: pl.Series) -> list[Any]:
    if column.dtype != pl.Binary():
        return column.to_list()
    if column.name.endswith("_binary"):
        return [None if raw is None else Amount.from_bytes(raw, "big") for raw in column.to_list()]
    return [hexadecimal(raw) for raw in column.to_list()]
