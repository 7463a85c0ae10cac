"""
A contract is deployed that looks made for an attack.

Most attacks run in a contract of their own, which is there minutes before it is used: 390 seconds in the median of the
attacks that were studied.

## What it finds
New contracts, by what stands in their code and by who deployed them. The code may answer to the callbacks of flash
lenders or pools, and name a contract of yours: as a constant, or among the arguments it was made with. The deployer may
be new (at most two transactions sent before), or paid with money from a mixer or a flagged account within a day.

* high: it names a watched contract, and the deployer is paid from hidden sources.
* medium: it names a watched contract, and the deployer is new or the code has callbacks; or the deployer is paid from
  hidden sources and the code has callbacks.
* low: the deployer is new and the code has callbacks of flash lenders; or the deployer is paid from hidden sources and
  the code names other contracts or can destroy itself; or a well-used account deploys what names a watched contract and
  has callbacks.

## Why it matters
It is the last moment at which nothing is lost yet.

## Blind spots
Code that learns whom to attack only when it is called, attacks without a contract, and contracts that are created and
used in one transaction: then there is no time between the two. What may be attacked is known by the label `watched`
alone; without labels nothing here is more than medium. Victims in storage that the deployment did not name are not
read, nor whether the source is published. Without the call tree contracts that contracts create are not seen, and the
code must be answered by a node. A new bot or an integrator's first deployment looks the same.

## Triage
Does anybody know the deployer? Simulate the contract (`tocsin simulate`). Make ready to pause what it names, and look
for pending transactions to it.

## References
- LookAhead (ISSTA 2024): attack contracts found at deployment, and how long they wait
- https://docs.forta.network/en/latest/ (suspicious contract creation, early attack detector)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tocsin.detect.accounts import FRESH_TRANSACTIONS
from tocsin.detect.detector import MEMORY, Detector, Memory, Question
from tocsin.detect.detectors.preparation import _creations, _funding
from tocsin.detect.detectors.preparation._attack_cases import EXAMPLES, STAGE
from tocsin.detect.detectors.preparation._creations import Created, Deployment, deployments
from tocsin.detect.detectors.preparation._origins import Origin, Origins
from tocsin.detect.labels import Labels
from tocsin.model.finding import Entity, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, code, number, transaction_count
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of blocks of twelve seconds between funding and deployment (reference: detection, section 4.17)."""
REPUTED_TRANSACTIONS = 500
"""Who has sent so many is no newcomer (reference: detection, section 4.17)."""
LISTED = 20
_CONFIDENCE = {Severity.HIGH: 0.7, Severity.MEDIUM: 0.5, Severity.LOW: 0.3}


@dataclass(frozen=True, slots=True)
class Suspect:
    """What one transaction created, what of ours there is to be named, and where the deployer's money comes from."""

    deployment: Deployment
    watched: frozenset[bytes]
    origin: Origin | None


def run(tables: Tables) -> Iterator[Question]:
    """A question for each transaction that created something that may be made for an attack."""
    created = tables["created_contracts"]
    if created.is_empty():
        return
    labels = Labels.of(tables)
    origins = Origins(tables[MEMORY], created["sender_address"], WINDOW_BLOCKS)
    for deployment in deployments(tables):
        chain = deployment.place.chain_id
        if deployment.deployer is None or "own" in labels.kinds(chain, deployment.deployer):
            continue
        suspect = Suspect(deployment, labels.of_kind("watched", chain), _origin(origins, deployment))
        if any(_may_matter(suspect, contract) for contract in deployment.contracts):
            yield Question(lookups=_asked(suspect), candidate=suspect)


def _origin(origins: Origins, deployment: Deployment) -> Origin | None:
    place = deployment.place
    if deployment.deployer is None or place.block_number is None or place.transaction_index is None:
        return None
    return origins.of(place.chain_id, deployment.deployer, (place.block_number, place.transaction_index))


def _may_matter(suspect: Suspect, contract: Created) -> bool:
    """Whether anything about it is of interest, whoever deployed it; unknown code may be anything."""
    if contract.code is None:
        return suspect.deployment.place.block_number is not None
    if not contract.has_own_code:
        return False
    read = contract.contents
    has_callbacks = bool(read.loan_callbacks or read.swap_callbacks)
    return has_callbacks or bool(contract.names(suspect.watched)) or suspect.origin is not None


def _asked(suspect: Suspect) -> tuple[Lookup, ...]:
    """What the tables do not say: the deployer's history, and code."""
    deployment = suspect.deployment
    place = deployment.place
    if place.block_number is None:
        return ()
    at = {"block_number": place.block_number, "chain_id": place.chain_id}
    unknown = [contract.address for contract in deployment.contracts if contract.code is None]
    history = () if deployment.nonce is not None else (transaction_count(deployment.deployer_text, **at),)
    return (*history, *(code(address, **at) for address in unknown[:LISTED]))


