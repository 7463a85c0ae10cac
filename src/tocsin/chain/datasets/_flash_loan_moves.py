"""What moved among the calls, as flash loans are matched with it."""

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves, _native_moves, _token_calls

_LOAN = (*_moves.SAME_TRANSACTION, "call_index")
_MOVE = {
    **{name: name for name in _moves.SAME_TRANSACTION},
    "call_index": "move_index",
    "token_address": "token_address",
    "from_address": "_sender",
    "to_address": "_recipient",
    "value_binary": "value_binary",
    "value_f64": "value_f64",
}
"""A movement's columns, and their names beside a callback's."""


def moved(near: pl.DataFrame) -> pl.DataFrame:
    """What moved, with its place among the calls, which logs do not have. Short call data reads as a value of zero."""
    native = _native_moves.from_calls(near)[[*_MOVE]]
    found = _token_calls.accepted(near, [_token_calls.TRANSFER, _token_calls.TRANSFER_FROM])
    moves = native if found.is_empty() else pl.concat([native, _tokens(found)])
    some = moves[np.flatnonzero(moves["value_f64"].to_numpy() > 0)]
    return pl.DataFrame([some[name].alias(beside) for name, beside in _MOVE.items()])


def _tokens(calls: pl.DataFrame) -> pl.DataFrame:
    by_other = calls["selector"].is_in([_token_calls.TRANSFER_FROM])
    words = [abi.word(calls["input"], number, skip=abi.SELECTOR_BYTES) for number in range(3)]
    shift = by_other.to_numpy()[:, None]
    exact, rounded = abi.amount(np.where(shift, words[2], words[1]), "value")
    columns = {
        **{name: calls[name] for name in _LOAN},
        "token_address": calls["to_address"],
        "from_address": abi.addresses(words[0]).zip_with(by_other, calls["from_address"]),
        "to_address": abi.addresses(np.where(shift, words[1], words[0])),
    }
    return pl.DataFrame([*(column.alias(name) for name, column in columns.items()), exact, rounded])
