"""
Somebody's signature, not a transaction of theirs, let another take all they had of a token.

## What it finds
A transaction in which tokens or native coin go from an account to the sender of the transaction, the account neither
sent it nor got anything in it, and what let them go was signed off the chain:

* a transfer by Permit2's `permitTransferFrom` that the sender called directly;
* code that the account took on by an EIP-7702 authorisation in this very transaction.

high: the account has nothing left of what was taken. medium: nobody could say what is left. Where something is left it
is not told: those who are paid by signature, and relayers who take a fee, do not take the last unit.

## Why it matters
The victim sees no transaction of its own and, with Permit2, no approval either. Whoever signed once may have signed
more.

## Blind spots
Thieves who send the loot elsewhere in the same transaction, or call Permit2 through a contract of theirs. Thieves who
leave something. EIP-2612 permits: see ice-phishing. Who signed an authorisation is not recovered: the account is the
one that the transaction calls.

## Triage
Tell the victim to move what is left and to take back approvals: with Permit2, `lockdown`; with EIP-7702, a new
authorisation for the zero address. Where the issuer can freeze, ask at once.

## References
- https://eips.ethereum.org/EIPS/eip-7702
- https://docs.uniswap.org/contracts/permit2/reference/signature-transfer
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, balance, call
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

PERMIT2_TRANSFERS = (
    selector("permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)"),
    selector("permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)"),
)
BALANCE_OF = selector("balanceOf(address)")
PERMIT2, DELEGATION = "Permit2", "EIP-7702"
CONFIDENCE, CONFIDENCE_UNREAD = 0.85, 0.5
DUST_WEI = 10**16
"""Native coin that may be left: a hundredth (reference: detection, section 4.35)."""
_TAKEN = ("erc20", "native", "wrap")


@dataclass(frozen=True, slots=True)
class Drain:
    """What one transaction took from one account."""

    place: Place
    taker: str
    victim: str
    by: str
    taken: tuple[tuple[str, int], ...]
    """Tokens and base units."""


def run(tables: Tables) -> Iterator[Question]:
    """A question about what is left for each account that gave to a sender who came with its signature."""
    signed = {**_delegated(tables), **_permitted(tables["calls"])}
    if not signed:
        return
    senders = dict(tables["transactions"].select("transaction_hash", "from_address").rows())
    moves = tables["transfers"].filter(pl.col("transaction_hash").is_in(list(signed)))
    for drain in _drains(moves, signed, senders):
        yield Question(lookups=_left(drain), candidate=drain)


Signed = dict[Any, tuple[str, bytes | None]]
"""By transaction: what was signed, and by whom where that is known."""


def _permitted(calls: pl.DataFrame) -> Signed:
    """Transactions whose sender called Permit2 itself."""
    direct = calls.filter((pl.col("depth") == 0) & ~pl.col("reverted"))
    return dict.fromkeys(direct["transaction_hash"], (PERMIT2, None))


def _delegated(tables: Tables) -> Signed:
    """Transactions with authorisations that somebody else sent to the account."""
    with_some = tables["authorisations"]["transaction_hash"].unique()
    sent = tables["transactions"].filter(pl.col("transaction_hash").is_in(with_some.to_list()))
    rows = sent.select("transaction_hash", "from_address", "to_address").rows()
    return {hash_: (DELEGATION, to) for hash_, sender, to in rows if to is not None and to != sender}


def _drains(moves: pl.DataFrame, signed: Signed, senders: Mapping[Any, bytes]) -> Iterator[Drain]:
    taken: dict[tuple[Any, bytes], list[tuple[str, int]]] = {}
    places: dict[Any, Place] = {}
    paid = set()
    for row in moves.filter(pl.col("standard").is_in(_TAKEN)).iter_rows(named=True):
        hash_, giver = row["transaction_hash"], row["from_address"]
        places.setdefault(hash_, Place.of(row))
        paid.add((hash_, row["to_address"]))
        if row["to_address"] == senders.get(hash_) and giver != row["to_address"] and _may_be(signed[hash_], giver):
            amount = int.from_bytes(row["value_binary"], "big")
            taken.setdefault((hash_, giver), []).append((str(hexadecimal(row["token_address"])), amount))
    for (hash_, giver), some in taken.items():
        if (hash_, giver) not in paid:
            taker = str(hexadecimal(senders[hash_]))
            yield Drain(places[hash_], taker, str(hexadecimal(giver)), signed[hash_][0], tuple(sorted(some)))


def _may_be(signed: tuple[str, bytes | None], giver: bytes) -> bool:
    return signed[1] is None or signed[1] == giver


def _left(drain: Drain) -> tuple[Lookup, ...]:
    return tuple(lookup for token, _ in drain.taken if (lookup := _left_of(drain, token)) is not None)


def _left_of(drain: Drain, token: str) -> Lookup | None:
    place = drain.place
    if place.block_number is None:
        return None
    if token == str(hexadecimal(NATIVE)):
        return balance(drain.victim, block_number=place.block_number, chain_id=place.chain_id)
    data = "0x" + BALANCE_OF.hex() + drain.victim[2:].rjust(64, "0")
    return call(token, data, block_number=place.block_number, chain_id=place.chain_id)


def judge(drain: Drain, answers: Answers) -> Sighting | None:
    """A sighting unless something is left of everything that was taken."""
    left = [_number(answers.get(lookup)) for lookup in _left(drain)]
    tokens = [token for token, _ in drain.taken]
    emptied = [_is_nothing(token, amount) for token, amount in zip(tokens, left, strict=False)]
    unread = not left or None in left
    if not any(emptied) and not unread:
        return None
    told = ", ".join(f"{amount} of {token}" for token, amount in drain.taken)
    return Sighting(
        place=drain.place,
        severity=Severity.HIGH if any(emptied) else Severity.MEDIUM,
        confidence=CONFIDENCE if any(emptied) else CONFIDENCE_UNREAD,
        title=f"All that an account had was taken with its signature ({drain.by})",
        summary=f"{drain.taker} took {told} from {drain.victim}, who sent no transaction and got nothing: it had "
        f"signed off the chain ({drain.by}).",
        entities=(Entity("attacker", drain.taker), Entity("victim", drain.victim)),
        values={
            "tokens": tuple(token for token, _ in drain.taken),
            "amounts": tuple(amount for _, amount in drain.taken),
            "signed_for": drain.by,
        },
        key=drain.victim,
    )


def _number(answer: str | None) -> int | None:
    try:
        return None if answer is None else int(answer, 16)
    except ValueError:
        return None


def _is_nothing(token: str, left: int | None) -> bool:
    return left is not None and (left <= DUST_WEI if token == str(hexadecimal(NATIVE)) else left == 0)


def _permit(**other: Any) -> dict[str, Any]:
    return {"from_address": "mallory", "to_address": "permit2", "selector": PERMIT2_TRANSFERS[0], **other}


def _taking(**other: Any) -> dict[str, Any]:
    move = {"token_address": "coin", "standard": "erc20", "from_address": "alice", "to_address": "mallory"}
    return {**move, "value": 900, **other}


_SENT = {"from_address": "mallory", "to_address": "permit2"}
_TO_ALICE = {"from_address": "mallory", "to_address": "alice"}
_AUTHORISED = {"delegate_address": "sweeper"}
_NOTHING: Answered = {("eth_call", "coin"): "0x" + "0" * 64}
_SOMETHING: Answered = {("eth_call", "coin"): "0x" + f"{5:064x}"}

detector = Detector(
    id="signature-drain",
    severity=Severity.HIGH,
    reads={
        "transactions": Read(columns=("from_address", "to_address")),
        "transfers": Read(columns=("token_address", "standard", "from_address", "to_address", "value_binary")),
        "calls": Read(columns=("from_address", "selector", "depth", "reverted"), selector=PERMIT2_TRANSFERS),
        "authorisations": Read(columns=("delegate_address",)),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a signature presented at Permit2 takes all",
            tables={"transactions": [_SENT], "calls": [_permit()], "transfers": [_taking()]},
            answers=_NOTHING,
            finds=({"severity": "high", "entities": {"attacker": "mallory", "victim": "alice"}},),
        ),
        Example(
            says="an authorisation is sent by somebody who gets all tokens and the coin",
            tables={
                "transactions": [_TO_ALICE],
                "authorisations": [_AUTHORISED],
                "transfers": [_taking(), _taking(token_address="0x" + "ee" * 20, standard="native", value=10**18)],
            },
            answers=_NOTHING,
            finds=({"severity": "high", "values": {"signed_for": "EIP-7702"}},),
        ),
        Example(
            says="nobody can say what is left",
            tables={"transactions": [_SENT], "calls": [_permit()], "transfers": [_taking()]},
            finds=({"severity": "medium"},),
        ),
        Example(
            says="a relayer takes a fee",
            tables={"transactions": [_TO_ALICE], "authorisations": [_AUTHORISED], "transfers": [_taking(value=3)]},
            answers=_SOMETHING,
        ),
        Example(
            says="what is signed for is swapped: the owner gets something",
            tables={
                "transactions": [_SENT],
                "calls": [_permit()],
                "transfers": [
                    _taking(),
                    _taking(value=7) | {"token_address": "fruit", "from_address": "pool", "to_address": "alice"},
                ],
            },
            answers=_NOTHING,
        ),
        Example(
            says="Permit2 called by a contract, and a payment that comes by itself",
            tables={
                "transactions": [_SENT],
                "calls": [_permit(depth=1, call_index=1, from_address="router")],
                "transfers": [_taking()],
            },
            answers=_NOTHING,
        ),
    ),
)
