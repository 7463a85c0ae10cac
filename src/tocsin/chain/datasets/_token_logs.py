"""Token movements that logs tell of."""

from collections.abc import Iterator
from typing import Any

import numpy as np
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

ONE = (1).to_bytes(32, "big")


def moves(logs: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of ERC-20, ERC-721, ERC-1155 and wrap movements; logs of other shapes are left out."""
    found = logs.filter(pl.col("topic0").is_in([TRANSFER, SINGLE, BATCH, DEPOSIT, WITHDRAWAL]))
    kinds = {key[0]: part for key, part in found.partition_by("topic0", as_dict=True).items()}
    none = found.clear()
    transfers = kinds.get(TRANSFER, none)
    four = pl.col("topic3").is_not_null()
    plain = _erc20(_fitting(transfers.filter(~four & pl.col("topic2").is_not_null()), 1))
    others = (
        (_erc721, transfers.filter(four)),
        (_single, _fitting(kinds[SINGLE].filter(four), 2) if SINGLE in kinds else none),
        (_batch, kinds[BATCH].filter(four) if BATCH in kinds else none),
    )
    wraps = ((_deposits, _wrapping(kinds.get(DEPOSIT, none))), (_withdrawals, _wrapping(kinds.get(WITHDRAWAL, none))))
    return [
        plain,
        *(read(rows) for read, rows in others if not rows.is_empty()),
        *(_untold(read(rows), plain) for read, rows in wraps if not rows.is_empty()),
    ]


def _fitting(logs: pl.DataFrame, words: int) -> pl.DataFrame:
    return logs.filter(abi.has_words(logs["data"], words)) if not logs.is_empty() else logs


def _wrapping(logs: pl.DataFrame) -> pl.DataFrame:
    if logs.is_empty():
        return logs
    return _fitting(logs.filter(pl.col("topic1").is_not_null() & pl.col("topic2").is_null()), 1)


def _token(logs: pl.DataFrame, standard: str, *columns: pl.Series, **constants: pl.Expr) -> pl.DataFrame:
    token = logs["address"].rename("token_address")
    return _moves.rows(logs, ("log_index",), (token, *columns), standard=pl.lit(standard), **constants)


def _erc20(logs: pl.DataFrame) -> pl.DataFrame:
    return _token(
        logs,
        "erc20",
        abi.address(logs["topic1"]).rename("from_address"),
        abi.address(logs["topic2"]).rename("to_address"),
        *abi.amount(abi.word(logs["data"], 0), "value"),
    )


def _erc721(logs: pl.DataFrame) -> pl.DataFrame:
    return _token(
        logs,
        "erc721",
        abi.address(logs["topic1"]).rename("from_address"),
        abi.address(logs["topic2"]).rename("to_address"),
        logs["topic3"].rename("token_id"),
        value_binary=pl.lit(ONE),
        value_f64=pl.lit(1.0),
    )


def _single(logs: pl.DataFrame) -> pl.DataFrame:
    return _token(
        logs,
        "erc1155",
        *_three_parties(logs),
        amounts.column(abi.word(logs["data"], 0)).rename("token_id"),
        *abi.amount(abi.word(logs["data"], 1), "value"),
    )


def _three_parties(logs: pl.DataFrame) -> list[pl.Series]:
    names = ("operator_address", "from_address", "to_address")
    return [abi.address(logs[f"topic{number}"]).rename(name) for number, name in enumerate(names, 1)]


def _batch(logs: pl.DataFrame) -> pl.DataFrame:
    """One row per item of each batch. Batches are few: a loop over them, not over all logs."""
    items = [item for number, data in enumerate(logs["data"].to_list()) for item in _items(number, data)]
    rows = logs[[number for number, _, _ in items]]
    values = np.frombuffer(b"".join([value for _, _, value in items]), dtype=np.uint8).reshape(-1, 32)
    ids = pl.Series("token_id", [token for _, token, _ in items], dtype=pl.Binary())
    return _token(rows, "erc1155", *_three_parties(rows), ids, *abi.amount(values, "value"))


def _items(number: int, data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    ids, values = abi.array(data, 0), abi.array(data, 1)
    if ids is not None and values is not None and len(ids) == len(values):
        yield from ((number, token, value) for token, value in zip(ids, values, strict=True))


def _deposits(logs: pl.DataFrame) -> pl.DataFrame:
    owner = abi.address(logs["topic1"]).rename("to_address")
    return _wrap(logs, owner, from_address=pl.lit(ZERO))


def _withdrawals(logs: pl.DataFrame) -> pl.DataFrame:
    owner = abi.address(logs["topic1"]).rename("from_address")
    return _wrap(logs, owner, to_address=pl.lit(ZERO))


def _wrap(logs: pl.DataFrame, owner: pl.Series, **other: Any) -> pl.DataFrame:
    return _token(logs, "wrap", owner, *abi.amount(abi.word(logs["data"], 0), "value"), **other)


def _untold(wraps: pl.DataFrame, plain: pl.DataFrame) -> pl.DataFrame:
    """The wraps that their token does not also tell as a Transfer from or to zero."""
    same = [*PLACE, "token_address", "from_address", "to_address", "value_binary"]
    return wraps.join(plain, on=same, how="anti", nulls_equal=True)
