"""
A watched contract or wallet lost more of an asset than its history or policy allows.

What each watched account loses in a transaction is compared with what it held a block earlier, with what it usually
loses, and with what it was ever given. What goes to other accounts of the organisation is not lost; what is paid for
in the same transaction, with something of known worth, is traded.

## What it finds
One finding for each transaction, watched account and token.

* critical: all of it is gone (99 %); or more than ever before, and more than the largest deposit.
* high: much more than ever before (the most seen and a tenth), and 2 % of what there was or 100 000 dollars.
* medium: a tenth of it in one transaction, or a quarter within an hour; all of it, where that is usual for the account,
  or where nothing shows that the token is not of somebody's own making.
* low: more than ever before, but little of what there is.

"More than ever before" needs 200 remembered transactions; "usual" needs as many.

## Why it matters
This is the loss itself, whatever the trick behind it. Attacks nobody has seen before end here too, and more than half
of them take several transactions: the first is the warning for the rest.

## Blind spots
Items (ERC-721, ERC-1155). Losses under a thousand dollars. Tokens that move balances without a log. What is passed
through another account of the organisation is that account's loss, found only if it is watched as well. A loss that is
paid for with worthless things of known price is none. History is a week of blocks, one row for each block, account and
token (at most 16 tokens of an account a block). What an account held must be answered by a node: where it is not, only
its history speaks. Of tokens without a price, only those the account itself moved are taken for more than medium.

## Triage
Is it yours: a migration, a treasury's payment, a large customer? If not: pause what can be paused, move what is left
to an account with other keys, and follow the recipient.

## References
- Demystifying Invariant Effectiveness for Securing Smart Contracts (FSE 2024): the cap on tokens going out.
- https://github.com/forta-network/starter-kits
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.accounts import blocks_in
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.baselines import _watched
from tocsin.detect.detectors.baselines._history import MARGIN, OBSERVATIONS, Track, tracks
from tocsin.detect.detectors.baselines._outflows import (
    KEY,
    REMEMBERED,
    TRANSFERS,
    Change,
    changes,
    losses,
    most,
    priced_first,
    remember,
    total,
)
from tocsin.detect.worth import Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, balance, call
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
HOUR_SECONDS = 3_600
ALL, PORTION, HOURLY, CAP_SHARE = 0.99, 0.1, 0.25, 0.02
"""Shares of what the account held (reference: detection, section 4.10; the last one: what is worth waking somebody)."""
LEAST_DOLLARS, CAP_DOLLARS = 1_000.0, 100_000.0
"""The least loss that counts, and the least by which a cap alone is high."""
TRADED = 0.5
"""A loss is a trade when at least this part of its worth came back."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.6, Severity.LOW: 0.4}

