"""
Flash loans that the call tree tells of.

A lender calls the borrower back from within a frame of its own. Where the callback is a known one, that is the loan;
where it is not, the borrower must have called the lender itself, and the token must leave and come back inside the
lender's frame, with a call to somebody else in between: a withdrawal and a later deposit are two frames.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.callbacks import CALLBACKS, EXCHANGES, Callback
from tocsin.chain.datasets import _moves, _order
from tocsin.chain.datasets._flash_loan_moves import moved
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE
from tocsin.tables.numbers import Numbers, numbers, rows_of

LIBRARIES = 6
"""How many delegatecalls may stand between a lender's frame and its callback: proxy, module, library."""

_SAME = _moves.SAME_TRANSACTION
_LOAN = (*_SAME, "call_index")
_SHAPE = ("from_address", "to_address", "selector", "call_type", "depth", "call_index", "subtree_end", "parent_index")
"""The columns by which callbacks are found."""
_NAMES, _EXCHANGES = abi.keys(CALLBACKS), abi.keys(EXCHANGES)
_PLAIN, _LIBRARY = abi.texts(["call"]), abi.texts(["delegatecall", "callcode"])
_KINDS = [
    *("said" if c.token is not None else "returned" if c.round_trip else "sent" for c in CALLBACKS.values()),
    "returned",
]
"""How the loan of each callback is read; last, of those that are not known."""
_PLACE_BITS = 32
_WORD = 32
MOST_CALLBACKS = 32
"""Of one transaction, that are looked at for a token that leaves and comes back: known ones first."""
_AT_ONCE = 500_000
"""Pairs of callbacks and movements held in memory at a time."""
_LIMIT = 2.0**255
Row: TypeAlias = Mapping[str, Any]


