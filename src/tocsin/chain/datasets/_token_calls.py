"""Token movements that successful calls tell of, where there are no logs."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.signatures import selector
from tocsin.tables import amounts
from tocsin.tables.columns import ZERO

TRANSFER = selector("transfer(address,uint256)")
TRANSFER_FROM = selector("transferFrom(address,address,uint256)")
SAFE = selector("safeTransferFrom(address,address,uint256)")
SAFE_DATA = selector("safeTransferFrom(address,address,uint256,bytes)")
SINGLE = selector("safeTransferFrom(address,address,uint256,uint256,bytes)")
BATCH = selector("safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)")
DEPOSIT = selector("deposit()")
WITHDRAW = selector("withdraw(uint256)")

ONE = (1).to_bytes(32, "big")
SKIP = abi.SELECTOR_BYTES
_PLAIN = abi.texts(["call"])
_WORDS = {TRANSFER: 2, TRANSFER_FROM: 3, SAFE: 3, SAFE_DATA: 3, SINGLE: 4, BATCH: 4, DEPOSIT: 0, WITHDRAW: 1}


def moves(calls: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of ERC-20, ERC-721, ERC-1155 and wrap movements."""
    found = accepted(calls, list(_WORDS))
    kinds = {key[0]: part for key, part in found.partition_by("selector", as_dict=True).items()}
    shaped = {
        name: part.filter(abi.has_words(part["input"], count, skip=SKIP))
        for name, count in _WORDS.items()
        if not (part := kinds.get(name, found.clear())).is_empty()
    }
    return [_READERS[name](part, calls) for name, part in shaped.items() if not part.is_empty()]


def accepted(calls: pl.DataFrame, selectors: list[bytes]) -> pl.DataFrame:
    """
    Plain calls with one of these selectors that took effect and returned nothing or something not zero.

    A delegatecall repeats the call of its proxy; a static call changes nothing.
    """
    named: pl.DataFrame = calls[np.flatnonzero(abi.which(calls["selector"], abi.keys(selectors)) >= 0)]
    if named.is_empty():
        return named
    done = (abi.which(named["call_type"], _PLAIN) >= 0) & ~named["reverted"].to_numpy()
    done &= abi.present(named["to_address"])
    done &= (abi.sizes(named["output"]) == 0) | abi.truth(abi.word(named["output"], 0))
    found: pl.DataFrame = named[np.flatnonzero(done)]
    return found


def _row(calls: pl.DataFrame, standard: str, *columns: pl.Series, **constants: str | bytes | float) -> pl.DataFrame:
    named = calls.select(pl.exclude("from_address", "to_address")).with_columns(token_address=calls["to_address"])
    return _moves.rows(named, ("token_address", "call_index"), columns, standard=standard, **constants)


def _transfer(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    return _row(
        calls,
        "erc20",
        calls["from_address"],
        abi.address(calls["input"], 0, skip=SKIP).rename("to_address"),
        *abi.amount(abi.word(calls["input"], 1, skip=SKIP), "value"),
    )


def _parties(calls: pl.DataFrame) -> list[pl.Series]:
    return [
        calls["from_address"].rename("operator_address"),
        abi.address(calls["input"], 0, skip=SKIP).rename("from_address"),
        abi.address(calls["input"], 1, skip=SKIP).rename("to_address"),
    ]


def _transfer_from(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    return _row(calls, "erc20", *_parties(calls), *abi.amount(abi.word(calls["input"], 2, skip=SKIP), "value"))


def _item(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    token = amounts.column(abi.word(calls["input"], 2, skip=SKIP)).rename("token_id")
    return _row(calls, "erc721", *_parties(calls), token, value_binary=ONE, value_f64=1.0)


def _single(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    token = amounts.column(abi.word(calls["input"], 2, skip=SKIP)).rename("token_id")
    return _row(calls, "erc1155", *_parties(calls), token, *abi.amount(abi.word(calls["input"], 3, skip=SKIP), "value"))


def _batch(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """One row per item of each batch. Batches are few: a loop over them, not over all calls."""
    items = [item for number, data in enumerate(calls["input"].to_list()) for item in _items(number, data[SKIP:])]
    rows = calls[[number for number, _, _ in items]]
    values = np.frombuffer(b"".join([value for _, _, value in items]), dtype=np.uint8).reshape(-1, 32)
    ids = pl.Series("token_id", [token for _, token, _ in items], dtype=pl.Binary())
    return _row(rows, "erc1155", *_parties(rows), ids, *abi.amount(values, "value"))


def _items(number: int, data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    ids, values = abi.array(data, 2), abi.array(data, 3)
    if ids is not None and values is not None and len(ids) == len(values):
        yield from ((number, token, value) for token, value in zip(ids, values, strict=True))


def _deposit(calls: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    paid = calls.filter(pl.col("value_f64") > 0)
    owner = paid["from_address"].rename("to_address")
    return _row(paid, "wrap", owner, paid["value_binary"], paid["value_f64"], from_address=ZERO)


def _withdraw(calls: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
    """Only where the callee pays the caller just that much native coin from within the call."""
    asked = calls.with_columns(value_binary=amounts.column(abi.word(calls["input"], 0, skip=SKIP)))
    payments = every.filter((pl.col("value_f64") > 0) & ~pl.col("reverted") & (pl.col("call_type") == "call"))
    paid = asked.join(
        payments,
        left_on=[*_moves.SAME_TRANSACTION, "call_index", "to_address", "from_address", "value_binary"],
        right_on=[*_moves.SAME_TRANSACTION, "parent_index", "from_address", "to_address", "value_binary"],
        how="semi",
        nulls_equal=True,
    )
    words = amounts.words(paid["value_binary"])
    return _row(paid, "wrap", paid["from_address"], *abi.amount(words, "value"), to_address=ZERO)


_READERS = {
    TRANSFER: _transfer,
    TRANSFER_FROM: _transfer_from,
    SAFE: _item,
    SAFE_DATA: _item,
    SINGLE: _single,
    BATCH: _batch,
    DEPOSIT: _deposit,
    WITHDRAW: _withdraw,
}
