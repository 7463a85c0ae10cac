"""
Token and native-coin movements.

## What a row is
One movement of value that took effect: native coin, ERC-20, ERC-721, ERC-1155, or a wrap of native coin.

## Where it comes from
Logs and native value where logs are there; call data and native value where they are not.

## Blind spots
A token may move balances without a log, or log what did not move. From call data a token's return value is trusted,
fees on transfer are not seen, mints and burns mostly are not either, and neither is native coin sent to a wrapped coin
without call data; any `deposit()` with value counts as a wrap, and `transferFrom` as ERC-20 although an ERC-721 has the
same one. Without the call tree only top-level native value of transactions known to have succeeded is seen. The order
between logs and calls is not known: each has its own index.
"""

import polars as pl

from tocsin.chain.datasets import _moves, _native_moves, _token_calls, _token_logs
from tocsin.tables.columns import PLACE, Column, address, amount, digest, index, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "token_address": address("The token; 0xeee...eee for native coin."),
    "standard": text(
        "native, erc20, erc721, erc1155, wrap", "What moved. `wrap` is the mint or burn of a wrapped native coin."
    ),
    "from_address": address("Who had it; zero for a mint."),
    "to_address": address("Who has it; zero for a burn."),
    **amount("value", "base units of the token", "How much; 1 for an ERC-721."),
    "token_id": digest("The item of an ERC-721 or ERC-1155, 32 bytes big-endian.", required=False),
    "operator_address": address("Who moved it, where the log or the call says so.", required=False),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}


def derive(tables: Tables) -> pl.DataFrame:
    """Tokens from logs where they are there, else from call data; native coin from calls, else from transactions."""
    calls = tables.get("calls")
    native = (
        _native_moves.from_transactions(tables["transactions"]) if calls is None else _native_moves.from_calls(calls)
    )
    tokens = _token_logs.moves(tables["logs"]) if "logs" in tables else _token_calls.moves(tables["calls"])
    return _moves.together(COLUMNS, [native, *tokens])


dataset = Dataset(
    id="transfers",
    columns=COLUMNS,
    needs=(("logs", "calls"), ("logs", "transactions"), ("calls",)),
    derive=derive,
)
