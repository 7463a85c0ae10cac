"""Flash loans that logs tell of, and the transfers beside them where the log does not name the token."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves, _order
from tocsin.chain.datasets._flash_loan_shapes import (
    DYDX_DEPOSIT,
    DYDX_WITHDRAW,
    EULER_BORROW,
    EULER_REPAY,
    EVENTS,
    SWAP_V2,
    Event,
)
from tocsin.tables import amounts
from tocsin.tables.amounts import Words

_WANTED = [*dict.fromkeys(name for name, _ in EVENTS), SWAP_V2, DYDX_WITHDRAW, DYDX_DEPOSIT, EULER_BORROW, EULER_REPAY]
_KEYS = abi.keys(_WANTED)

DYDX_WORDS = 7
DYDX_FEE_LIMIT = 2
"""Solo takes a wei or two."""


def loans(logs: pl.DataFrame, transfers: pl.DataFrame | None) -> list[pl.DataFrame]:
    """Frames of loans; logs of other shapes are left out."""
    event = abi.which(logs["topic0"], _KEYS)
    rows = np.flatnonzero(event >= 0)
    if not rows.size:
        return []
    found, event = logs[rows], event[rows]
    topics, words = abi.topics(found), abi.sizes(found["data"]) // amounts.WORD_BYTES

    def part(name: bytes, count: int, least: int) -> pl.DataFrame:
        some = (event == _WANTED.index(name)) & (topics == count) & (words >= least)
        return found[np.flatnonzero(some)] if some.any() else found.clear()

    told = {key: part(*key, shape.words) for key, shape in EVENTS.items()}
    parts = [
        *(loans for key, some in told.items() if not some.is_empty() for loans in _events(some, EVENTS[key])),
        *_swaps(part(SWAP_V2, 3, 4)),
    ]
    withdrawals, deposits = part(DYDX_WITHDRAW, 2, DYDX_WORDS), part(DYDX_DEPOSIT, 2, DYDX_WORDS)
    if not (withdrawals.is_empty() or deposits.is_empty()):
        parts.append(_dydx(withdrawals, deposits))
    borrows, repayments = part(EULER_BORROW, 3, 1), part(EULER_REPAY, 3, 1)
    if not (borrows.is_empty() or repayments.is_empty()):
        parts.append(_euler(borrows, repayments))
    lent = [loan for loan in parts if not loan.is_empty()]
    return lent if transfers is None else [_named(loan, transfers) for loan in lent]


def _row(logs: pl.DataFrame, protocol: str, borrower: pl.Series, *columns: pl.Series) -> pl.DataFrame:
    named = logs.rename({"address": "lender_address"})
    parties = (borrower.rename("borrower_address"), *columns)
    constants = {"protocol": protocol, "form": "event"}
    return _moves.rows(named, ("lender_address", "log_index"), parties, **constants)


def _events(fits: pl.DataFrame, event: Event) -> list[pl.DataFrame]:
    borrower = _party(fits, event.borrower)
    token = [] if event.token is None else [_party(fits, event.token).rename("token_address")]
    return [
        _row(fits, event.protocol, borrower, *token, *_amount(fits, value, "value"), *fee).filter(
            pl.col("value_f64") > 0
        )
        for number, value in enumerate(event.values)
        for fee in [_amount(fits, event.fees[number], "fee") if event.fees else []]
    ]


def _party(logs: pl.DataFrame, where: str | int) -> pl.Series:
    return abi.address(logs["data"], where) if isinstance(where, int) else abi.address(logs[where])


def _amount(logs: pl.DataFrame, number: int, name: str) -> list[pl.Series]:
    return abi.amount(abi.word(logs["data"], number), name)


def _swaps(logs: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Uniswap V2: a token that went out and came back, whole, in one swap."""
    if logs.is_empty():
        return
    came_and_went = [abi.word(logs["data"], number) for number in range(4)]
    rounded = [amounts.to_float(words) for words in came_and_went]
    for number in (0, 1):
        repaid = (rounded[number + 2] > 0) & (rounded[number] >= rounded[number + 2])
        if repaid.any():
            came, went = came_and_went[number][repaid], came_and_went[number + 2][repaid]
            yield _same_token(logs.filter(repaid), came, went)


def _same_token(logs: pl.DataFrame, came: Words, went: Words) -> pl.DataFrame:
    value, fee = abi.amount(went, "value"), abi.amount(_difference(came, went), "fee")
    return _row(logs, "uniswap_v2", abi.address(logs["topic2"]), *value, *fee)


def _difference(more: Words, less: Words) -> Words:
    """Few rows. Rounding may have let through a pair that is the wrong way round: its difference counts as none."""
    pairs = zip(amounts.to_integers(amounts.column(more)), amounts.to_integers(amounts.column(less)), strict=True)
    return amounts.from_integers(max(0, (one or 0) - (other or 0)) for one, other in pairs)


def _dydx(withdrawals: pl.DataFrame, deposits: pl.DataFrame) -> pl.DataFrame:
    """Solo: one account withdraws and then deposits the same of one market."""
    both = _paired(_solo(withdrawals), _solo(deposits), ("_owner", "_account", "_market"))
    fee = _difference(amounts.words(both["_next_value_binary"]), amounts.words(both["value_binary"]))
    lent = both.with_columns(*abi.amount(fee, "fee"))
    exact = (pl.col("fee_f64") <= DYDX_FEE_LIMIT) & (pl.col("_next_value_binary") >= pl.col("value_binary"))
    return lent.filter(exact).select(pl.exclude("^_.*$"))


def _solo(logs: pl.DataFrame) -> pl.DataFrame:
    words = {"_account": 0, "_market": 1}
    keys = [amounts.column(abi.word(logs["data"], number)).rename(name) for name, number in words.items()]
    return _row(
        logs, "dydx", _party(logs, 6), *_amount(logs, 3, "value"), *keys, abi.address(logs["topic1"]).rename("_owner")
    )


def _euler(borrows: pl.DataFrame, repayments: pl.DataFrame) -> pl.DataFrame:
    """Euler v1: an account borrows and then repays the same of one asset."""
    same = ("token_address", "borrower_address", "value_binary")
    return _paired(_account(borrows), _account(repayments), same).select(pl.exclude("^_.*$"))


def _account(logs: pl.DataFrame) -> pl.DataFrame:
    token = abi.address(logs["topic1"]).rename("token_address")
    return _row(logs, "euler", abi.address(logs["topic2"]), token, *_amount(logs, 0, "value"))


def _paired(out: pl.DataFrame, back: pl.DataFrame, same: tuple[str, ...]) -> pl.DataFrame:
    """What went out, with what came back next of the same account and asset, where something did."""
    keys = (*_moves.SAME_TRANSACTION, "lender_address", *same)
    met = _order.following(out, back, "log_index", keys, ("value_binary",))
    return met.filter(pl.col("_next_value_binary").is_not_null())


def _named(loans: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The loans with the token of the transfer that pays out the principal, where the log does not say."""
    if "token_address" in loans.columns:
        return loans
    ends = {"from_address": "lender_address", "to_address": "borrower_address", "value_binary": "value_binary"}
    keys = [*_moves.SAME_TRANSACTION, *ends.values()]
    paid = transfers.select(*_moves.SAME_TRANSACTION, "token_address", *ends).rename(ends)
    matching = paid.join(loans, on=keys, how="semi", nulls_equal=True).sort("token_address")
    return loans.join(matching.unique(keys, keep="first"), on=keys, how="left", nulls_equal=True)
