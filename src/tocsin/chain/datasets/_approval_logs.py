"""Rights over tokens that logs tell of."""

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.signatures import topic
from tocsin.tables.amounts import WORD_BYTES, Words

APPROVAL = topic("Approval(address,address,uint256)")
FOR_ALL = topic("ApprovalForAll(address,address,bool)")
PERMIT2_APPROVAL = topic("Approval(address,address,address,uint160,uint48)")
PERMIT2_PERMIT = topic("Permit(address,address,address,uint160,uint48,uint48)")


_NAMES = (APPROVAL, FOR_ALL, PERMIT2_APPROVAL, PERMIT2_PERMIT)
_KEYS = abi.keys(_NAMES)


def rights(logs: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of approvals; logs of other shapes are left out."""
    event = abi.which(logs["topic0"], _KEYS)
    rows = np.flatnonzero(event >= 0)
    if not rows.size:
        return []
    found, event = logs[rows], event[rows]
    topics, words = abi.topics(found), abi.sizes(found["data"]) // WORD_BYTES
    of_permit2 = (event == _NAMES.index(PERMIT2_APPROVAL)) | (event == _NAMES.index(PERMIT2_PERMIT))
    kinds = (
        (_plain, (event == _NAMES.index(APPROVAL)) & (topics == 3) & (words >= 1)),
        (_item, (event == _NAMES.index(APPROVAL)) & (topics == 4)),
        (_operator, (event == _NAMES.index(FOR_ALL)) & (topics == 3) & (words >= 1)),
        (_permit2, of_permit2 & (topics == 4) & (words >= 2)),
    )
    return [read(found[np.flatnonzero(some)]) for read, some in kinds if some.any()]


def _pair(logs: pl.DataFrame, owner: str, spender: str) -> list[pl.Series]:
    return [
        abi.address(logs[owner]).rename("owner_address"),
        abi.address(logs[spender]).rename("spender_address"),
    ]


def _row(logs: pl.DataFrame, kind: str, *columns: pl.Series) -> pl.DataFrame:
    return _moves.rows(logs, ("log_index",), columns, kind=kind)


def _plain(logs: pl.DataFrame) -> pl.DataFrame:
    value = abi.amount(abi.word(logs["data"], 0), "value")
    return _row(logs, "erc20", _emitter(logs), *_pair(logs, "topic1", "topic2"), *value)


def _emitter(logs: pl.DataFrame) -> pl.Series:
    return logs["address"].rename("token_address")


def _item(logs: pl.DataFrame) -> pl.DataFrame:
    pair = _pair(logs, "topic1", "topic2")
    value = one_if(abi.truth(abi.word(logs["topic2"], 0)))
    item = logs["topic3"].rename("token_id")
    return _row(logs, "erc721", _emitter(logs), *pair, *abi.amount(value, "value"), item)


def _operator(logs: pl.DataFrame) -> pl.DataFrame:
    value = all_if(abi.truth(abi.word(logs["data"], 0)))
    return _row(logs, "operator", _emitter(logs), *_pair(logs, "topic1", "topic2"), *abi.amount(value, "value"))


def _permit2(logs: pl.DataFrame) -> pl.DataFrame:
    return _row(
        logs,
        "permit2",
        abi.address(logs["topic2"]).rename("token_address"),
        *_pair(logs, "topic1", "topic3"),
        *abi.amount(abi.word(logs["data"], 0), "value"),
        pl.Series("expires_at", abi.small(abi.word(logs["data"], 1)), dtype=pl.UInt64()),
    )


def all_if(given: abi.Mask) -> Words:
    """2^256-1 where a right over everything is given, 0 where it is taken away."""
    return np.repeat(np.where(given, np.uint8(255), np.uint8(0))[:, None], 32, axis=1)


def one_if(given: abi.Mask) -> Words:
    """1 where a right over an item is given, 0 where it is taken away."""
    words = np.zeros((len(given), 32), dtype=np.uint8)
    words[:, 31] = given
    return words
