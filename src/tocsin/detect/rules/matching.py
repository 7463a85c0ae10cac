"""From the datasets to the rows that match: cheap tests first, arguments and transactions only for what is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import polars as pl

from tocsin.detect.detector import Read
from tocsin.detect.rules.arguments import COLUMNS, Argument, argument, decoded
from tocsin.detect.rules.beside import AMOUNT, DOLLARS, TOKEN, is_beside, reads, with_known
from tocsin.detect.rules.document import Mark
from tocsin.detect.rules.fields import ARGUMENT, TRANSACTION, UNSTATED, Field
from tocsin.detect.rules.logic import Logic, Test, expression, fields, keys, required
from tocsin.detect.rules.vocabulary import Vocabulary
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Dataset, Tables

_INDEXED = {"logs": "topic0", "calls": "selector"}
_ORDER = ("log_index", "call_index")
_SUBJECTS = ("observer", "layer", "kind", "subject", "peer", "validator_index", "slot", "epoch")
"""Of rows that are in no transaction, such as a node's state: whom or what they are about."""
_JOINED = ("chain_id", "block_hash", "transaction_hash")
MOST_EXPLAINED = 12
"""Arguments shown of an event or a function the rule is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """A compiled `detection`."""

    dataset: str
    reads: Mapping[str, Read]
    first: pl.Expr | None
    """What can be decided from the row alone; None where nothing can."""
    rest: pl.Expr | None
    """What needs arguments or the transaction."""
    arguments: tuple[Argument, ...]
    """Those the condition needs."""
    explained: tuple[Argument, ...]
    """Those that are only shown."""
    around: tuple[str, ...]
    """Columns of the transaction."""
    known: tuple[str, ...]
    """Columns made of what is known beside the batch."""
    order: tuple[str, ...]
    """Columns that put the rows of one transaction in order."""
    subject: tuple[str, ...]
    """Columns that tell apart findings of one block, for rows that are in no transaction."""
    shown: tuple[Field, ...]
    """What a finding states of a row."""

    def matches(self, tables: Tables) -> pl.DataFrame:
        """The matching rows in the order of the chain, with all that is shown of them; without it where none is."""
        rows = _filtered(tables[self.dataset], self.first)
        if rows.is_empty():
            return rows
        rows = decoded(rows, self.dataset, self.arguments)
        if self.around:
            rows = _with_transactions(rows, tables["transactions"], self.around)
        rows = _filtered(with_known(rows, self.known, tables), self.rest)
        if rows.is_empty():
            return rows
        rows = decoded(rows, self.dataset, self.explained)
        by = [name for name in ("block_number", "transaction_index", *self.order) if name in rows.columns]
        return rows.sort(*by, *(field.column for field in self.shown))


def _filtered(rows: pl.DataFrame, by: pl.Expr | None) -> pl.DataFrame:
    """A filter has a fixed cost that for one block is most of all: none where there is nothing to filter."""
    return rows if by is None or rows.is_empty() else rows.filter(by)


def matcher(logic: Logic[Test], vocabulary: Vocabulary, shown: Iterable[Field]) -> Matcher:
    """Compile a condition over a dataset."""
    dataset = vocabulary.dataset
    explained = _explained(vocabulary)
    order = tuple(name for name in _ORDER if name in dataset.columns)
    stated = (field for field in (*shown, *(each.field for each in explained)) if field.sort not in UNSTATED)
    shown = tuple({field.column: field for field in stated}.values())
    about = _subject(dataset)
    own = {field.column for field in (*vocabulary.used.values(), *shown)} | fields(logic) | {*order, *about}
    around = tuple(sorted(name for name in own if name.startswith(TRANSACTION)))
    arguments = tuple(each for name, each in vocabulary.arguments.items() if name in own)
    known = tuple(sorted(name for name in own if is_beside(name)))
    if DOLLARS in known:
        own |= {TOKEN, f"{AMOUNT}_f64"}
    columns = [name for name in sorted(own) if not (name.startswith((TRANSACTION, ARGUMENT)) or is_beside(name))]
    if arguments or explained:
        columns = list(dict.fromkeys([*columns, *COLUMNS[dataset.id]]))
    parts = required(logic)
    cheap = [part for part in parts if fields(part) <= set(columns)]
    return Matcher(
        dataset=dataset.id,
        reads={**_reads(dataset.id, columns, keys(logic), around), **reads(known)},
        first=_all(cheap),
        rest=_all([part for part in parts if part not in cheap]),
        arguments=arguments,
        explained=tuple(each for each in explained if each.field.column not in vocabulary.arguments),
        around=around,
        known=known,
        order=order,
        subject=about,
        shown=shown,
    )


def _all(parts: Sequence[Logic[Test]]) -> pl.Expr | None:
    return reduce(and_, map(expression, parts)) if parts else None


def _subject(dataset: Dataset) -> tuple[str, ...]:
    return () if "transaction_hash" in dataset.columns else tuple(name for name in _SUBJECTS if name in dataset.columns)


def _explained(vocabulary: Vocabulary) -> tuple[Argument, ...]:
    """The arguments of the one event or function a rule is about, as far as they are single words."""
    if len(set(vocabulary.declared)) != 1 or vocabulary.declared[0].is_bare:
        return ()
    declared = vocabulary.declared[0]
    plain = [
        number
        for number, each in enumerate(declared.parameters)
        if not each.is_dynamic and not each.type.endswith((")", "]"))
    ]
    return tuple(argument(declared, number, Mark("", 0), "") for number in plain[:MOST_EXPLAINED])


def _reads(
    dataset: str, columns: Iterable[str], index: frozenset[bytes] | None, around: Iterable[str]
) -> Mapping[str, Read]:
    read = tuple(name for name in columns if name not in PLACE)
    sender = tuple(name.removeprefix(TRANSACTION) for name in around)
    found = {dataset: _indexed(dataset, read, tuple(sorted(index or ())))}
    if sender:
        found["transactions"] = Read(columns=tuple(name for name in sender if name not in PLACE))
    return found


def _indexed(dataset: str, columns: tuple[str, ...], index: tuple[bytes, ...]) -> Read:
    match _INDEXED.get(dataset):
        case "topic0":
            return Read(columns=columns, topic0=index)
        case "selector":
            return Read(columns=columns, selector=index)
    return Read(columns=columns)


def _with_transactions(rows: pl.DataFrame, transactions: pl.DataFrame, around: Iterable[str]) -> pl.DataFrame:
    """Each row with the columns of its transaction; empty where that is not there."""
    other = transactions.select(*_JOINED, *(pl.col(name.removeprefix(TRANSACTION)).alias(name) for name in around))
    other = other.unique(_JOINED, keep="any")
    return rows.join(other, on=_JOINED, how="left", nulls_equal=True)
