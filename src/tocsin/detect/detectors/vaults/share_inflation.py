"""
The shares of a vault were made so dear that a deposit is worth few of them, or none.

Whoever deposits first into an empty vault that counts what lies in it can hold all of its shares for next to nothing,
and then give it a fortune. The next deposit is worth less than one share, is rounded down, and belongs to whoever
holds the shares there are.

## What it finds
* high: a deposit for which no share was given, as the vault's own event says (ERC-4626 `Deposit` with assets and no
  shares).
* high: tokens given to a vault without a deposit, when all its shares together are next to none (`TINY_SHARES`), a
  deposit that gave some of them was next to nothing as well, and the gift is a thousand times as much. Before anybody
  has lost.

## Why it matters
The second deposit into a new vault is taken whole, and vaults are deployed every day. Between the gift and the next
deposit there is time to pause the vault or to warn.

## Blind spots
Vaults that do not emit the events of ERC-4626; lending markets whose receipt tokens are not such vaults. Gifts more
than a day after the tiny deposit. What total supply is must be answered by a node: where it is not, only deposits
without shares are found. Deposits that lose much, but not all, to rounding.

## Triage
Pause the vault, or tell its users not to deposit. Compare what it holds with what was deposited: the difference was
given. Where a deposit got no shares, whoever holds the shares can redeem it at once: freeze what can be frozen.

## References
- https://docs.openzeppelin.com/contracts/5.x/erc4626
- https://eips.ethereum.org/EIPS/eip-4626
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors._held import supply
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, number
from tocsin.tables import literal
from tocsin.tables.columns import PLACE, Column, address, schema
from tocsin.tables.dataset import Tables

DEPOSIT = topic("Deposit(address,address,uint256,uint256)")
TINY_SHARES = 1_000_000
"""Base units of all shares together, and of the assets of a deposit (reference: detection, section 4.6)."""
TIMES_AS_MUCH = 1_000.0
"""How much more than the tiny deposit is given."""
WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks."""
WORD_BYTES = 32
CONFIDENCE_NOTHING_GIVEN = 0.9
CONFIDENCE_GIFT = 0.7

REMEMBERED: Mapping[str, Column] = {
    "vault": address("A vault with a tiny deposit."),
    "assets": Column(pl.Float64(), "base units of the asset", "What was deposited."),
}
_NO_DEPOSITS = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))


@dataclass(frozen=True, slots=True)
class Gift:
    """Tokens given to a vault with a tiny deposit, without a deposit in the same transaction."""

    place: Place
    vault: str
    giver: str
    token: str
    amount: int
    deposited: int
    """What the tiny deposit was."""


def remember(tables: Tables) -> pl.DataFrame:
    """The deposits of a batch that were next to nothing and gave next to nothing."""
    logs = tables["logs"]
    if logs.is_empty():
        return _NO_DEPOSITS
    amounts = [_amounts(data) for data in logs["data"]]
    tiny = [0 < assets <= TINY_SHARES and 0 < shares <= TINY_SHARES for assets, shares in amounts]
    rows = logs.filter(pl.Series(tiny, dtype=pl.Boolean()))
    assets = [float(assets) for (assets, _), is_tiny in zip(amounts, tiny, strict=True) if is_tiny]
    return pl.DataFrame(
        [*(rows[name] for name in PLACE), rows["address"].alias("vault"), pl.Series("assets", assets, pl.Float64())]
    )


def _amounts(data: bytes | None) -> tuple[int, int]:
    """Assets and shares of a deposit; zeros where the data is no deposit's."""
    if data is None or len(data) < 2 * WORD_BYTES:
        return 0, 0
    return int.from_bytes(data[:WORD_BYTES], "big"), int.from_bytes(data[WORD_BYTES : 2 * WORD_BYTES], "big")


def run(tables: Tables) -> Iterator[Sighting | Question]:
    """Deposits without shares, and a question for each gift to a vault with a tiny deposit."""
    yield from _without_shares(tables["logs"])
    for gift in _gifts(tables):
        lookup = supply(gift.place, gift.vault)
        yield Question(lookups=() if lookup is None else (lookup,), candidate=gift)


def _without_shares(logs: pl.DataFrame) -> Iterator[Sighting]:
    for row in logs.iter_rows(named=True):
        assets, shares = _amounts(row["data"])
        if assets and not shares and len(row["data"]) == 2 * WORD_BYTES:
            yield _nothing_given(row, assets)


def _nothing_given(row: Mapping[str, Any], assets: int) -> Sighting:
    vault, owner = str(hexadecimal(row["address"])), _account(row["topic2"])
    return Sighting(
        place=Place.of(row),
        severity=Severity.HIGH,
        confidence=CONFIDENCE_NOTHING_GIVEN,
        title="A vault took a deposit and gave no share for it",
        summary=f"The vault {vault} took {assets} base units of its asset for {owner} and gave no share for them: "
        "whoever holds its shares can redeem the deposit.",
        entities=(Entity("vault", vault), Entity("victim", owner)),
        values={"assets": assets, "shares": 0},
        key=f"{vault}-{row['log_index']}",
    )


