"""
A token that stood for coins held by its own contract stands for fewer than there are tokens.

Wrapped coins, and the tokens that a bridge gives for coins it keeps, are worth what lies in the contract. As long as
every token can be turned back nobody asks.

## What it finds
critical: a contract that held, before this block, at least as much native coin as there were tokens of it, and holds
less after it; by more than a hundredth of a percent. It is asked where coin left the contract without as many tokens
being burned in the transaction, or tokens were made without as much coin coming in.

## Why it matters
Whoever turns back first is paid, the last are not. What lends against the token, or pairs it with the real coin, is
emptied by whoever knows first.

## Blind spots
Tokens that stand for other tokens, or for what lies on another chain: `forged-bridge-transfer` sees what is made there
for nothing. The price at which it trades. A contract that lends its coins out on purpose looks the same the first time.
Coin that leaves without an event of the token is seen only at contracts that are labelled as watched or as a bridge.
The best-known wrapped coins cannot lose theirs and are not asked about. Balance and supply, before and after, must be
answered by a node that keeps the state of the block before.

## Triage
Read the contract's balance and supply yourself. If the coin is gone: stop accepting the token as collateral and pause
its pools and bridges; follow the coin.

## References
- https://github.com/ethereum-optimism/monitorism
- https://eips.ethereum.org/EIPS/eip-20
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.chain.tokens import TOKENS
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.detect.detectors._held import COIN, held, supply
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import NATIVE, ZERO
from tocsin.tables.dataset import Tables

TOLERANCE_PARTS = 10_000
"""One part in so many of the supply may be missing (reference: detection, section 4.27)."""
CONFIDENCE = 0.85
CANONICAL = tuple(token.address for token in TOKENS.values() if token.wraps_native)
_CANONICAL, _WRAP, _NATIVE = abi.keys(CANONICAL), abi.texts(("wrap",)), abi.texts(("native",))
"""Their code cannot be changed and pays out only what is burned."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Coin that left a token's contract in one block, beyond the tokens that went with it."""

    place: Place
    """The transaction with the largest part of it."""
    token: str
    receiver: str
    """Of the largest payment in it; empty where none was made."""
    amount: int
    """Wei, in that transaction."""


def run(tables: Tables) -> Iterator[Question]:
    """A question for each token and block in which coin and tokens do not move alike."""
    transfers, labels = tables["transfers"], Labels.of(tables)
    is_canonical = abi.among(transfers["token_address"], _CANONICAL)
    wraps = rows_where(transfers, abi.among(transfers["standard"], _WRAP) & ~is_canonical)
    is_native = abi.among(transfers["standard"], _NATIVE)
    native = rows_where(transfers, is_native & (transfers["value_f64"].to_numpy() > 0))
    asked = _asked(wraps, native, labels)
    if not asked:
        return
    found: dict[tuple[int, int | None, bytes], Loss] = {}
    for (chain, height, _, token), rows in _by_transaction(asked, wraps, native).items():
        loss = _loss(token, rows)
        known = found.get((chain, height, token))
        if loss is not None and (known is None or known.amount < loss.amount):
            found[chain, height, token] = loss
    for loss in found.values():
        yield Question(lookups=tuple(filter(None, (*_lookups(loss, 0), *_lookups(loss, 1)))), candidate=loss)


def _asked(wraps: pl.DataFrame, native: pl.DataFrame, labels: Labels) -> set[tuple[int, bytes]]:
    """The contracts, by chain: those with an event of their own, and the labelled ones that pay."""
    own = set(wraps[["chain_id", "token_address"]].rows())
    paying = set(native[["chain_id", "from_address"]].rows())
    return own | {each for each in paying if not labels.kinds(*each).isdisjoint({"watched", "bridge"})}


def _by_transaction(
    asked: set[tuple[int, bytes]], wraps: pl.DataFrame, native: pl.DataFrame
) -> dict[tuple[int, int | None, bytes | None, bytes], list[dict[str, Any]]]:
    """The rows about each contract in each transaction."""
    contracts = list({contract for _, contract in asked})
    touching = native.filter(pl.col("from_address").is_in(contracts) | pl.col("to_address").is_in(contracts))
    found: dict[tuple[int, int | None, bytes | None, bytes], list[dict[str, Any]]] = {}
    for row in (*wraps.iter_rows(named=True), *touching.iter_rows(named=True)):
        place = (row["chain_id"], row["block_number"], row["transaction_hash"])
        those = {row["token_address"]} if row["standard"] == "wrap" else {row["from_address"], row["to_address"]}
        for contract in those:
            if (row["chain_id"], contract) in asked:
                found.setdefault((*place, contract), []).append(row)
    return found


def _loss(token: bytes, rows: list[dict[str, Any]]) -> Loss | None:
    """What left beyond what was burned, or was made beyond what came in."""
    short = sum(int.from_bytes(row["value_binary"], "big") * _sign(token, row) for row in rows)
    if short <= 0:
        return None
    out = [row for row in rows if row["standard"] == "native" and row["from_address"] == token]
    largest = max(out, key=lambda row: (row["value_binary"], row["to_address"]), default=None)
    receiver = "" if largest is None else str(hexadecimal(largest["to_address"]))
    return Loss(Place.of(rows[0]), str(hexadecimal(token)), receiver, short)


