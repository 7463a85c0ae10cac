"""Who bought a token without a price, who sold it, and whose sale the token refused: read from a batch, remembered."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect.worth import Prices
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, Column, address, schema, text
from tocsin.tables.dataset import Tables

TRANSFER, TRANSFER_FROM = selector("transfer(address,uint256)"), selector("transferFrom(address,address,uint256)")
_TAKER = {TRANSFER: 0, TRANSFER_FROM: 1}
"""Which argument is who gets the tokens."""
WORD_BYTES = 32
EXPLAINED = (
    b"allowance",
    b"balance",
    selector("ERC20InsufficientAllowance(address,uint256,uint256)"),
    selector("ERC20InsufficientBalance(address,uint256,uint256)"),
)
"""What stands in the answers of tokens that refuse because the seller has too little, or did not approve."""

REMEMBERED: Mapping[str, Column] = {
    "kind": text("bought, sold, refused", "What happened."),
    "token": address("The token."),
    "account": address("Who sent the transaction."),
    "pool": address("Where it was traded, or who was to get it."),
}
NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
SWAPS = ("pool_address", "token_in_address", "token_out_address")
CALLS = ("to_address", "selector", "input", "output", "error")


def remember(tables: Tables) -> pl.DataFrame:
    """The trades of tokens without a price, and the refused transfers, of a batch."""
    told = [*_trades(tables), *_refusals(tables)]
    if not told:
        return NOTHING
    sent = tables["transactions"][["block_hash", "transaction_hash", "from_address"]].rows()
    senders = {(block, hash_): sender for block, hash_, sender in sent}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row, what in told:
        where = (row["block_hash"], row["transaction_hash"])
        if where in senders and row["block_number"] is not None:
            full = {**{name: row[name] for name in PLACE}, "account": senders[where], **what}
            rows[tuple(full.values())] = full
    return pl.DataFrame(list(rows.values()), schema=NOTHING.schema, orient="row")


def _trades(tables: Tables) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    prices = Prices.of(tables)
    traded = tables["swaps"][[*PLACE, "pool_address", "token_in_address", "token_out_address"]]
    for row in traded.iter_rows(named=True):
        for kind, token in (("bought", row["token_out_address"]), ("sold", row["token_in_address"])):
            if prices.dollars(row["chain_id"], token, 1) is None:
                yield row, {"kind": kind, "token": token, "pool": row["pool_address"]}


def _refusals(tables: Tables) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    failed = rows_where(tables["calls"], abi.present(tables["calls"]["error"]))
    for row in failed.iter_rows(named=True):
        at = 4 + _TAKER.get(row["selector"], 0) * WORD_BYTES
        taker, answer = (row["input"] or b"")[at : at + WORD_BYTES][-20:], row["output"] or b""
        if len(taker) == len(row["to_address"] or b"") and not any(said in answer for said in EXPLAINED):
            yield row, {"kind": "refused", "token": row["to_address"], "pool": taker}
