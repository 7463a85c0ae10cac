"""
Token movements that logs tell of.

The events differ only in which of their words says what. So all logs are read in one pass: which word to take is
looked up by the shape of the log, in a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.signatures import topic
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE, ZERO

TRANSFER = topic("Transfer(address,address,uint256)")
SINGLE = topic("TransferSingle(address,address,address,uint256,uint256)")
BATCH = topic("TransferBatch(address,address,address,uint256[],uint256[])")
DEPOSIT = topic("Deposit(address,uint256)")
WITHDRAWAL = topic("Withdrawal(address,uint256)")

_NAMES = (TRANSFER, SINGLE, BATCH, DEPOSIT, WITHDRAWAL)
_KEYS = abi.keys(_NAMES)
_NOTHING, _ONE, _TOPIC1, _TOPIC2, _TOPIC3, _DATA0, _DATA1 = range(7)
"""Words that a column may be read from."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """An event: its name, how many topics and at least how many words of data it has, and which word says what."""

    name: bytes
    topics: int
    words: int
    standard: str
    source: int
    target: int
    value: int = _DATA0
    token_id: int = _NOTHING
    operator: int = _NOTHING


_SHAPES = (
    _Shape(TRANSFER, 3, 1, "erc20", _TOPIC1, _TOPIC2),
    _Shape(TRANSFER, 4, 0, "erc721", _TOPIC1, _TOPIC2, _ONE, _TOPIC3),
    _Shape(SINGLE, 4, 2, "erc1155", _TOPIC2, _TOPIC3, _DATA1, _DATA0, _TOPIC1),
    _Shape(BATCH, 4, 0, "erc1155", _TOPIC2, _TOPIC3, _DATA1, _DATA0, _TOPIC1),
    _Shape(DEPOSIT, 2, 1, "wrap", _NOTHING, _TOPIC1),
    _Shape(WITHDRAWAL, 2, 1, "wrap", _TOPIC1, _NOTHING),
)
_BATCHES = next(number for number, shape in enumerate(_SHAPES) if shape.name == BATCH)

Numbers = npt.NDArray[np.intp]


def moves(logs: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of ERC-20, ERC-721, ERC-1155 and wrap movements; logs of other shapes are left out."""
    event = abi.which(logs["topic0"], _KEYS)
    rows = np.flatnonzero(event >= 0)
    if not rows.size:
        return []
    shape = _shapes(found := logs[rows], event[rows])
    batches = np.flatnonzero(shape == _BATCHES)
    singles = np.flatnonzero((shape >= 0) & (shape != _BATCHES))
    told = [_untold(_read(found[singles], shape[singles]))]
    return [*told, _batch(found[batches])] if batches.size else told


def _shapes(logs: pl.DataFrame, event: Numbers) -> Numbers:
    """The shape of each log, by its number in `_SHAPES`; -1 where it has none of them."""
    topics, words = abi.topics(logs), abi.sizes(logs["data"]) // amounts.WORD_BYTES
    shapes = np.full(len(logs), -1, dtype=np.intp)
    for number, shape in enumerate(_SHAPES):
        shapes[(event == _NAMES.index(shape.name)) & (topics == shape.topics) & (words >= shape.words)] = number
    return shapes


def _read(logs: pl.DataFrame, shape: Numbers, data: pl.Series | None = None) -> pl.DataFrame:
    """The movements these logs tell of; `data` replaces theirs where it is given."""
    values = logs["data"] if data is None else data
    topics = [abi.word(logs[f"topic{number}"], 0) for number in (1, 2, 3)]
    words = np.stack([_same(0, logs), _same(1, logs), *topics, abi.word(values, 0), abi.word(values, 1)])
    every = np.arange(len(logs))

    def taken(field: str) -> tuple[amounts.Words, abi.Mask]:
        places = np.array([getattr(each, field) for each in _SHAPES])[shape]
        return words[places, every], places != _NOTHING

    standards = pl.Series("standard", np.array([each.standard for each in _SHAPES], dtype=object)[shape], pl.String())
    return _moves.rows(
        logs,
        ("log_index",),
        (
            logs["address"].alias("token_address"),
            standards,
            abi.addresses(taken("source")[0]).alias("from_address"),
            abi.addresses(taken("target")[0]).alias("to_address"),
            *abi.amount(taken("value")[0], "value"),
            amounts.column(*taken("token_id")).alias("token_id"),
            abi.addresses(*taken("operator")).alias("operator_address"),
        ),
    )


def _same(value: int, logs: pl.DataFrame) -> amounts.Words:
    return np.broadcast_to(amounts.from_integers([value]), (len(logs), amounts.WORD_BYTES))


def _batch(logs: pl.DataFrame) -> pl.DataFrame:
    """One row per item of each batch, read as if it were single. Batches are few: a loop over them."""
    items = [item for number, data in enumerate(logs["data"].to_list()) for item in _items(number, data)]
    data = pl.Series("data", [item for _, item in items], dtype=pl.Binary())
    return _read(logs[[number for number, _ in items]], np.full(len(items), _BATCHES), data)


def _items(number: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    ids, values = abi.array(data, 0), abi.array(data, 1)
    if ids is not None and values is not None and len(ids) == len(values):
        yield from ((number, token + value) for token, value in zip(ids, values, strict=True))


def _untold(moves: pl.DataFrame) -> pl.DataFrame:
    """The movements without the wraps that their token also tells as a Transfer from or to zero. Few tokens do."""
    nobody = abi.keys([ZERO])
    ends = (abi.which(moves[name], nobody) == 0 for name in ("from_address", "to_address"))
    standard = abi.which(moves["standard"], abi.texts(["wrap", "erc20"]))
    wraps = np.flatnonzero(standard == 0)
    told = np.flatnonzero((standard == 1) & np.any(list(ends), axis=0))
    twice = told[abi.which(moves["token_address"][told], moves["token_address"][wraps].to_arrow()) >= 0]
    if not twice.size:
        return moves
    same = [*PLACE, "token_address", "from_address", "to_address", "value_binary"]
    others = moves[np.flatnonzero(standard != 0)]
    return pl.concat([others, moves[wraps].join(moves[twice], on=same, how="anti", nulls_equal=True)])
