"""
Somebody moved another's tokens without being allowed to.

## What it finds
A transaction that calls a token's `transferFrom` for an account that is not its sender, and succeeds, although the
token itself says that the sender was allowed less by the end of the block before, and no approval in the block raised
it.

* high: always.

## Why it matters
A token that does not check allowances belongs to whoever reads its code first.

## Blind spots
Tokens that are moved through a contract; tokens that cannot be asked, such as items. A token that lets some accounts
move what they like by design, without saying so, looks the same. Approvals are looked for where the token logs them.

## Triage
Read the token's `transferFrom`: where the check is missing, pause the token and have exchanges stop trading it.

## References
- https://eips.ethereum.org/EIPS/eip-20 (transferFrom)
- https://nvd.nist.gov/vuln/detail/CVE-2018-10468
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.detect.detectors._example_rows import call
from tocsin.model import lookups
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE
from tocsin.tables.dataset import Tables

TRANSFER_FROM, ALLOWANCE = selector("transferFrom(address,address,uint256)"), selector("allowance(address,address)")
WORDS = 3
CONFIDENCE = 0.7
FAMILY = "family:access-control"
_KEY, _CALL = abi.keys((TRANSFER_FROM,)), abi.texts(("call",))


@dataclass(frozen=True, slots=True)
class Taking:
    """A transfer of another's tokens by the sender of a transaction."""

    place: Place
    token: str
    owner: str
    taker: str
    receiver: str
    amount: int

    @property
    def allowance(self) -> Lookup | None:
        """What the sender was allowed by the end of the block before."""
        height = self.place.block_number
        if not height:
            return None
        words = (bytes.fromhex(each[2:]).rjust(WORD_BYTES, b"\0") for each in (self.owner, self.taker))
        data = "0x" + (ALLOWANCE + b"".join(words)).hex()
        return lookups.call(self.token, data, block_number=height - 1, chain_id=self.place.chain_id)


def run(tables: Tables) -> Iterator[Question]:
    """A question for each transfer of another's tokens that nothing in the block allowed."""
    taken = _candidates(tables["calls"])
    if taken.is_empty():
        return
    allowed = _allowed(tables["approvals"])
    for row in taken.iter_rows(named=True):
        taking = _taking(row)
        key = (row["chain_id"], row["block_number"], taking.token, taking.owner, taking.taker)
        if taking.amount and taking.owner != taking.taker and key not in allowed and taking.allowance:
            yield Question(lookups=(taking.allowance,), candidate=taking)


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    is_one = abi.among(calls["selector"], _KEY) & (calls["depth"].to_numpy() == 0)
    is_one &= abi.among(calls["call_type"], _CALL) & ~calls["reverted"].to_numpy()
    is_one &= abi.has_words(calls["input"], WORDS, skip=SELECTOR_BYTES) & abi.present(calls["to_address"])
    return rows_where(calls[[*PLACE, "from_address", "to_address", "input"]], is_one)


def _allowed(approvals: pl.DataFrame) -> set[tuple[Any, ...]]:
    """By chain and block: token, owner and spender of every approval, in whatever transaction."""
    columns = ("chain_id", "block_number", "token_address", "owner_address", "spender_address")
    return {
        (chain, block, *(hexadecimal(each) for each in ends)) for chain, block, *ends in approvals[[*columns]].rows()
    }


def _taking(row: dict[str, Any]) -> Taking:
    words = [row["input"][at : at + WORD_BYTES] for at in range(SELECTOR_BYTES, SELECTOR_BYTES + 96, WORD_BYTES)]
    owner, receiver = (hexadecimal(word[-ADDRESS_BYTES:]) or "" for word in words[:2])
    return Taking(
        place=Place.of(row),
        token=hexadecimal(row["to_address"]) or "",
        owner=owner,
        taker=hexadecimal(row["from_address"]) or "",
        receiver=receiver,
        amount=int.from_bytes(words[2], "big"),
    )


def judge(taking: Taking, answers: Answers) -> Sighting | None:
    """A sighting where the token says that less was allowed."""
    lookup = taking.allowance
    answer = None if lookup is None else answers.get(lookup)
    if answer is None or len(answer) != 2 + 2 * WORD_BYTES:
        return None
    try:
        allowed = int(answer, 16)
    except ValueError:
        return None
    return None if allowed >= taking.amount else _sighting(taking, allowed)


def _sighting(taking: Taking, allowed: int) -> Sighting:
    return Sighting(
        place=taking.place,
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title="Somebody moved another's tokens without being allowed to",
        summary=f"{taking.taker} moved {taking.amount} of {taking.token} from {taking.owner} to {taking.receiver}; the "
        f"token says it was allowed {allowed}.",
        entities=(
            Entity("attacker", taking.taker),
            Entity("victim", taking.owner),
            Entity("receiver", taking.receiver),
            Entity("token", taking.token),
        ),
        values={"amount": taking.amount, "allowed": allowed},
        labels=(FAMILY,),
    )


def _taken(amount: int, owner: str = "alice") -> list[dict[str, Any]]:
    return [call(0, 0, 1, "mallory", "coin", TRANSFER_FROM + literal.words(owner, "mallory", amount))]


def _says(allowed: int) -> Answered:
    return {("eth_call", "coin"): f"0x{allowed:064x}"}


detector = Detector(
    id="unallowed-transfer",
    severity=Severity.HIGH,
    reads={
        "calls": Read(
            columns=("depth", "call_type", "from_address", "to_address", "selector", "input", "reverted"),
            selector=(TRANSFER_FROM,),
        ),
        "approvals": Read(columns=("token_address", "owner_address", "spender_address")),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="nothing was allowed, and everything is taken",
            tables={"calls": _taken(100)},
            answers=_says(0),
            finds=(
                {
                    "severity": "high",
                    "entities": {"attacker": "mallory", "victim": "alice", "token": "coin"},
                    "values": {"amount": 100, "allowed": 0},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(says="as much was allowed", tables={"calls": _taken(100)}, answers=_says(100)),
        Example(
            says="it was allowed a moment ago",
            tables={
                "calls": _taken(100),
                "approvals": [{"token_address": "coin", "owner_address": "alice", "spender_address": "mallory"}],
            },
            answers=_says(0),
        ),
        Example(says="one's own tokens", tables={"calls": _taken(100, owner="mallory")}, answers=_says(0)),
        Example(says="a token that does not answer", tables={"calls": _taken(100)}),
    ),
)
