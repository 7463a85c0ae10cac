"""
A contract that was there already was initialised by somebody.

A proxy takes payments whether or not it has an owner. Until its initialiser runs, the first who calls it becomes the
owner. This detector reads the events of a first initialisation in a transaction that did not create the contract, and
asks the node how old the contract is, whether it holds native coin, and who called.

## What it finds
`Initialized` with version 1, of contracts created by an earlier transaction. One finding for each contract.

* high: a fresh account initialises a contract that holds native coin.
* medium: anybody else initialises a contract that holds native coin, or anybody one that is older than an hour.

A contract younger than an hour is still being set up, and so is one of unknown age that holds nothing.

## Why it matters
Whoever initialises a proxy can usually replace its code and take all it holds. Between that and the loss there are
still transactions in which people can act.

## Blind spots
Who created the contract is not known, so a forgotten initialisation made up for is seen too. Holdings in tokens are not
looked at. Contracts that emit no `Initialized`, or run it a second time with version 1, look like a first one or like
nothing; versions above 1 are left to the upgrade detector. Where the node keeps no old state the age is unknown.

## Triage
Did the team initialise it? If not, the caller owns it: warn whoever pays into it, revoke allowances given to it, and
have the issuers of the tokens it holds freeze them.

## References
OpenZeppelin Contracts `Initializable`; the initialisation bots of Forta.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.detect.detectors import _held
from tocsin.detect.detectors.control import _events
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

INITIALIZED = (topic("Initialized(uint64)"), topic("Initialized(uint8)"))
FIRST_VERSION = 1
SETUP_SECONDS = 3_600
"""How long a contract may be set up after its creation (reference: detection, section 4.24)."""
CONFIDENCE = {Severity.HIGH: 0.9, Severity.MEDIUM: 0.5}


@dataclass(frozen=True, slots=True)
class Initialisation:
    """A first initialisation of a contract that an earlier transaction created."""

    place: Place
    contract: str
    sender: str


def run(tables: Tables) -> Iterator[Question]:
    """A question for each contract initialised after its creation."""
    if tables["logs"].is_empty():
        return
    created = _events.created(tables)
    senders = {_events.key(row, ""): row["from_address"] for row in tables["transactions"].iter_rows(named=True)}
    seen = set()
    for row in _events.in_order(tables["logs"]):
        key, words = _events.key(row, _events.text(row["address"])), _events.arguments(row)
        sender = senders.get(_events.key(row, ""))
        is_first = bool(words) and int.from_bytes(words[0], "big") == FIRST_VERSION
        if not is_first or sender is None or key in created or key in seen:
            continue
        seen.add(key)
        found = Initialisation(Place.of(row), key[-1], _events.text(sender))
        yield Question(lookups=_lookups(found), candidate=found)


def _lookups(found: Initialisation) -> tuple[Lookup, ...]:
    held = _held_lookup(found)
    asked = questions(found.place, (found.contract, found.sender), SETUP_SECONDS)
    return (*asked, *([held] if held else []))


def _held_lookup(found: Initialisation) -> Lookup | None:
    return _held.held(found.place, found.contract, _held.COIN, 1)


def judge(found: Initialisation, answers: Answers) -> Sighting | None:
    """How bad it is, by what the contract holds and who called; nothing while it is being set up."""
    contract, sender = (
        account(found.place, address, answers, SETUP_SECONDS) for address in (found.contract, found.sender)
    )
    held = number(_held_lookup(found), answers) or 0
    severity = _severity(contract, sender, held)
    if severity is None:
        return None
    return Sighting(
        place=found.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A contract was initialised after its creation",
        summary=f"{sender.described} initialised {contract.described}, which held {held} of {_held.COIN} and "
        "was created before.",
        entities=(Entity("contract", found.contract), Entity("initialiser", found.sender)),
        values={"held_wei": held},
        key=found.contract,
    )


def _severity(contract: Account, sender: Account, held: int) -> Severity | None:
    if contract.is_young or (contract.is_young is None and not held):
        return None
    return Severity.HIGH if held and sender.is_fresh else Severity.MEDIUM


_OLD, _BEFORE = 20_000, 19_700
"""A block height of the examples, and an hour of blocks earlier."""
_FRESH: Answered = {("eth_getCode", "mallory"): "0x", ("eth_getTransactionCount", "mallory"): "0x1"}
_RICH: Answered = {("eth_getBalance", "vault"): "0x64", ("eth_getCode", "vault"): "0x6001"}
_MADE_LATELY: Answered = {("eth_getCode", "vault", _BEFORE): "0x"}


def _initialised(sender: str, version: int = FIRST_VERSION) -> dict[str, list[dict[str, Any]]]:
    log = {"address": "vault", "topic0": INITIALIZED[0], "data": literal.words(version)}
    return {
        "logs": [{**log, "block_number": _OLD}],
        "transactions": [{"from_address": sender, "to_address": "vault", "block_number": _OLD}],
    }


detector = Detector(
    id="late-initialisation",
    severity=Severity.HIGH,
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=INITIALIZED),
        "transactions": Read(columns=("from_address",)),
        "created_contracts": _events.CREATED,
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a fresh account that initialises a contract with coin in it is high",
            tables=_initialised("mallory"),
            answers={**_FRESH, **_RICH},
            finds=({"severity": "high", "entities": {"contract": "vault", "initialiser": "mallory"}},),
        ),
        Example(
            says="somebody established is medium",
            tables=_initialised("alice"),
            answers={**_RICH, ("eth_getCode", "alice"): "0x", ("eth_getTransactionCount", "alice"): "0x99"},
            finds=({"severity": "medium", "values": {"held_wei": 100}},),
        ),
        Example(
            says="a contract made within the hour is still being set up",
            tables=_initialised("mallory"),
            answers={**_FRESH, **_RICH, **_MADE_LATELY},
        ),
        Example(says="a later version belongs to an upgrade", tables=_initialised("mallory", 2), answers=_RICH),
        Example(
            says="a contract initialised by the transaction that creates it is left alone",
            tables={
                **_initialised("mallory"),
                "created_contracts": [{"contract_address": "vault", "block_number": _OLD}],
            },
            answers={**_FRESH, **_RICH},
        ),
    ),
)
