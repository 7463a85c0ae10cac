"""
A watched contract or wallet lost more of an asset than its history or policy allows.

What each watched account loses in a transaction is compared with what it held a block earlier, with what it usually
loses, and with what it was ever given. What goes to other accounts of the organisation is not lost; what is paid for
in the same transaction, with something of known worth, is traded.

## What it finds
One finding for each transaction, watched account and token.

* critical: all of it is gone (99 %); or more than ever before, and more than the largest deposit. high, if it is worth
  less than 10 000 dollars or its worth is not known.
* high: much more than ever before (the most seen and a tenth), and 2 % of what there was or 100 000 dollars.
* medium: a tenth of it in one transaction, or a quarter within an hour; all of it, where that is usual for the account,
  or where nothing shows that the token is not of somebody's own making.
* low: more than ever before, but little of what there is.

"More than ever before" needs 200 remembered transactions; "usual" needs as many.

## Why it matters
This is the loss itself, whatever the trick behind it. Attacks nobody has seen before end here too, and more than half
of them take several transactions: the first is the warning for the rest.

## Blind spots
Items (ERC-721, ERC-1155). Losses under a thousand dollars or, without a price, a millionth of the supply. Tokens that
move balances without a log. What is passed through another account of the organisation is that account's loss, found
only if it is watched as well. A loss that is paid for with things overpriced in the table is none. History is a week of
blocks, one row for each block, account and token (at most 16 tokens of an account a block). What an account held must
be answered by a node: where it is not, only its history speaks. Of tokens without a price, only those the account
itself moved are taken for more than medium: give your own tokens a price.

## Triage
Is it yours: a migration, a treasury's payment, a large customer? If not: pause what can be paused, move what is left
to an account with other keys, and follow the recipient.

## References
- Demystifying Invariant Effectiveness for Securing Smart Contracts (FSE 2024): the cap on tokens going out.
- https://github.com/forta-network/starter-kits
"""

from collections.abc import Iterator
from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.baselines import _losses
from tocsin.detect.detectors.baselines._losses import LEAST_SUPPLY, WINDOW_BLOCKS, Loss
from tocsin.detect.detectors.baselines._outflows import REMEMBERED, TRANSFERS, remember
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, number
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

ALL, PORTION, HOURLY, CAP_SHARE = 0.99, 0.1, 0.25, 0.02
"""Shares of what the account held (reference: detection, section 4.10; the last one: what is worth waking somebody)."""
CAP_DOLLARS = 100_000.0
"""The loss that makes a broken cap high whatever its share."""
MUCH_DOLLARS = 10_000.0
"""A smaller loss is high at most (design)."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.6, Severity.LOW: 0.4}

MOVING = tuple(map(selector, ("transfer(address,uint256)", "transferFrom(address,address,uint256)")))


def run(tables: Tables) -> Iterator[Question]:
    """A question for each loss that matters: what the account held before."""
    for loss in _losses.found(tables):
        yield Question(lookups=_losses.lookups(loss), candidate=loss)


def judge(loss: Loss, answers: Answers) -> Sighting | None:
    """A sighting where a share of what was there, or more than ever, is gone."""
    held, supply = (number(asked(loss), answers) for asked in (_losses.held_before, _losses.supply_before))
    why, severity = _grade(loss, held)
    if severity is None or (loss.dollars is None and loss.amount < LEAST_SUPPLY * (supply or 0)):
        return None
    severity = min(severity, _most_severe(loss))
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
            **({} if held is None else {"held_before": held}),
            "largest_outflow_before": loss.largest_out,
            "largest_deposit_before": loss.largest_in,
            "transactions_remembered": loss.observations,
        },
        labels=(NEVER_LOWERED,),
        key=f"{hexadecimal(loss.account)}:{hexadecimal(loss.token)}",
    )


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


def _most_severe(loss: Loss) -> Severity:
    """How bad it can be at most: anybody can give an account tokens of his own making, and take them out again."""
    if loss.dollars is None and loss.token != NATIVE:
        return Severity.HIGH if loss.is_real else Severity.MEDIUM
    is_much = loss.dollars is None or loss.dollars >= MUCH_DOLLARS
    return Severity.CRITICAL if is_much else Severity.HIGH


def _crosses(loss: Loss, held: int | None) -> bool:
    """Whether this loss is the one by which a quarter is gone within an hour."""
    if not held or not loss.lost_within_hour:
        return False
    at_first = held + loss.lost_within_hour
    return loss.lost_within_hour < HOURLY * at_first <= loss.lost_within_hour + loss.amount


def _summary(loss: Loss, held: int | None) -> str:
    account, token = hexadecimal(loss.account), hexadecimal(loss.token)
    worth = "" if loss.dollars is None else f", {about(loss.dollars)}"
    of = "" if not held else f": {min(1.0, loss.amount / held):.1%} of what it held a block earlier, {held} of {token}"
    known = (
        f" In {loss.observations} transactions of the last week the most that left in one was {loss.largest_out} of "
        f"{token}, and the largest deposit {loss.largest_in} of {token}."
        if loss.observations
        else ""
    )
    return (
        f"{account}, which is watched, lost {loss.amount} of {token}{worth}, most of it to {hexadecimal(loss.taker)}"
        f"{of}.{known}"
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
_PRICED: dict[str, Any] = {"labels": [_POOL], "prices": [_DOLLAR]}

detector = Detector(
    id="watched-drain",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=TRANSFERS),
        "labels": LABELS_READ,
        "prices": PRICES_READ,
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
            says="all of a token without a price is high where the account itself moved it, and medium elsewhere",
            tables={
                "labels": [_POOL],
                "transfers": [_moved(5, 500), _moved(6, 500)],
                "calls": [{"block_number": 5, "from_address": "vault", "to_address": "usd", "selector": MOVING[0]}],
            },
            answers={("eth_call", "usd"): hex(500)},
            finds=({"severity": "high"}, {"severity": "medium"}),
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
