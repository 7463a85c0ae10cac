"""What recordings hold of the network, as tables: the Beacon API's answers, and what nodes say of themselves."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import polars as pl

from tocsin.chain.beacon import execution, keys, own
from tocsin.chain.beacon.look import Look
from tocsin.chain.beacon.rows import GIVEN, Row
from tocsin.chain.catalogue import datasets
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput
from tocsin.tables.columns import Column

METHOD_PREFIXES = (*keys.PREFIXES, own.PREFIX, "net_", "admin_", "txpool_", "web3_")
"""What these answers' keys begin with, beside `eth_`."""

Where = tuple[int | None, str | None]
"""The height and hash of the execution block that a recording is of, as far as known."""


def tables(recordings: Sequence[Recording], where: Sequence[Where]) -> dict[str, pl.DataFrame]:
    """
    The datasets about the network of these recordings, which must all hold the same answers; none where none is there.

    Raises `MalformedInput` and `InconsistentInput`, naming the recording.
    """
    told = [_rows(recording, *place) for recording, place in zip(recordings, where, strict=True) if _tells(recording)]
    if not told:
        return {}
    if len(told) < len(recordings) or any(one.keys() != told[0].keys() for one in told):
        raise InconsistentInput(
            f"{recordings[0].name}: not all recordings tell the same of the network; decode each alone"
        )
    return {name: _frame(name, [row for one in told for row in one[name]]) for name in told[0]}


def _tells(recording: Recording) -> bool:
    return any(method.startswith(METHOD_PREFIXES) or method == execution.SYNCING for method in recording.answers)


def _rows(recording: Recording, number: int | None, hash_: str | None) -> dict[str, list[Row]]:
    look = Look.at(recording, number, hash_)
    told = {name: list(rows(look)) for name, (kinds, rows) in GIVEN.items() if look.has(*kinds)}
    if execution.there(recording, *execution.STATUS):
        told.setdefault("node_status", []).extend(execution.status(recording))
    if execution.there(recording, own.ENDPOINTS):
        told.setdefault("node_status", []).extend(own.status(recording))
    if execution.there(recording, own.HEALTH):
        told["self_health"] = list(own.health(recording))
    if execution.there(recording, execution.PEERS):
        told.setdefault("peers", []).extend(execution.peers(recording))
    return {name: [{**look.place, **row} for row in rows] for name, rows in told.items()}


def _frame(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    columns = _columns()[name]
    return pl.DataFrame([_series(each, columns[each], [row.get(each) for row in rows]) for each in columns])


@cache
def _columns() -> Mapping[str, Mapping[str, Column]]:
    return {name: dataset.columns for name, dataset in datasets().items() if dataset.asked_of}


def _series(name: str, column: Column, values: list[object]) -> pl.Series:
    return _MAKERS[type(column.type), column.unit == "bytes"](values, name)


def _fixed(values: list[str | None], name: str) -> pl.Series:
    return hx.fixed(values, 32, name)


_MAKERS: Mapping[tuple[type[pl.DataType], bool], Callable[..., pl.Series]] = {
    (pl.UInt64, False): hx.unsigned,
    (pl.Binary, False): _fixed,
    (pl.Binary, True): hx.octets,
    (pl.String, False): lambda values, name: pl.Series(name, values, dtype=pl.String()),
    (pl.Boolean, False): lambda values, name: pl.Series(name, values, dtype=pl.Boolean()),
}