def judge(suspect: Suspect, answers: Answers) -> Sighting | None:
    """A sighting about the gravest of the contracts, with the others beside it."""
    deployment = suspect.deployment
    sent = deployment.nonce if deployment.nonce is not None else _sent_before(suspect, answers)
    known = [_with_code(suspect, contract, answers) for contract in deployment.contracts]
    graded = [(severity, contract) for contract in known if (severity := _grade(suspect, contract, sent)) is not None]
    if not graded:
        return None
    severity = max(severity for severity, _ in graded)
    return _sighting(suspect, severity, [contract for each, contract in graded if each == severity], sent)


def _sent_before(suspect: Suspect, answers: Answers) -> int | None:
    """How many transactions the deployer had sent before this one, from what a node says of the time after it."""
    (lookup, *_) = _asked(suspect) or (None,)
    count = number(lookup, answers)
    return None if count is None else max(0, count - 1)


def _with_code(suspect: Suspect, contract: Created, answers: Answers) -> Created:
    place = suspect.deployment.place
    if contract.code is not None or place.block_number is None:
        return contract
    answer = answers.get(code(contract.address, block_number=place.block_number, chain_id=place.chain_id))
    try:
        return contract if answer is None else replace(contract, code=bytes.fromhex(answer.removeprefix("0x")))
    except ValueError:
        return contract


def _grade(suspect: Suspect, contract: Created, sent: int | None) -> Severity | None:
    if not contract.has_own_code:
        return None
    read = contract.contents
    has_callbacks = bool(read.loan_callbacks or read.swap_callbacks)
    is_new = sent is not None and sent <= FRESH_TRANSACTIONS
    if contract.names(suspect.watched):
        return _grade_named(suspect, sent, has_callbacks=has_callbacks, is_new=is_new)
    if suspect.origin is not None:
        is_aimed = bool(read.addresses) or read.destroys_itself
        return Severity.MEDIUM if has_callbacks else Severity.LOW if is_aimed else None
    return Severity.LOW if is_new and read.loan_callbacks else None


def _grade_named(suspect: Suspect, sent: int | None, *, has_callbacks: bool, is_new: bool) -> Severity | None:
    """Of a contract that names a watched one. A new account alone is also every integrator's first."""
    if suspect.origin is not None:
        return Severity.HIGH
    if is_new:
        return Severity.MEDIUM
    if not has_callbacks:
        return None
    return Severity.LOW if sent is not None and sent >= REPUTED_TRANSACTIONS else Severity.MEDIUM


def _sighting(suspect: Suspect, severity: Severity, contracts: list[Created], sent: int | None) -> Sighting:
    deployment = suspect.deployment
    targets = sorted({name for contract in contracts for name in contract.names(suspect.watched)})
    source = suspect.origin and str(hexadecimal(suspect.origin.source))
    return Sighting(
        place=deployment.place,
        severity=severity,
        confidence=_CONFIDENCE[severity],
        title="A contract that looks made for an attack was deployed",
        summary=_summary(suspect, contracts, targets, sent),
        entities=(
            Entity("deployer", deployment.deployer_text),
            *(Entity("attack_contract", contract.address) for contract in contracts[:LISTED]),
            *(Entity("target", str(hexadecimal(name))) for name in targets[:LISTED]),
            *((Entity("source", source),) if source else ()),
        ),
        values={
            "loan_callbacks": _shown(contract.contents.loan_callbacks for contract in contracts),
            "swap_callbacks": _shown(contract.contents.swap_callbacks for contract in contracts),
            "names_watched": bool(targets),
            "sent_before": "unknown" if sent is None else sent,
            "origin": suspect.origin.kind if suspect.origin else "unknown",
            "contracts": len(contracts),
        },
        labels=(STAGE, *(("names-watched",) if targets else ())),
    )


def _shown(callbacks: Iterator[tuple[bytes, ...]]) -> tuple[str, ...]:
    return tuple(sorted({"0x" + each.hex() for some in callbacks for each in some}))


def _summary(suspect: Suspect, contracts: list[Created], targets: list[bytes], sent: int | None) -> str:
    more = f" and {len(contracts) - 1} more" if len(contracts) > 1 else ""
    history = "" if sent is None else f", which had sent {sent} transactions before,"
    told = f"{suspect.deployment.deployer_text}{history} deployed {contracts[0].address}{more}."
    if suspect.origin is not None:
        through = f" through {suspect.origin.hops} accounts" if suspect.origin.hops else ""
        told += f" Its money came from a {suspect.origin.kind} source{through}."
    if any(contract.contents.loan_callbacks for contract in contracts):
        told += " The code can take flash loans."
    if targets:
        told += f" It names {', '.join(str(hexadecimal(name)) for name in targets[:3])}, which you watch."
    return told


detector = Detector(
    id="attack-contract",
    severity=Severity.HIGH,
    reads={
        **_funding.READS,
        "created_contracts": _creations.CREATED,
        "calls": _creations.CALLS,
        "transactions": replace(
            _funding.READS["transactions"], columns=(*_funding.READS["transactions"].columns, "input")
        ),
    },
    memory=Memory(
        columns=_funding.REMEMBERED,
        window_blocks=WINDOW_BLOCKS,
        remember=_funding.remember,
        prepare=_funding.prepare,
    ),
    run=run,
    judge=judge,
    examples=EXAMPLES,
)
