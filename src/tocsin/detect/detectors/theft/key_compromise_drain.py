"""
Accounts were emptied by their own transactions: somebody else has the keys.

## What it finds
Payments that accounts make themselves, in native coin or by a token's own `transfer`, without any other contract. It
remembers six hours of those worth a thousand dollars and more, and asks a node what is left.

* Several accounts emptied into one: three or more, into an account that has sent fewer than 500 transactions. high: six
  or more, worth ten thousand dollars, and the receiver had sent and held nothing a day before. critical: more than ten,
  and a hundred thousand dollars. medium: they were fewer, as where somebody gathers his own in a new wallet, it was
  worth less, or nobody could say how old the receiver is. low: worth less into one of unknown age, or the receiver was
  there a day before. One step up where one of the accounts is watched. It is asked when the third, sixth, eleventh and
  twenty-first account has paid.
* One account that pays half or more of what it has of something to an account that has hardly ever sent a transaction:
  medium from a million dollars on; high where it is watched, from ten thousand on; one step up, and from a hundred
  thousand on, where the same account pays on another chain within a quarter of an hour; critical where the receiver
  pays into a mixer within the window, told at its first payment there. medium also for a watched account that pays so
  much to any account without a label.

## Why it matters
No contract is at fault and nothing reverts: the only sign is where the money goes. What is left, and the other chains
on which the same key holds something, can still be moved.

## Blind spots
Contract wallets; thieves who use a contract, swap at once, or leave something; receivers with a history. Tokens without
a price, except of watched accounts. Whoever moves to a new wallet, or gathers many of his own, looks the same: label
exchanges and own accounts, announce rotations. Usual hours are not known. A signer that acts elsewhere is not seen.

## Triage
Ask whoever holds the keys whether it is theirs. If not: move everything else these keys, and keys kept beside them, can
reach, on all chains; tell issuers and exchanges the receiver's address.

## References
- https://github.com/NethermindEth/Forta-Agents (private-key-compromise)
- MITRE ATT&CK, T1657 (financial theft)
"""

from collections.abc import Iterator

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import account, questions
from tocsin.detect.detector import MEMORY, Detector, Memory, Question, Read
from tocsin.detect.detectors.theft import _collected, _outflow
from tocsin.detect.detectors.theft._collected import MANY_VICTIMS, VICTIMS, Collected
from tocsin.detect.detectors.theft._key_examples import EXAMPLES
from tocsin.detect.detectors.theft._outflow import Moved, Outflow
from tocsin.detect.detectors.theft._payments import FOUND, MOVES_READ, PAYMENTS, Book, prepare
from tocsin.detect.labels import LABELS_READ
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 1_800
"""Six hours of Ethereum blocks (reference: detection, section 4.35)."""
MIXED = topic("Deposit(bytes32,uint32,uint256)")
"""What a mixer of Tornado's kind says of a deposit."""
HIGH_VICTIMS = 6
"""Fewer are often one owner's, who moves to a new wallet (design)."""
HIGH_DOLLARS, CRITICAL_DOLLARS = 10_000.0, 100_000.0
"""What several accounts must have lost together (design)."""
SHOWN = 20
"""How many accounts a finding names; it always says how many there are."""
CONFIDENCE, CONFIDENCE_UNSURE = 0.7, 0.4


def run(tables: Tables) -> Iterator[Question]:
    """A question about each account that several paid, or one paid much."""
    memory = tables[MEMORY]
    if not tables[FOUND].is_empty():
        book = Book.of(memory, tables, WINDOW_BLOCKS)
        for group in _collected.collected(book, tables):
            yield Question(lookups=_collected.asked(group), candidate=group)
        for outflow in _outflow.outflows(book, tables):
            yield _about(outflow)
    for outflow in _outflow.mixed(memory, tables, WINDOW_BLOCKS):
        yield _about(outflow)


def _about(outflow: Outflow) -> Question:
    receiver = questions(outflow.paid_at, [outflow.receiver])
    return Question(lookups=(*_outflow.left(outflow), *receiver), candidate=outflow)


def judge(candidate: Collected | Outflow, answers: Answers) -> Sighting | None:
    """A sighting where the accounts were emptied, and the receiver is no service."""
    return _gathered(candidate, answers) if isinstance(candidate, Collected) else _left(candidate, answers)


