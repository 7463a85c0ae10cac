"""Rows that examples of several detectors are written with."""

from typing import Any

from tocsin.tables import literal


def call(  # noqa: PLR0913 - a row of a call tree has this many cells, and reads best as one line
    depth: int, index: int, end: int, caller: str, callee: str, data: bytes = b"", *, value: int = 0, kind: str = "call"
) -> dict[str, Any]:
    """A row of `calls`; `end` is the position behind its last descendant."""
    return {
        "depth": depth,
        "call_index": index,
        "subtree_end": end,
        "call_type": kind,
        "from_address": caller,
        "to_address": callee,
        "selector": data[:4] or None,
        "input": data,
        "value": value,
    }


def moved(*moves: tuple[str, str, str, int]) -> dict[str, list[dict[str, Any]]]:
    """Rows of `transfers`, and of `profits` for what they sum up to, from (giver, taker, token, whole tokens)."""
    totals: dict[tuple[str, str], list[int]] = {}
    for giver, taker, token, amount in moves:
        totals.setdefault((giver, token), [0, 0])[1] += amount * 10**18
        totals.setdefault((taker, token), [0, 0])[0] += amount * 10**18
    return {
        "transfers": [
            {
                "from_address": giver,
                "to_address": taker,
                "token_address": token,
                "value": amount * 10**18,
                "standard": "erc20",
                "log_index": number,
            }
            for number, (giver, taker, token, amount) in enumerate(moves)
        ],
        "profits": [
            {
                "account_address": account,
                "token_address": token,
                "received": received,
                "sent": sent,
                "net_f64": float(received - sent),
            }
            for (account, token), (received, sent) in totals.items()
        ],
    }


def answered(rows: list[dict[str, Any]], **answers: tuple[int, int]) -> list[dict[str, Any]]:
    """The tree with what some frames returned, by `at_` and their position."""
    outputs = {int(name.removeprefix("at_")): literal.words(*pair) for name, pair in answers.items()}
    return [{**row, "output": outputs.get(row["call_index"], b"")} for row in rows]
