"""Liquidations that successful calls and the transfers under them tell of, where there are no logs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _order
from tocsin.chain.signatures import selector
from tocsin.tables.columns import NATIVE, PLACE

AAVE = selector("liquidationCall(address,address,address,uint256,bool)")
COMPOUND = selector("liquidateBorrow(address,uint256,address)")
COMPOUND_NATIVE = selector("liquidateBorrow(address,address)")
SHARE = selector("transferOnLiquidation(address,address,uint256)")
SEIZE = selector("seize(address,address,uint256)")
CALCULATED = selector("liquidateCalculateSeizeTokens(address,address,uint256)")

_WORDS = {AAVE: 5, COMPOUND: 3, COMPOUND_NATIVE: 2, SHARE: 3, SEIZE: 3, CALCULATED: 3}
_BENEATH = (SHARE, SEIZE, CALCULATED)
_LIMIT = 2**256

Row: TypeAlias = Mapping[str, Any]


class _Move(NamedTuple):
    token: bytes
    sender: bytes | None
    recipient: bytes | None
    value: int


def closed(calls: pl.DataFrame, transfers: pl.DataFrame) -> list[pl.DataFrame]:
    """Frames of liquidations. They are few: a loop over them, not over all calls."""
    asked = _accepted(calls)
    if asked.is_empty():
        return []
    told = calls.filter(pl.col("selector").is_in(_BENEATH) & ~pl.col("reverted") & pl.col("to_address").is_not_null())
    moved, taken = _beneath(asked, transfers), _beneath(asked, told)
    rows = [
        row
        for call in asked.to_dicts()
        if (row := _READERS[call["selector"]](call, moved.get(call["_id"], []), taken.get(call["_id"], [])))
    ]
    return [pl.DataFrame(rows, infer_schema_length=None)] if rows else []


def _accepted(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls that took effect. Compound V2 returns an error code: what is not zero is failure. Aave returns nothing."""
    found = calls.filter(
        pl.col("selector").is_in([AAVE, COMPOUND, COMPOUND_NATIVE]) & (pl.col("call_type") == "call")
        & ~pl.col("reverted") & pl.col("to_address").is_not_null()
    )  # fmt: skip
    silent = found if found.is_empty() else found.filter(~abi.truth(abi.word(found["output"], 0)))
    return silent.with_row_index("_id")


def _beneath(asked: pl.DataFrame, rows: pl.DataFrame) -> Mapping[int, Sequence[Row]]:
    """By number of the liquidation: the rows that stand in its subtree, in order."""
    found: dict[int, list[Row]] = {}
    for row in _order.innermost(asked, rows).iter_rows(named=True):
        found.setdefault(row["_id"], []).append(row)
    return found


def _aave(call: Row, moved: Sequence[Row], taken: Sequence[Row]) -> Row | None:
    collateral, debt, borrower = (_address(call["input"], number) for number in range(3))
    liquidator, transfers = call["from_address"], [_transfer(row) for row in moved]
    paid = _sum(transfers, debt, sender=liquidator)
    if debt == NATIVE != collateral:
        paid -= _sum(transfers, NATIVE, recipient=liquidator)
    shares = [move for row in taken if row["selector"] == SHARE and (move := _share(row)).recipient == liquidator]
    token = shares[0].token if shares else collateral
    received = _sum(shares or transfers, token, recipient=liquidator)
    return _row(call, "aave", borrower, (debt, paid), (token, received))


def _compound(call: Row, moved: Sequence[Row], taken: Sequence[Row]) -> Row | None:
    market, liquidator = call["to_address"], call["from_address"]
    borrower, collateral = _address(call["input"], 0), _address(call["input"], _WORDS[call["selector"]] - 1)
    paid = next((m for row in moved if (m := _transfer(row)).sender == liquidator and m.recipient == market), None)
    seized = next((value for row in taken if (value := _seized(row, market, collateral)) is not None), 0)
    return _row(call, "compound_v2", borrower, (paid.token, paid.value), (collateral, seized)) if paid else None


def _seized(row: Row, market: bytes, collateral: bytes) -> int | None:
    """A market that seizes its own shares calls nobody: then what the comptroller worked out is all there is."""
    if row["selector"] == SEIZE and row["to_address"] == collateral:
        return _number(row["input"], 2)
    own = row["selector"] == CALCULATED and market == collateral == _address(row["input"], 1)
    return _number(row["output"] or b"", 1, skip=0) if own else None


def _row(call: Row, protocol: str, borrower: bytes, debt: tuple[bytes, int], got: tuple[bytes, int]) -> Row | None:
    if not (0 < debt[1] < _LIMIT and 0 < got[1] < _LIMIT):
        return None
    return {
        **{name: call[name] for name in (*PLACE, "call_index")},
        "protocol": protocol,
        "market_address": call["to_address"],
        "borrower_address": borrower,
        "liquidator_address": call["from_address"],
        "debt_token_address": debt[0],
        "debt_amount_binary": debt[1].to_bytes(32, "big"),
        "debt_amount_f64": float(debt[1]),
        "collateral_token_address": got[0],
        "collateral_amount_binary": got[1].to_bytes(32, "big"),
        "collateral_amount_f64": float(got[1]),
    }


def _transfer(row: Row) -> _Move:
    return _Move(
        row["token_address"], row["from_address"], row["to_address"], int.from_bytes(row["value_binary"], "big")
    )


def _share(row: Row) -> _Move:
    data = row["input"]
    return _Move(row["to_address"], _address(data, 0), _address(data, 1), _number(data, 2))


def _sum(moves: Iterable[_Move], token: bytes, *, sender: bytes | None = None, recipient: bytes | None = None) -> int:
    return sum(
        move.value
        for move in moves
        if move.token == token and sender in (None, move.sender) and recipient in (None, move.recipient)
    )


def _number(data: bytes, number: int, *, skip: int = abi.SELECTOR_BYTES) -> int:
    at = skip + number * 32
    return int.from_bytes(data[at : at + 32].ljust(32, b"\0"), "big")


def _address(data: bytes, number: int) -> bytes:
    return _number(data, number).to_bytes(32, "big")[12:]


_READERS: Mapping[bytes, Callable[[Row, Sequence[Row], Sequence[Row]], Row | None]] = {
    AAVE: _aave,
    COMPOUND: _compound,
    COMPOUND_NATIVE: _compound,
}