def _account(topic2: bytes | None) -> str:
    return str(hexadecimal((topic2 or bytes(WORD_BYTES))[-20:]))


def _gifts(tables: Tables) -> Iterator[Gift]:
    tiny = tables[MEMORY]
    if tiny.is_empty():
        return
    deposits = {(row["transaction_hash"], row["address"]) for row in tables["logs"].iter_rows(named=True)}
    moved = tables["transfers"].filter(
        (pl.col("standard") == "erc20") & pl.col("to_address").is_in(tiny["vault"].unique().to_list())
    )
    for row in moved.iter_rows(named=True):
        earlier = _earlier(tiny, row)
        is_gift = (row["transaction_hash"], row["to_address"]) not in deposits
        if is_gift and earlier and row["value_f64"] >= TIMES_AS_MUCH * max(earlier):
            yield _gift(row, int(max(earlier)))


def _earlier(tiny: pl.DataFrame, row: Mapping[str, Any]) -> list[float]:
    """What was deposited into this vault before this transaction, in the tiny deposits of the last day."""
    rows = tiny.filter((pl.col("vault") == row["to_address"]) & (pl.col("chain_id") == row["chain_id"]))
    at = (row["block_number"], row["transaction_index"])
    return [
        one["assets"]
        for one in rows.iter_rows(named=True)
        if None not in at
        and (one["block_number"], one["transaction_index"]) < at
        and at[0] - one["block_number"] <= WINDOW_BLOCKS
    ]


def _gift(row: Mapping[str, Any], deposited: int) -> Gift:
    return Gift(
        place=Place.of(row),
        vault=str(hexadecimal(row["to_address"])),
        giver=str(hexadecimal(row["from_address"])),
        token=str(hexadecimal(row["token_address"])),
        amount=int.from_bytes(row["value_binary"], "big"),
        deposited=deposited,
    )


def judge(gift: Gift, answers: Answers) -> Sighting | None:
    """A sighting where all shares together are next to none."""
    shares = number(supply(gift.place, gift.vault), answers)
    if shares is None or not 0 < shares <= TINY_SHARES:
        return None
    return Sighting(
        place=gift.place,
        severity=Severity.HIGH,
        confidence=CONFIDENCE_GIFT,
        title="A vault with next to no shares was given a fortune",
        summary=f"{gift.giver} gave the vault {gift.vault} {gift.amount} base units of {gift.token} without a deposit, "
        f"while all its shares together are {shares}: the next deposit may be worth none of them.",
        entities=(Entity("attacker", gift.giver), Entity("vault", gift.vault), Entity("token", gift.token)),
        values={"amount": gift.amount, "token": gift.token, "shares": shares, "tiny_deposit": gift.deposited},
        key=gift.vault,
    )


def _deposit(assets: int, shares: int, **other: Any) -> dict[str, Any]:
    topics = {"topic0": DEPOSIT, "topic1": literal.topic("alice"), "topic2": literal.topic("alice")}
    return {"address": "vault", **topics, "data": literal.words(assets, shares), **other}


def _given(amount: int, **other: Any) -> dict[str, Any]:
    return {
        "transaction_index": 1,
        "token_address": "coin",
        "standard": "erc20",
        "from_address": "mallory",
        "to_address": "vault",
        "value": amount,
        **other,
    }


_FEW = (_deposit(1, 1),)
_NEXT_TO_NONE: Answered = {("eth_call", "vault"): "0x" + f"{1:064x}"}
_MANY: Answered = {("eth_call", "vault"): "0x" + f"{10**18:064x}"}

detector = Detector(
    id="share-inflation",
    severity=Severity.HIGH,
    reads={
        "logs": Read(columns=("address", "topic0", "topic2", "data", "log_index"), topic0=(DEPOSIT,)),
        "transfers": Read(
            columns=("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
        ),
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a deposit for which no share is given",
            tables={"logs": [_deposit(20_000, 0)]},
            finds=({"severity": "high", "entities": {"vault": "vault", "victim": "alice"}},),
        ),
        Example(
            says="one unit is deposited, and a fortune given",
            tables={"logs": _FEW, "transfers": [_given(10**9)]},
            answers=_NEXT_TO_NONE,
            finds=({"severity": "high", "entities": {"attacker": "mallory"}, "values": {"shares": 1}},),
        ),
        Example(
            says="a yield is given to a vault with many shares",
            tables={"logs": _FEW, "transfers": [_given(10**9)]},
            answers=_MANY,
        ),
        Example(
            says="tokens that come with a deposit are no gift, nor is as little as was deposited",
            tables={
                "logs": [*_FEW, _deposit(10**9, 10**9, transaction_index=1, log_index=1)],
                "transfers": [_given(10**9), _given(100, transaction_index=2)],
            },
            answers=_NEXT_TO_NONE,
        ),
        Example(
            says="what is given before there is a tiny deposit",
            tables={"logs": [_deposit(1, 1, transaction_index=2)], "transfers": [_given(10**9)]},
            answers=_NEXT_TO_NONE,
        ),
    ),
)
