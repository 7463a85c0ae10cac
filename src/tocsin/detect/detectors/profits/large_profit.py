"""
Somebody made a large profit in one transaction.

The sender, together with the contract that works for the sender and those created on the way, ends the transaction
with far more than it began with, and nothing it gave explains it.

## What it finds
The net gain, in tokens with a known price, of each transaction's actor cluster: more than $10 000. Who stands behind
it is looked up: how much the sender has sent before, and whether the contract existed a day earlier.

* high: the contract that did it was created in the same transaction or is younger than a day, or a fresh sender ran
  it; or its age is not known and it made many calls; or the gain is $500 000 or more. Of a contract that was created in
  the same transaction and made many calls $1 000 are enough: nobody throws an honest one away for so little.
* medium: an established contract or sender gained $100 000 or more.
* low: an established one gained less; or something without a known price was given for it, as in a sale; or the
  sender alone was paid $100 000 or more by what it called, as in a withdrawal. A sale for $500 000 or more is medium
  where a gain would be high whatever its size.

What came out of positions in pools and lending markets that were the actors' own before does not count; where nothing
would be left to tell of without it, the finding is one level lower, with the label `own-position`.

Confidence grows with the gain and shrinks when ages are not known. The label `family:access-control` says that tokens
were passed on that had been minted for nothing, `family:governance` that a proposal was executed, `family:logic` that
the rules of whoever lost let it go, as far as is seen here: where another detector names a cause, believe that one.

## Why it matters
Most exploits end so: value out of nothing, in one transaction, by a contract that did not exist yesterday.

## Blind spots
A profit in tokens without a known price, or one sent on to an account that takes part in the transaction. Prices are
rough reference prices. Without the call tree, contracts created by contracts are not seen, nor is native coin that
contracts send, and any contract that is called is assumed to act for its caller. Without logs, receipt tokens that are
burned for a withdrawal are not seen, so that an ordinary withdrawal by a contract looks like a gain. A contract that
its caller robs of a position in a pool, and that keeps nothing itself, is taken for the caller's own.

## Triage
Who paid? Look at the suspected victim first: is it yours? It is who lost most and got nothing comparable for it, which
is not always whose code was at fault: where it is a pool that was paid in a token without a price, look at that token
too. A large arbitrage or liquidation carries a label of its own.

## References
Forta-Agents large-profit-bot and its thresholds ($10 000, $500 000).
"""

from collections.abc import Iterator
from dataclasses import replace

from tocsin.detect import extraction
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.actors import CALLS_READ, TRANSACTIONS_READ
from tocsin.detect.detector import Detector, Question, Read
from tocsin.detect.detectors.profits import _causes, _given, _promising
from tocsin.detect.detectors.profits._gain_grades import (
    ENTRY_DOLLARS,
    MEDIUM_DOLLARS,
    THROWN_AWAY_DOLLARS,
    Gain,
    grade,
    shown,
)
from tocsin.detect.detectors.profits._profit_examples import EXAMPLES
from tocsin.detect.extraction import LISTED
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.losses import told
from tocsin.detect.own_positions import LENDING_READ, LIQUIDITY_READ, OWN_POSITION
from tocsin.detect.worth import PRICES_READ, about
from tocsin.model.finding import Entity, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables.dataset import Tables


def run(tables: Tables) -> Iterator[Question]:
    """A question for each cluster that gained enough."""
    enough = _promising.of_anybody(tables, ENTRY_DOLLARS, THROWN_AWAY_DOLLARS)
    if enough.is_empty():
        return
    known = Labels.of(tables)
    for taken in extraction.extractions(tables, enough).values():
        is_router = taken.cluster.called in known.of_kind("router", taken.chain_id)
        gain = Gain(taken, gave=_given.gave(taken, with_logs="logs" in tables), through_router=is_router)
        if gain.is_enough:
            found = replace(gain, family=_causes.family(tables["calls"], taken)) if "calls" in tables else gain
            yield Question(lookups=questions(gain.place, _asked(gain)), candidate=found)


def _asked(gain: Gain) -> Iterator[str]:
    yield gain.sender
    if gain.called is not None:
        yield gain.called


def judge(gain: Gain, answers: Answers) -> Sighting | None:
    """Decide with what the accounts are."""
    if not gain.acts and gain.taken.dollars < MEDIUM_DOLLARS:
        return None
    sender = account(gain.place, gain.sender, answers)
    called = None if gain.called is None else account(gain.place, gain.called, answers)
    severity, confidence = grade(gain, sender, called)
    return Sighting(
        place=gain.place,
        severity=severity,
        confidence=confidence,
        title=f"Somebody made {about(gain.taken.dollars)} in one transaction",
        summary=_summary(gain, sender, called),
        entities=_entities(gain),
        values={**gain.taken.values, "frames": gain.taken.frame_count},
        labels=_labels(gain),
    )


def _labels(gain: Gain) -> tuple[str, ...]:
    return (OWN_POSITION,) if gain.is_own else (gain.family,) if gain.acts and not gain.gave else ()


def _entities(gain: Gain) -> tuple[Entity, ...]:
    taken = gain.taken
    return (
        Entity("attacker", gain.sender),
        *(Entity("attack_contract", shown(address)) for address in taken.cluster.contracts[:LISTED]),
        *(Entity("beneficiary", shown(address)) for address in sorted(taken.beneficiaries)[:LISTED]),
        *(Entity("token", shown(token)) for token in taken.gained),
        *(Entity("suspected_victim", shown(loss.account)) for loss in taken.greatest_losses[:LISTED]),
    )


def _summary(gain: Gain, sender: Account, called: Account | None) -> str:
    how = "alone"
    if gain.taken.cluster.created:
        how = "through contracts created in the same transaction"
    elif called is not None:
        how = f"through {called.described}"
    given = " Something without a known price was given for it." if gain.gave else ""
    lost = told(gain.taken.greatest_losses)
    own = (
        f" Of it, {about(gain.taken.dollars - gain.rest)} came out of positions of their own."
        if gain.rest < gain.taken.dollars
        else ""
    )
    return f"{sender.described} gained {about(gain.taken.dollars)} {how}.{lost}{given}{own}"


detector = Detector(
    id="large-profit",
    severity=Severity.HIGH,
    reads={
        "calls": Read(columns=CALLS_READ, optional=True),
        "transactions": Read(columns=TRANSACTIONS_READ, instead_of="calls"),
        "profits": Read(columns=extraction.PROFITS_READ),
        "transfers": Read(columns=extraction.TRANSFERS_READ),
        "lending": Read(columns=LENDING_READ, optional=True),
        "liquidity": Read(columns=LIQUIDITY_READ, optional=True),
        "logs": Read(columns=("log_index",), optional=True),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    run=run,
    judge=judge,
    examples=EXAMPLES,
)