MOVING = tuple(map(selector, ("transfer(address,uint256)", "transferFrom(address,address,uint256)")))
BALANCE_OF = selector("balanceOf(address)")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a watched account lost of a token in one transaction, with what came before."""

    place: Place
    account: bytes
    token: bytes
    amount: int
    taker: bytes
    sender: bytes | None
    dollars: float | None
    is_real: bool
    """The token has a known price, or the account itself moved it."""
    observations: int
    largest_out: int
    largest_in: int
    lost_within_hour: int
    """Before this block, less what came in."""

    @property
    def is_learned(self) -> bool:
        """Enough was seen to know what is usual."""
        return self.observations >= OBSERVATIONS

    @property
    def is_over_cap(self) -> bool:
        """More than what is usual, where that is known."""
        return self.is_learned and self.amount > self.largest_out * (1 + MARGIN)


def run(tables: Tables) -> Iterator[Question]:
    """A question for each loss that matters: what the account held before."""
    found = priced_first(changes(tables), tables)
    lost = [pair for pair in losses(found) if _matters(*pair, Prices.of(tables))]
    if not lost:
        return
    wanted = {_key(change) for change, _ in lost}
    known, movers, senders = tracks(tables[MEMORY], KEY, wanted), _movers(tables), _senders(tables)
    for change, _ in lost:
        loss = _loss(change, known.get(_key(change)), Prices.of(tables), movers, senders)
        yield Question(lookups=_lookups(loss), candidate=loss)


def _key(change: Change) -> tuple[Any, ...]:
    return change.place["chain_id"], change.account, change.token


def _matters(change: Change, others: list[Change], prices: Prices) -> bool:
    """Whether it is worth enough, as far as that is known, and was not paid for."""
    chain = change.place["chain_id"]
    worth = prices.dollars(chain, change.token, change.net)
    got = sum(prices.dollars(chain, other.token, -other.net) or 0.0 for other in others if other.net < 0)
    if worth is None:
        return got < LEAST_DOLLARS
    return worth >= LEAST_DOLLARS and got < TRADED * worth


def _movers(tables: Tables) -> frozenset[tuple[Any, ...]]:
    """Transaction, caller and token of the calls that move tokens, by watched accounts."""
    if "calls" not in tables or tables["calls"].is_empty():
        return frozenset()
    rows = _watched.rows(tables, "calls", "from_address")
    return frozenset(rows.select("block_hash", "transaction_hash", "from_address", "to_address").rows())


def _senders(tables: Tables) -> Mapping[tuple[Any, ...], bytes]:
    if "transactions" not in tables:
        return {}
    rows = tables["transactions"].select("block_hash", "transaction_hash", "from_address").iter_rows()
    return {(block, hash_): sender for block, hash_, sender in rows}


def _loss(
    change: Change,
    known: Track | None,
    prices: Prices,
    movers: frozenset[tuple[Any, ...]],
    senders: Mapping[tuple[Any, ...], bytes],
) -> Loss:
    place, number = change.place, change.place["block_number"]
    where = (place["block_hash"], place["transaction_hash"])
    dollars = prices.dollars(place["chain_id"], change.token, change.net)
    past = known.before(number, WINDOW_BLOCKS) if known else None
    lately = known.before(number, blocks_in(place["chain_id"], HOUR_SECONDS)) if known else None
    return Loss(
        place=Place.of(place),
        account=change.account,
        token=change.token,
        amount=change.net,
        taker=change.taker,
        sender=senders.get(where),
        dollars=dollars,
        is_real=dollars is not None or (*where, change.account, change.token) in movers,
        observations=0 if past is None else int(past["outflows"].sum() + past["inflows"].sum()),
        largest_out=0 if past is None else most(past, "largest_out_binary"),
        largest_in=0 if past is None else most(past, "largest_in_binary"),
        lost_within_hour=0 if lately is None else max(0, total(lately, "out_binary") - total(lately, "in_binary")),
    )


def _lookups(loss: Loss) -> tuple[Lookup, ...]:
    """What the account held before the block."""
    place = loss.place
    if not place.block_number:
        return ()
    before = place.block_number - 1
    account = str(hexadecimal(loss.account))
    if loss.token == NATIVE:
        return (balance(account, block_number=before, chain_id=place.chain_id),)
    asked = "0x" + BALANCE_OF.hex() + loss.account.rjust(32, b"\0").hex()
    return (call(str(hexadecimal(loss.token)), asked, block_number=before, chain_id=place.chain_id),)


def judge(loss: Loss, answers: Answers) -> Sighting | None:
    """A sighting where a share of what was there, or more than ever, is gone."""
    held = _held(loss, answers)
    why, severity = _grade(loss, held)
    if severity is None:
        return None
    severity = severity if loss.is_real else min(severity, Severity.MEDIUM)
    return Sighting(
        place=loss.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title=f"A watched account lost {why}",
        summary=_summary(loss, held),
        entities=_entities(loss),
        values={
            "token": str(hexadecimal(loss.token)),
            "amount": loss.amount,
            "held_before": -1 if held is None else held,
            "largest_outflow_before": loss.largest_out,
            "largest_deposit_before": loss.largest_in,
            "transactions_remembered": loss.observations,
        },
        labels=(_watched.LOSS,),
        key=f"{hexadecimal(loss.account)}:{hexadecimal(loss.token)}",
    )


def _held(loss: Loss, answers: Answers) -> int | None:
    try:
        return next((int(answers[lookup], 16) for lookup in _lookups(loss) if lookup in answers), None)
    except ValueError:
        return None


def _grade(loss: Loss, held: int | None) -> tuple[str, Severity | None]:
    """What was lost, in words, and how bad that is."""
    share = min(1.0, loss.amount / held) if held else 0.0
    is_usual = loss.is_learned and not loss.is_over_cap
    if share >= ALL:
        return "all it held of a token", Severity.MEDIUM if is_usual else Severity.CRITICAL
    if loss.is_over_cap:
        if share >= PORTION and loss.amount > loss.largest_in:
            return "more than ever before, and more than it was ever given", Severity.CRITICAL
        is_much = share >= CAP_SHARE or (loss.dollars or 0.0) >= CAP_DOLLARS
        return "more than ever before", Severity.HIGH if is_much else Severity.LOW
    if share >= PORTION and not is_usual:
        return "much of what it held", Severity.MEDIUM
    return "much of what it held within an hour", Severity.MEDIUM if _crosses(loss, held) else None


def _crosses(loss: Loss, held: int | None) -> bool:
    """Whether this loss is the one by which a quarter is gone within an hour."""
    if not held or not loss.lost_within_hour:
        return False
    at_first = held + loss.lost_within_hour
    return loss.lost_within_hour < HOURLY * at_first <= loss.lost_within_hour + loss.amount


def _summary(loss: Loss, held: int | None) -> str:
    account, token = hexadecimal(loss.account), "native coin" if loss.token == NATIVE else hexadecimal(loss.token)
    worth = "" if loss.dollars is None else f", {about(loss.dollars)}"
    of = "" if not held else f" of the {held} it held a block earlier ({min(1.0, loss.amount / held):.1%})"
    known = (
        f" In {loss.observations} transactions of the last week the most that left in one was {loss.largest_out}, "
        f"and the largest deposit {loss.largest_in}."
        if loss.observations
        else ""
    )
    return (
        f"{account}, which is watched, lost {loss.amount} base units of {token}{worth}{of}, "
        f"most of it to {hexadecimal(loss.taker)}.{known}"
    )


def _entities(loss: Loss) -> tuple[Entity, ...]:
    """The victim, who got it and who sent the transaction; nobody twice, and no watched account as somebody else."""
    others = (("recipient", loss.taker), ("sender", loss.sender))
    named = {loss.account: "victim", **{address: role for role, address in reversed(others) if address}}
    named[loss.account] = "victim"
    return (
        *(Entity(role, str(hexadecimal(address))) for address, role in named.items()),
        Entity("token", str(hexadecimal(loss.token))),
    )


_POOL = {"address": "vault", "kind": "watched"}
_DOLLAR = {"token_address": "usd", "dollars_per_unit": 1.0}


def _moved(block: int, amount: int, taker: str = "mallory", giver: str = "vault", **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": "usd", "standard": "erc20",
        "from_address": giver, "to_address": taker, "value": amount, **other,
    }  # fmt: skip


def _history(inflow: int, outflow: int) -> list[dict[str, Any]]:
    """A hundred blocks in which as much comes in and goes out."""
    return [
        _moved(block, amount, *parties, transaction_index=number)
        for block in range(1, 101)
        for number, (amount, parties) in enumerate(((inflow, ("vault", "alice")), (outflow, ("alice", "vault"))))
    ]


_NATIVE_TEXT = "0x" + NATIVE.hex()
_HELD: Answered = {("eth_call", "usd"): hex(1_000_000)}
_PRICED = {"labels": [_POOL], "prices": [_DOLLAR]}

detector = Detector(
    id="watched-drain",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=TRANSFERS),
        "labels": _watched.LABELS,
        "prices": Read(columns=("token_address", "dollars_per_unit")),
        "transactions": Read(columns=("from_address",), optional=True),
        "calls": Read(columns=("from_address", "to_address", "selector"), selector=MOVING, optional=True),
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="all of a watched vault's dollars leave it",
            tables={**_PRICED, "transfers": [_moved(5, 1_000_000)]},
            answers=_HELD,
            finds=(
                {
                    "severity": "critical",
                    "confidence": 0.9,
                    "entities": {"victim": "vault", "recipient": "mallory"},
                    "values": {"amount": 1_000_000, "held_before": 1_000_000},
                    "labels": ["watched-loss"],
                },
            ),
        ),
        Example(
            says="more than ever before, and than was ever given, is critical; only than ever before is high",
            tables={
                **_PRICED,
                "transfers": [
                    *_history(30_000, 20_000),
                    _moved(101, 25_000, "bob"),
                    _moved(102, 300_000),
                ],
            },
            answers=_HELD,
            finds=(
                {"severity": "high", "values": {"amount": 25_000}},
                {"severity": "critical", "values": {"amount": 300_000, "largest_deposit_before": 30_000}},
            ),
        ),
        Example(
            says="a tenth at once is medium, and so is the last part of a quarter within an hour",
            tables={
                **_PRICED,
                "transfers": [
                    _moved(5, 150_000),
                    *(_moved(5 + n, 90_000, "bob", "safe") for n in range(4)),
                ],
                "labels": [_POOL, {"address": "safe", "kind": "watched"}],
            },
            answers=_HELD,
            finds=(
                {"severity": "medium", "values": {"amount": 150_000}},
                {"severity": "medium", "values": {"amount": 90_000}, "entities": {"victim": "safe"}},
            ),
        ),
        Example(
            says="all of a token without a price is critical where the account itself moved it, and medium elsewhere",
            tables={
                "labels": [_POOL],
                "transfers": [_moved(5, 500), _moved(6, 500)],
                "calls": [{"block_number": 5, "from_address": "vault", "to_address": "usd", "selector": MOVING[0]}],
            },
            answers={("eth_call", "usd"): hex(500)},
            finds=({"severity": "critical"}, {"severity": "medium"}),
        ),
        Example(
            says="native coin from a watched wallet",
            tables={
                "labels": [_POOL],
                "prices": [{"token_address": _NATIVE_TEXT, "dollars_per_unit": 2e-15}],
                "transfers": [_moved(5, 9 * 10**18, token_address=_NATIVE_TEXT, standard="native")],
                "transactions": [{"block_number": 5, "from_address": "vault", "to_address": "mallory"}],
            },
            answers={("eth_getBalance", "vault"): hex(9 * 10**18 + 10**15)},
            finds=({"severity": "critical", "entities": {"victim": "vault", "recipient": "mallory"}},),
        ),
        Example(
            says="what is usual, little, traded, sent to an account of one's own, or not watched is left alone",
            tables={
                **_PRICED,
                "labels": [_POOL, {"address": "cold", "kind": "own"}],
                "prices": [_DOLLAR, {"token_address": "euro", "dollars_per_unit": 1.0}],
                "transfers": [
                    *_history(80_000, 80_000),
                    _moved(101, 85_000, "bob"),
                    _moved(102, 900, "bob"),
                    _moved(103, 900_000, "cold"),
                    _moved(104, 900_000, "bob"),
                    _moved(104, 800_000, "vault", "bob", token_address="euro"),  # noqa: S106 - a coin
                    _moved(105, 900_000, "bob", "alice"),
                ],
            },
            answers=_HELD,
        ),
        Example(says="nobody answers, and little is remembered", tables={**_PRICED, "transfers": [_moved(5, 9_000)]}),
    ),
)