def _sign(token: bytes, row: dict[str, Any]) -> int:
    """Whether a row takes from the backing (1), adds to it (-1), or neither."""
    if row["standard"] == "wrap":
        return int(row["from_address"] == ZERO) - int(row["to_address"] == ZERO)
    return int(row["from_address"] == token) - int(row["to_address"] == token)


def _lookups(loss: Loss, blocks_before: int) -> tuple[Lookup | None, Lookup | None]:
    """What the contract held and how many tokens there were, so many blocks before the end of the block."""
    return held(loss.place, loss.token, COIN, blocks_before), supply(loss.place, loss.token, blocks_before)


def judge(loss: Loss, answers: Answers) -> Sighting | None:
    """A sighting where the tokens were backed before the block and are not after it."""
    coins, tokens = (number(each, answers) for each in _lookups(loss, 0))
    coins_before, tokens_before = (number(each, answers) for each in _lookups(loss, 1))
    if coins is None or tokens is None or coins_before is None or not tokens_before:
        return None
    if not _is_backed(coins_before, tokens_before) or _is_backed(coins, tokens):
        return None
    return _sighting(loss, coins, tokens)


def _is_backed(coins: int, tokens: int) -> bool:
    return TOLERANCE_PARTS * (tokens - coins) <= tokens


def _sighting(loss: Loss, coins: int, tokens: int) -> Sighting:
    to = f", most of it paid to {loss.receiver}" if loss.receiver else ""
    return Sighting(
        place=loss.place,
        severity=Severity.CRITICAL,
        confidence=CONFIDENCE,
        title="A token is no longer backed by the coins it stands for",
        summary=f"{loss.token} holds {coins} of {COIN} for {tokens} of {loss.token}; before this block it held enough "
        f"for all. Beyond what was paid for it, {loss.amount} of {COIN} went in this transaction{to}.",
        entities=(
            Entity("token", loss.token),
            *([Entity("beneficiary", loss.receiver)] if loss.receiver else []),
        ),
        values={"held": coins, "supply": tokens, "missing": tokens - coins, "amount": loss.amount},
        key=loss.token,
    )


def _moved(kind: str, giver: str, taker: str, value: int) -> dict[str, Any]:
    token: str | bytes = NATIVE if kind == "native" else "wrapped"
    return {
        "block_number": 5, "standard": kind, "token_address": token, "value": value,
        "from_address": giver, "to_address": taker,
    }  # fmt: skip


_NOBODY = "0x" + "00" * 20


def _state(before: tuple[int, int], after: tuple[int, int]) -> Answered:
    """Balance and supply of the token, before and after the block."""
    methods = ("eth_getBalance", "eth_call")
    pairs = ((4, before), (5, after))
    return {
        (method, "wrapped", height): hex(value)
        for height, values in pairs
        for method, value in zip(methods, values, strict=True)
    }


_STOLEN = [_moved("native", "wrapped", "mallory", 900), _moved("wrap", "mallory", _NOBODY, 1)]

detector = Detector(
    id="unbacked-token",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(
            columns=("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
        ),
        "labels": LABELS_READ,
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="more coin is paid out than tokens are burned",
            tables={"transfers": _STOLEN},
            answers=_state((1_000, 1_000), (100, 999)),
            finds=(
                {
                    "severity": "critical",
                    "entities": {"token": "wrapped", "beneficiary": "mallory"},
                    "values": {"held": 100, "supply": 999, "missing": 899, "amount": 899},
                },
            ),
        ),
        Example(
            says="tokens are made for nothing",
            tables={"transfers": [_moved("wrap", _NOBODY, "mallory", 700)]},
            answers=_state((1_000, 1_000), (1_000, 1_700)),
            finds=({"severity": "critical", "values": {"missing": 700}},),
        ),
        Example(
            says="coin leaves a watched contract without an event of its own",
            tables={
                "transfers": [_moved("native", "wrapped", "mallory", 900)],
                "labels": [{"address": "wrapped", "kind": "watched"}],
            },
            answers=_state((1_000, 1_000), (100, 1_000)),
            finds=({"severity": "critical", "values": {"missing": 900}},),
        ),
        Example(
            says="coin in, tokens out, and back",
            tables={
                "transfers": [
                    _moved("native", "alice", "wrapped", 500),
                    _moved("wrap", _NOBODY, "alice", 500),
                    _moved("wrap", "bob", _NOBODY, 200),
                    _moved("native", "wrapped", "bob", 200),
                ]
            },
            answers=_state((1_000, 1_000), (1_300, 1_300)),
        ),
        Example(
            says="shares of a vault of another token, which coin never backed",
            tables={"transfers": [_moved("wrap", _NOBODY, "alice", 500)]},
            answers=_state((0, 1_000), (0, 1_500)),
        ),
        Example(
            says="more was there than needed, and still is enough",
            tables={"transfers": _STOLEN},
            answers=_state((2_000, 1_000), (1_100, 999)),
        ),
    ),
)
