"""
A token's supply changed in size, or by an account, that its history does not explain.

Most mints are paid for in the same transaction: shares of a pool, of a vault, of a lending market. Others book what
somebody borrowed, in a token of the market's own. This detector looks at those that are neither, remembers who made
them and how large they were, and asks for the token's supply.

## What it finds
Mints without a payment in the same transaction, and burns of other people's tokens without one. One finding for each
transaction, token and kind.

* critical: a mint of at least 1 % of the supply by an account not seen minting this token before, where others were;
  a mint that doubled the supply, or more, of a token that is older than a day or was minted three times before.
* high: any other mint that doubled the supply, or more, of a token that is not new; a burn of others' tokens of at
  least 1 % of the supply by an account not seen burning it before; without a supply to compare with, a mint ten times
  the largest of three seen.
* medium: a mint or burn of at least 1 % that is larger than any seen; one far out of line with 200 earlier ones.
* low: an account not seen minting this token before, where five mints were; one out of line with 20 earlier ones.

Tokens younger than a day are left alone.

## Why it matters
Who can mint without limit sells what was never there to everybody who holds the token or lends against it. The mint
comes before the sale, often in another transaction.

## Blind spots
A mint that is paid for in the same transaction, if only with a worthless token, or with a flash loan's repayment.
Supply that changes without a Transfer log. Issuers of stablecoins and bridges mint without a payment on this chain:
the first large one of each minter is reported. History is a week long. Where the node keeps no old state the age is
unknown.

## Triage
Is the minter known, and was the mint announced or matched by a lock on another chain? If not: pause the token, revoke
the minter's role, tell the pools and markets that hold it.

## References
EIP-20; the mint anomaly bots of Forta; Trace2Inv (total supply as an invariant).
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tocsin.detect.accounts import account, questions
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors._held import supply
from tocsin.detect.detectors.tokens import _debts, _mint_grades
from tocsin.detect.detectors.tokens._mint_grades import OUTLIER_Z
from tocsin.detect.detectors.tokens._supply import REMEMBERED, TRANSFERS, Change, History, changes, of_batch, remember
from tocsin.detect.worth import PRICES_READ
from tocsin.model.finding import Entity, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
CONFIDENCE = {Severity.CRITICAL: 0.85, Severity.HIGH: 0.7, Severity.MEDIUM: 0.5, Severity.LOW: 0.5}


def run(tables: Tables) -> Iterator[Question]:
    """A question for each change that is larger than any before, out of line, or made by somebody new."""
    found = of_batch(tables[MEMORY], tables)
    if found.is_empty():
        return
    history = History.of(tables[MEMORY], found["key"], WINDOW_BLOCKS)
    for change in changes(found, history):
        if change.is_unseen or change.amount > change.past.most or change.z > OUTLIER_Z:
            yield Question(lookups=_lookups(change), candidate=change)


def _lookups(change: Change) -> tuple[Lookup, ...]:
    asked = supply(change.place, change.token)
    return (*questions(change.place, [change.token]), *([asked] if asked else []))


def judge(change: Change, answers: Answers) -> Sighting | None:
    """A sighting, by what share of the supply it was and who did it; nothing for a new token."""
    token = account(change.place, change.token, answers)
    share = _share(change, answers)
    severity = None if token.is_young else _mint_grades.severity(change, share, is_old=token.is_young is False)
    if severity is None:
        return None
    roles = (("token", change.token), ("receiver" if change.kind == "mint" else "holder", change.account))
    return Sighting(
        place=change.place,
        severity=severity,
        confidence=CONFIDENCE[severity] if share is not None else min(0.5, CONFIDENCE[severity]),
        title=_title(change, share),
        summary=_summary(change, share),
        entities=(
            *(Entity(role, address) for role, address in roles),
            *(Entity("minter" if change.kind == "mint" else "burner", actor) for actor in [change.actor] if actor),
        ),
        values={
            "kind": change.kind,
            "token": change.token,
            "amount": change.amount,
            "share_basis_points": -1 if share is None else int(share * 10_000),
            "unseen": change.is_unseen,
            "earlier": len(change.past.amounts),
        },
        key=f"{change.kind}:{change.token}",
    )


def _share(change: Change, answers: Answers) -> Fraction | None:
    """The amount as a share of the supply after a mint, or before a burn; None where the supply is not known."""
    there_is = number(supply(change.place, change.token), answers)
    if not there_is:
        return None
    whole = there_is + change.amount if change.kind == "burn" else max(there_is, change.amount)
    return Fraction(change.amount, whole)


def _title(change: Change, share: Fraction | None) -> str:
    title = "Tokens were minted out of nothing" if change.kind == "mint" else "Other people's tokens were burned"
    return title if share is None else f"{title}: {float(100 * share):.3g} % of the supply"


def _summary(change: Change, share: Fraction | None) -> str:
    of = "" if share is None else f" ({float(share):.2%} of the supply)"
    who = f"{change.actor or 'an unknown account'}{', not seen doing so before,' if change.is_unseen else ''}"
    did = "minted" if change.kind == "mint" else "burned"
    whose = "to" if change.kind == "mint" else "of"
    largest = f", the largest {change.past.most / change.amount:.2g} times as much" if change.past.most else ""
    return (
        f"{who} {did} {change.amount} base units of {change.token}{of} {whose} {change.account} with no payment in "
        f"the transaction; {len(change.past.amounts)} earlier ones within a week{largest}."
    )


_OLD, _BEFORE = 20_000, 12_800
"""A block height at which the chain of the examples is older than a day, and a day of blocks earlier."""
_MILLION = "0x" + (10**6).to_bytes(32, "big").hex()
_SUPPLY: Answered = {("eth_call", "coin"): _MILLION}


def _mint(block: int, amount: int, receiver: str = "alice", **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": "coin", "standard": "erc20",
        "to_address": receiver, "value": amount, **other,
    }  # fmt: skip


def _burn(block: int, amount: int, holder: str) -> dict[str, Any]:
    return {**_mint(block, amount), "from_address": holder, "to_address": "0x" + "00" * 20}


def _sent(block: int, sender: str, called: str = "coin") -> dict[str, Any]:
    return {"block_number": block, "from_address": sender, "to_address": called}


_DEBTS = (("bob", "debt"), ("bob", "fake"))


detector = Detector(
    id="abnormal-mint",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=TRANSFERS),
        "transactions": Read(columns=("from_address", "to_address"), optional=True),
        "prices": PRICES_READ,
        "logs": Read(columns=_debts.LOGS, topic0=_debts.BOOKS, optional=True),
        "lending": Read(columns=_debts.LENDING, optional=True),
        "liquidations": Read(columns=_debts.LIQUIDATIONS, optional=True),
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a new minter of 2 % of the supply is critical",
            tables={
                "transfers": [_mint(1, 100), _mint(2, 120), _mint(3, 20_000, "mallory")],
                "transactions": [_sent(1, "issuer"), _sent(2, "issuer"), _sent(3, "mallory")],
            },
            answers=_SUPPLY,
            finds=(
                {
                    "severity": "critical",
                    "confidence": 0.85,
                    "entities": {"token": "coin", "minter": "mallory", "receiver": "mallory"},
                    "values": {"amount": 20_000, "share_basis_points": 200, "unseen": True},
                },
            ),
        ),
        Example(
            says="the known minter who doubles the supply of an old token is critical",
            tables={
                "transfers": [_mint(_OLD - 1, 100), _mint(_OLD, 700_000, "mallory")],
                "transactions": [_sent(_OLD - 1, "issuer"), _sent(_OLD, "issuer")],
            },
            answers={**_SUPPLY, ("eth_getCode", "coin"): "0x6001", ("eth_getCode", "coin", _BEFORE): "0x6001"},
            finds=({"severity": "critical", "values": {"unseen": False}},),
        ),
        Example(
            says="a mint larger than any before is medium; without a supply, ten times as large is high",
            tables={
                "transfers": [
                    _mint(1, 15_000),
                    _mint(2, 20_000),
                    *(_mint(1, 10 + n, token_address="dark") for n in range(3)),  # noqa: S106 - a token is a coin here
                    _mint(2, 500, token_address="dark"),  # noqa: S106 - a token is a coin here
                ],
                "transactions": [_sent(1, "issuer", "bridge"), _sent(2, "issuer", "bridge")],
            },
            answers=_SUPPLY,
            finds=(
                {"severity": "medium", "confidence": 0.5, "entities": {"token": "coin", "minter": "bridge"}},
                {"severity": "high", "confidence": 0.5, "entities": {"token": "dark"}},
            ),
        ),
        Example(
            says="a pool's tokens that a stranger burns are high",
            tables={
                "transfers": [_burn(1, 10, "pool"), _burn(2, 50_000, "pool")],
                "transactions": [_sent(1, "keeper", "farm"), _sent(2, "mallory", "attack")],
            },
            answers=_SUPPLY,
            finds=({"severity": "high", "entities": {"holder": "pool", "burner": "attack"}},),
        ),
        Example(
            says="a mint that is paid for, ordinary issuance and one's own burn are left alone",
            tables={
                "transfers": [
                    _mint(1, 500),
                    _mint(2, 400),
                    _mint(3, 300_000, "bob"),
                    {**_mint(3, 7, "vault", token_address="other"), "from_address": "bob"},  # noqa: S106 - a coin
                    _burn(4, 300_000, "bob"),
                ],
                "transactions": [
                    *(_sent(block, "issuer") for block in (1, 2)),
                    _sent(3, "bob", "vault"),
                    _sent(4, "bob"),
                ],
            },
            answers=_SUPPLY,
        ),
        Example(
            says="a debt that its own token books, as large as what was borrowed, is left alone; a larger mint is not",
            tables={
                "transfers": [
                    *(_mint(1, 100, name, token_address=token) for name, token in _DEBTS),
                    *(_mint(2, 400_001, name, token_address=token) for name, token in _DEBTS),
                ],
                "transactions": [_sent(1, "issuer", "pool"), _sent(2, "bob", "pool")],
                "logs": [
                    {
                        "block_number": 2,
                        "address": token,
                        "topic0": _debts.MINT,
                        "topic1": literal.topic("bob"),
                        "topic2": literal.topic("bob"),
                        "data": literal.words(400_001, interest, 10**27),
                    }
                    for (_, token), interest in zip(_DEBTS, (1, 300_000), strict=True)
                ],
                "lending": [
                    {
                        "block_number": 2,
                        "kind": "borrow",
                        "account_address": "bob",
                        "market_address": "pool",
                        "token_address": "usd",
                        "value": 400_000,
                    }
                ],
            },
            answers={("eth_call", "debt"): _MILLION, ("eth_call", "fake"): _MILLION},
            finds=({"severity": "medium", "entities": {"token": "fake"}},),
        ),
        Example(
            says="a token younger than a day is still being handed out",
            tables={
                "transfers": [_mint(_OLD - 1, 100), _mint(_OLD, 700_000)],
                "transactions": [_sent(_OLD - 1, "issuer"), _sent(_OLD, "other")],
            },
            answers={**_SUPPLY, ("eth_getCode", "coin"): "0x6001", ("eth_getCode", "coin", _BEFORE): "0x"},
        ),
    ),
)
