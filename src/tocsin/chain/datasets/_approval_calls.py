"""Rights over tokens that successful calls tell of, where there are no logs."""

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.datasets._approval_logs import all_if
from tocsin.chain.datasets._token_calls import SKIP, accepted
from tocsin.chain.signatures import selector

APPROVE = selector("approve(address,uint256)")
INCREASE = selector("increaseAllowance(address,uint256)")
FOR_ALL = selector("setApprovalForAll(address,bool)")
PERMIT = selector("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")
PERMIT2_APPROVE = selector("approve(address,address,uint160,uint48)")
PERMIT2_PERMIT = selector("permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)")
PERMIT2_BATCH = selector("permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)")

_WORDS = {APPROVE: 2, INCREASE: 2, FOR_ALL: 2, PERMIT: 4, PERMIT2_APPROVE: 4, PERMIT2_PERMIT: 6, PERMIT2_BATCH: 3}

_DETAILS_WORDS = 4


def rights(calls: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of approvals."""
    found = accepted(calls, list(_WORDS))
    kinds = {key[0]: part for key, part in found.partition_by("selector", as_dict=True).items()}
    fitting = {name: part.filter(abi.has_words(part["input"], _WORDS[name], skip=SKIP)) for name, part in kinds.items()}
    return [_READERS[name](part) for name, part in fitting.items() if not part.is_empty()]


def permits(calls: pl.DataFrame) -> pl.DataFrame:
    """Which token, owner and spender an EIP-2612 permit named, by transaction."""
    found = accepted(calls, [PERMIT])
    return _permit(found[np.flatnonzero(abi.has_words(found["input"], _WORDS[PERMIT], skip=SKIP))])


def _row(calls: pl.DataFrame, kind: str, *columns: pl.Series) -> pl.DataFrame:
    return _moves.rows(calls, ("call_index",), columns, kind=kind)


def _address(calls: pl.DataFrame, number: int, name: str) -> pl.Series:
    return abi.address(calls["input"], number, skip=SKIP).rename(name)


def _value(calls: pl.DataFrame, number: int) -> list[pl.Series]:
    return abi.amount(abi.word(calls["input"], number, skip=SKIP), "value")


def _given(calls: pl.DataFrame) -> list[pl.Series]:
    return [calls["to_address"].rename("token_address"), calls["from_address"].rename("owner_address")]


def _approve(calls: pl.DataFrame) -> pl.DataFrame:
    return _row(calls, "erc20", *_given(calls), _address(calls, 0, "spender_address"), *_value(calls, 1))


def _for_all(calls: pl.DataFrame) -> pl.DataFrame:
    value = all_if(abi.truth(abi.word(calls["input"], 1, skip=SKIP)))
    return _row(calls, "operator", *_given(calls), _address(calls, 0, "spender_address"), *abi.amount(value, "value"))


def _permit(calls: pl.DataFrame) -> pl.DataFrame:
    token = calls["to_address"].rename("token_address")
    pair = (_address(calls, 0, "owner_address"), _address(calls, 1, "spender_address"))
    return _row(calls, "permit", token, *pair, *_value(calls, 2))


def _end(calls: pl.DataFrame, number: int) -> pl.Series:
    return pl.Series("expires_at", abi.small(abi.word(calls["input"], number, skip=SKIP)), dtype=pl.UInt64())


def _permit2_approve(calls: pl.DataFrame) -> pl.DataFrame:
    owner = calls["from_address"].rename("owner_address")
    pair = (_address(calls, 0, "token_address"), _address(calls, 1, "spender_address"))
    return _row(calls, "permit2", owner, *pair, *_value(calls, 2), _end(calls, 3))


def _permit2_permit(calls: pl.DataFrame) -> pl.DataFrame:
    owner, token = _address(calls, 0, "owner_address"), _address(calls, 1, "token_address")
    spender = _address(calls, 5, "spender_address")
    return _row(calls, "permit2", owner, token, spender, *_value(calls, 2), _end(calls, 3))


def _permit2_batch(calls: pl.DataFrame) -> pl.DataFrame:
    """
    One row per token of each batch. Batches are few: a loop over them, not over all calls.

    Each is rewritten as the words of a single permit, so that one function reads both.
    """
    singles = [
        (number, single) for number, data in enumerate(calls["input"].to_list()) for single in _singles(data[SKIP:])
    ]
    rows = calls[[number for number, _ in singles]]
    data = pl.Series("input", [single for _, single in singles], dtype=pl.Binary())
    return _permit2_permit(rows.with_columns(data))


def _singles(data: bytes) -> list[bytes]:
    at = int.from_bytes(data[32:64], "big")
    batch = data[at:] if at < len(data) else b""
    start = int.from_bytes(batch[:32], "big")
    count = int.from_bytes(batch[start : start + 32], "big") if start < len(batch) else 0
    first, width = start + 32, 32 * _DETAILS_WORDS
    if first + count * width > len(batch):
        return []
    owner, spender = data[:32], batch[32:64]
    return [bytes(SKIP) + owner + batch[i : i + width] + spender for i in range(first, first + count * width, width)]


_READERS = {
    APPROVE: _approve,
    INCREASE: _approve,
    FOR_ALL: _for_all,
    PERMIT: _permit,
    PERMIT2_APPROVE: _permit2_approve,
    PERMIT2_PERMIT: _permit2_permit,
    PERMIT2_BATCH: _permit2_batch,
}
