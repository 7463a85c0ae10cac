"""
Somebody voted in the transaction in which he had a flash loan.

Governance that counts what an account holds at this moment can be carried by votes that are borrowed for one
transaction. The contract that received the loan is then the voter.

## What it finds
A vote, `VoteCast` or `Voted`, by the contract that received a flash loan in the same transaction. Critical. One finding
for each transaction, voter and governance contract.

## Why it matters
A majority costs no more than a loan's fee: whatever was proposed is carried out, and that is usually a payment of the
whole treasury.

## Blind spots
Votes with other events; votes by a contract that the borrower passes the tokens to; votes that are bought and sold in
different transactions. It is not compared which token was lent and which one votes. The malicious proposal itself,
which waits before such a vote, is not read.

## Triage
Freeze governance and what it can pay from. Read what the proposal carried out, and when it was made. If it was carried
out already, have the issuers freeze what was taken.

## References
OpenZeppelin Contracts `Governor`; the governance bots of Forta; OWASP Smart Contract Top 10, flash loan attacks.
"""

from collections.abc import Iterator
from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.control import _events
from tocsin.detect.detectors.control._proposals import FAMILY
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

VOTERS = {
    topic("VoteCast(address,uint256,uint8,uint256,string)"): 0,
    topic("VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)"): 0,
    topic("Voted(uint256,address,uint256)"): 1,
}
"""By event: which argument is the voter."""
CONFIDENCE = 0.85
"""As the reference has it for flash-borrowed votes (detection, section 4.25)."""


def run(tables: Tables) -> Iterator[Sighting]:
    """Votes by who received a loan in the same transaction."""
    if tables["logs"].is_empty():
        return
    borrowers = {
        _events.key(row, _events.text(row["borrower_address"])) for row in tables["flash_loans"].iter_rows(named=True)
    }
    seen = set()
    for row in _events.in_order(tables["logs"]):
        words, number = _events.arguments(row), VOTERS[row["topic0"]]
        if number >= len(words):
            continue
        voter, governance = _events.address_of(words[number]), _events.text(row["address"])
        key = (*_events.key(row, voter), governance)
        if _events.key(row, voter) in borrowers and key not in seen:
            seen.add(key)
            yield _sighting(Place.of(row), voter, governance)


def _sighting(place: Place, voter: str, governance: str) -> Sighting:
    return Sighting(
        place=place,
        severity=Severity.CRITICAL,
        confidence=CONFIDENCE,
        title="Somebody voted with a flash loan",
        summary=f"{voter} received a flash loan and voted at {governance} in the same transaction.",
        entities=(Entity("attacker", voter), Entity("governance", governance)),
        labels=(FAMILY,),
        key=f"{voter}:{governance}",
    )


_CAST, _, _VOTED = VOTERS
_LOAN = [{"borrower_address": "mallory", "lender_address": "lender", "protocol": "balancer_v2", "form": "event"}]


def _cast(voter: str) -> dict[str, Any]:
    return {"address": "governor", "topic0": _CAST, "topic1": literal.topic(voter), "data": literal.words(7, 1, 100)}


detector = Detector(
    id="borrowed-votes",
    severity=Severity.CRITICAL,
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=tuple(VOTERS)),
        "flash_loans": Read(columns=("borrower_address",)),
    },
    run=run,
    examples=(
        Example(
            says="a borrower who votes is critical",
            tables={"logs": [_cast("mallory")], "flash_loans": _LOAN},
            finds=({"severity": "critical", "entities": {"attacker": "mallory", "governance": "governor"}},),
        ),
        Example(
            says="a stake that counts as a vote is one",
            tables={
                "logs": [{"address": "governor", "topic0": _VOTED, "data": literal.words(7, "mallory", 100)}],
                "flash_loans": _LOAN,
            },
            finds=({"severity": "critical"},),
        ),
        Example(says="a vote by another is left alone", tables={"logs": [_cast("alice")], "flash_loans": _LOAN}),
        Example(says="a vote without a loan is left alone", tables={"logs": [_cast("mallory")]}),
    ),
)