def loans(calls: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of loans, with the forms `callback` and `balance`."""
    live = np.flatnonzero(~calls["reverted"].to_numpy() & abi.present(calls["to_address"]))
    shape = calls[[*_SAME, *_SHAPE]][live]
    transaction = rows_of(shape, *_SAME)
    rows, added = _callbacks(shape, transaction)
    if not rows.size:
        return []
    callbacks = calls[live[rows]].hstack(added)
    near = calls[live[np.isin(transaction, transaction[rows])]]
    kinds = callbacks.partition_by("_kind", as_dict=True)
    none, moves = callbacks.clear(), moved(near)
    parts = [
        _said(kinds.get(("said",), none)),
        _sent(kinds.get(("sent",), none), moves),
        _returned(kinds.get(("returned",), none), moves, near),
    ]
    return [part for part in parts if not part.is_empty()]


def _callbacks(live: pl.DataFrame, transaction: Numbers) -> tuple[Numbers, list[pl.Series]]:
    """
    The rows of known callbacks, and of calls into a contract that has called the caller and goes on to call others.

    With each stands the lender's frame it was made in; an unknown one only counts where the borrower called that frame.
    """
    caller, callee = numbers(live["from_address"], live["to_address"])
    callback = abi.which(live["selector"], _NAMES)
    known = callback >= 0
    candidates = np.flatnonzero(_candidates(live, known, transaction, caller, callee))
    if not candidates.size:
        return candidates, []
    frames = _lending_frames(live, candidates, transaction)
    counted = (frames >= 0) & (known[candidates] | (caller[frames] == callee[candidates]))
    rows, frames = candidates[counted], frames[counted]
    return rows, [
        pl.Series("_known", known[rows]),
        pl.Series("_kind", [_KINDS[number] for number in callback[rows]], dtype=pl.String()),
        live["call_index"][frames].alias("frame_index"),
        live["subtree_end"][frames].alias("frame_end"),
    ]


def _candidates(
    live: pl.DataFrame, known: abi.Mask, transaction: Numbers, caller: Numbers, callee: Numbers
) -> abi.Mask:
    plain = abi.which(live["call_type"], _PLAIN) >= 0
    inner = plain & (live["depth"].to_numpy() > 0) & abi.present(live["selector"]) & (caller != callee)
    inner &= abi.which(live["selector"], _EXCHANGES) < 0
    busy: abi.Mask = inner & ~known & (live["subtree_end"].to_numpy() > live["call_index"].to_numpy() + 1)
    accounts = int(max(caller.max(initial=0), callee.max(initial=0))) + 1
    there = (transaction * accounts + caller) * accounts + callee
    back = (transaction * accounts + callee) * accounts + caller
    busy[busy] = np.isin(back[busy], there[plain])
    busy |= inner & known
    return busy


def _lending_frames(live: pl.DataFrame, rows: Numbers, transaction: Numbers) -> Numbers:
    """The frame that each of these rows was made in, libraries left out; -1 where there is none."""
    places = (transaction << _PLACE_BITS) + live["call_index"].to_numpy()
    order = np.argsort(places)
    parents = (transaction << _PLACE_BITS) + abi.filled(live["parent_index"], 2**_PLACE_BITS - 1)
    library = abi.which(live["call_type"], _LIBRARY) >= 0
    frames = rows
    for step in range(LIBRARIES):
        waiting = (frames >= 0) & (library[frames] | (step == 0))
        wanted = parents[frames[waiting]]
        found = order[np.minimum(np.searchsorted(places, wanted, sorter=order), len(order) - 1)]
        frames = frames.copy()
        frames[waiting] = np.where(places[found] == wanted, found, -1)
    return np.where(library[frames], -1, frames)


def _row(callbacks: pl.DataFrame) -> pl.DataFrame:
    names = {key: callback.protocol for key, callback in CALLBACKS.items()}
    protocol = pl.col("selector").replace_strict(
        list(names), list(names.values()), default="unknown", return_dtype=pl.String()
    )
    return callbacks.select(
        *PLACE,
        protocol.alias("protocol"),
        pl.when("_known").then(pl.lit("callback")).otherwise(pl.lit("balance")).alias("form"),
        pl.col("from_address").alias("lender_address"),
        pl.col("to_address").alias("borrower_address"),
        "call_index",
        *(
            name
            for name in ("token_address", "value_binary", "value_f64", "fee_binary", "fee_f64")
            if name in callbacks
        ),
    )


def _said(callbacks: pl.DataFrame) -> pl.DataFrame:
    """Callbacks whose arguments state the loan. They are few: a loop over them."""
    if callbacks.is_empty():
        return callbacks
    rows, names = callbacks["input"].to_list(), callbacks["selector"].to_list()
    read = [(number, *loan) for number, data in enumerate(rows) for loan in _assets(CALLBACKS[names[number]], data)]
    words = [(number, token[-20:], value, fee) for number, token, value, fee in read]
    stated = pl.DataFrame(
        {
            "token_address": [token for _, token, _, _ in words],
            "value_binary": [value for _, _, value, _ in words],
            "value_f64": [float(int.from_bytes(value, "big")) for _, _, value, _ in words],
            "fee_binary": [fee for _, _, _, fee in words],
            "fee_f64": [float(int.from_bytes(fee, "big")) for _, _, _, fee in words],
        },
        schema={
            "token_address": pl.Binary(),
            "value_binary": pl.Binary(),
            "value_f64": pl.Float64(),
            "fee_binary": pl.Binary(),
            "fee_f64": pl.Float64(),
        },
    )
    lenders = _row(callbacks.drop("value_binary", "value_f64"))[[number for number, _, _, _ in words]]
    return lenders.hstack(stated)


def _assets(shape: Callback, data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Token, principal and fee of each asset, as words; nothing when the bytes do not hold them."""
    arguments, places = data[abi.SELECTOR_BYTES :], (shape.token or 0, shape.value, shape.fee)
    if not shape.lists:
        columns = [[arguments[at * _WORD : (at + 1) * _WORD]] for at in places]
    else:
        arrays = [abi.array(arguments, at) for at in places]
        columns = [array or [] for array in arrays]
    for token, value, fee in zip(*columns, strict=False):
        if len(token) == len(value) == len(fee) == _WORD:
            yield token, value, fee


def _sent(callbacks: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Callbacks that do not state the loan: it is what the lender sent in its frame before it called back."""
    if callbacks.is_empty():
        return callbacks
    bare = callbacks.drop("value_binary", "value_f64")
    sent = moves.rename({"_sender": "from_address", "move_index": "call_index"})
    marks = bare.with_columns(_at=pl.col("call_index"))
    keys = (*_SAME, "from_address")
    before = _order.following(sent, marks, "call_index", keys, ("_at", "frame_index")).filter(
        pl.col("call_index") >= pl.col("_next_frame_index")
    )
    lent = _summed(before.drop("call_index").rename({"_next__at": "call_index"}))
    return _row(bare.join(lent, on=_LOAN, how="left", nulls_equal=True))


def _summed(moves: pl.DataFrame) -> pl.DataFrame:
    """Exact sums by callback and token; what no real token holds is left out."""
    asset = [*_LOAN, "token_address"]
    sums = moves.group_by(asset, maintain_order=True).agg(pl.col("value_f64").sum().alias("_total"))
    real = sums.filter(pl.col("_total") < _LIMIT).drop("_total").with_row_index("_group")
    counted = moves.join(real, on=asset, nulls_equal=True)
    groups = counted["_group"].to_numpy().astype(np.int64)
    return real.with_columns(
        *abi.amount(amounts.group_sums(amounts.words(counted["value_binary"]), groups, len(real)), "value")
    )


def _returned(callbacks: pl.DataFrame, moves: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """Callbacks around which a token leaves the lender for the borrower and comes back, whole, in the same frame."""
    if callbacks.is_empty() or not _lends(callbacks, moves):
        return callbacks.clear()
    bare = callbacks.drop("value_binary", "value_f64").sort("_known", "call_index", descending=[True, False])
    few = bare.filter(pl.int_range(pl.len()).over(_SAME) < MOST_CALLBACKS)
    most = moves.group_by(_SAME).len()["len"].max()
    step = max(1, _AT_ONCE // (most if isinstance(most, int) else 1))
    parts = [part for some in few.iter_slices(step) if not (part := _round_trips(some, moves, near)).is_empty()]
    if not parts:
        return callbacks.clear()
    return pl.concat(parts).unique([*_SAME, "lender_address", "token_address", "value_binary"], maintain_order=True)


def _lends(callbacks: pl.DataFrame, moves: pl.DataFrame) -> bool:
    """Whether anything went from the lender of a callback to its borrower, at whatever time. Mostly nothing did."""
    pairs = set(zip(*(callbacks[name].to_list() for name in (*_SAME, "from_address", "to_address")), strict=True))
    return not pairs.isdisjoint(
        zip(*(moves[name].to_list() for name in (*_SAME, "_sender", "_recipient")), strict=True)
    )


def _round_trips(callbacks: pl.DataFrame, moves: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    ends = ("from_address", "to_address", "frame_index", "frame_end", "subtree_end")
    inside = callbacks.select(*_LOAN, *ends).join(moves, on=_SAME, nulls_equal=True).filter(
        (pl.col("move_index") >= pl.col("frame_index")) & (pl.col("move_index") < pl.col("frame_end"))
    )  # fmt: skip
    lender, borrower, moved_at = pl.col("from_address"), pl.col("to_address"), pl.col("move_index")
    out = inside.filter(
        (pl.col("_sender") == lender) & (pl.col("_recipient") == borrower) & (moved_at < pl.col("subtree_end"))
    )
    if out.is_empty():
        return out
    asset = [*_LOAN, "token_address"]
    first = out.group_by(asset).agg(pl.col("value_f64").sum().alias("_lent"), moved_at.min().alias("_first"))
    back = inside.filter((pl.col("_recipient") == lender) & (moved_at > pl.col("call_index")))
    repaid = (
        back.join(first, on=asset, nulls_equal=True)
        .filter(moved_at > pl.col("_first"))
        .group_by(asset)
        .agg(pl.col("value_f64").sum().alias("_back"), pl.col("_lent").first())
        .filter(pl.col("_back") >= pl.col("_lent"))
    )
    if repaid.is_empty():
        return repaid
    lent = _summed(out.join(repaid, on=asset, how="semi", nulls_equal=True))
    return _row(_busy(callbacks.join(lent, on=_LOAN, nulls_equal=True), near)).sort("call_index")


def _busy(lent: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """The loans during which the borrower called somebody who is neither lender, borrower nor the token."""
    others = near.filter(pl.col("call_type") == "call").select(
        *_SAME, pl.col("call_index").alias("_at"), pl.col("to_address").alias("_other")
    )
    parties = lent.select(*_LOAN, "subtree_end", "from_address", "to_address").unique()
    called = (
        parties.join(others, on=_SAME, nulls_equal=True)
        .filter(
            (pl.col("_at") > pl.col("call_index"))
            & (pl.col("_at") < pl.col("subtree_end"))
            & (pl.col("_other") != pl.col("from_address"))
            & (pl.col("_other") != pl.col("to_address"))
        )
        .group_by(_LOAN)
        .agg(pl.col("_other").n_unique().alias("_several"), pl.col("_other").first())
    )
    met = lent.join(called, on=_LOAN, nulls_equal=True)
    return met.filter((pl.col("_several") > 1) | (pl.col("_other") != pl.col("token_address")))