def _gathered(group: Collected, answers: Answers) -> Sighting | None:
    victims = _collected.emptied(group, answers)
    is_account = _collected.is_account(group, answers)
    if len(victims) < VICTIMS or not is_account:
        return None
    dollars = sum(victim.dollars for victim in victims)
    is_new = _collected.is_new(group, answers)
    severity = _severity(len(victims), dollars, is_new)
    severity = _up(severity) if any(victim.address in group.watched for victim in victims) else severity
    taker, giver = _roles(severity)
    age = {
        True: "had sent and held nothing a day before",
        False: "was there a day before",
        None: "may be new or old: nobody could say",
    }[is_new]
    return Sighting(
        place=group.place,
        severity=severity,
        confidence=CONFIDENCE if is_new else CONFIDENCE_UNSURE,
        title=f"{len(victims)} accounts were emptied into one",
        summary=f"{len(victims)} accounts sent {group.receiver} all they had, {about(dollars)} within six hours, each "
        f"by its own transaction. The receiver {age}.",
        entities=(
            Entity(taker, group.receiver),
            *(Entity(giver, victim.address) for victim in victims[:SHOWN]),
        ),
        values={"kind": "several", "victims": len(victims), "about_dollars": int(dollars)},
        key=f"several:{group.receiver}:{len(group.payers)}",
    )


def _severity(victims: int, dollars: float, is_new: bool | None) -> Severity:
    """By how many lost how much, and whether the receiver is new; None where nobody could say."""
    is_much = dollars >= HIGH_DOLLARS
    if is_new is False or not (is_new or is_much):
        return Severity.LOW
    if not (is_new and is_much) or victims < HIGH_VICTIMS:
        return Severity.MEDIUM
    return Severity.CRITICAL if victims > MANY_VICTIMS and dollars >= CRITICAL_DOLLARS else Severity.HIGH


def _roles(severity: Severity) -> tuple[str, str]:
    """What the receiver and the payers are called: nobody is accused where it may well be a move of their own."""
    return ("attacker", "victim") if severity >= Severity.HIGH else ("receiver", "payer")


def _up(severity: Severity) -> Severity:
    return min(Severity.CRITICAL, Severity(severity + 1))


def _left(outflow: Outflow, answers: Answers) -> Sighting | None:
    found = _outflow.drained(outflow, answers)
    gone = [each for each, _ in found] if found is not None else []
    receiver = account(outflow.paid_at, outflow.receiver, answers)
    if not outflow.is_large(gone) or not (receiver.is_fresh or outflow.is_watched):
        return None
    others = f", and paid on {len(outflow.chains)} other chains within minutes" if outflow.chains else ""
    mixer = f" The receiver then paid into the mixer {outflow.mixer}." if outflow.mixer else ""
    told = ", ".join(f"{each.amount} of {each.token}" for each in gone)
    severity = _severity_of(outflow, is_fresh=receiver.is_fresh)
    taker, giver = _roles(severity)
    return Sighting(
        place=outflow.place,
        severity=severity,
        confidence=CONFIDENCE if outflow.is_watched or outflow.mixer or outflow.chains else CONFIDENCE_UNSURE,
        title=_title(outflow, gone, is_fresh=receiver.is_fresh),
        summary=f"{outflow.sender} sent {told} to {receiver.described}{others}: half or more of what it had.{mixer}",
        entities=(Entity(giver, outflow.sender), Entity(taker, outflow.receiver)),
        values={
            "kind": "one",
            "tokens": tuple(each.token for each in gone),
            "amounts": tuple(each.amount for each in gone),
            "about_dollars": int(_outflow.worth(gone)),
            "other_chains": outflow.chains,
        },
        key=f"one:{outflow.sender}:{outflow.receiver}:{bool(outflow.mixer)}",
    )


def _severity_of(outflow: Outflow, *, is_fresh: bool) -> Severity:
    if outflow.mixer:
        return Severity.CRITICAL
    severity = Severity.HIGH if outflow.is_watched and is_fresh else Severity.MEDIUM
    return _up(severity) if outflow.chains else severity


def _title(outflow: Outflow, gone: list[Moved], *, is_fresh: bool) -> str:
    worth = _outflow.worth(gone)
    what = f", {about(worth)}" if worth >= 1 else ""
    where = ", and it was mixed" if outflow.mixer else ""
    return f"Most of what an account had went to {'a new one' if is_fresh else 'another'}{what}{where}"


detector = Detector(
    id="key-compromise-drain",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=MOVES_READ),
        "transactions": Read(columns=("from_address", "to_address")),
        "logs": Read(columns=("address", "topic0"), topic0=(MIXED,)),
        "blocks": Read(columns=("timestamp",), optional=True),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    memory=Memory(
        columns=PAYMENTS,
        window_blocks=WINDOW_BLOCKS,
        prepare=prepare,
        remember=lambda tables: tables[FOUND],
        across_chains=True,
    ),
    run=run,
    judge=judge,
    examples=EXAMPLES,
)
