"""
A new contract tried out on the newest state: would it take anything from anybody?

Its functions are called, as its deployer and as owners that its storage and its code name, on the state after a block,
without sending anything. What comes of each call is measured as if it had happened. It is fuzzing: who calls an
attacker's contract with the right arguments first has the attack before the attacker; what was not found may be there
all the same. One call is tried at a time, and two where the first changes something: what takes more is not found.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random  # noqa: TID251 - the type alone: the generator is given

from tocsin.app.simulation.gains import Gain, WatchedLoss
from tocsin.app.simulation.trial import BATCH, Found, NewContract, SimulatingNode, Trial
from tocsin.chain.attempts.search import Search
from tocsin.chain.attempts.traced import Attempt
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.header import Header
from tocsin.detect.known import KNOWN
from tocsin.detect.worth import about
from tocsin.model.errors import EndpointRefused
from tocsin.model.finding import Entity, Finding, Place, Severity, Value, hexadecimal
from tocsin.tables.dataset import Tables

DETECTOR = "attack-simulation"
"""Under which findings of a simulation are told: it is no detector, because it asks a node again and again."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.5}
"""(reference: detection, section 4.18)"""
LISTED = 20
PREPARING = frozenset({"attack-contract", "similar-code", "evasive-code"})
"""Detectors whose findings name contracts that are worth trying out."""
_NEW = frozenset({"attack_contract", "contract"})
"""The roles these have in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much is tried on one contract."""

    seconds: float = 20.0
    """(reference: detection, section 4.18)"""
    attempts: int = 6_000
    openings: int = 4
    """So many calls that change something are made first, for the others to be tried after them."""
    attempts_after: int = 750
    """After each of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What came of trying a contract out."""

    contract: str
    deployer: str | None
    chain_id: int
    head: Header
    """The state that it was tried on is that after this block."""
    callers: tuple[str, ...]
    functions: int
    attempts: int
    done: int
    """Attempts that did not revert."""
    is_complete: bool
    """False where time ran out first."""
    severity: Severity | None
    """None where nothing was found."""
    attempt: Attempt | None
    """The call that takes most."""
    first: Attempt | None
    """What has to be called before it."""
    gain: Gain | None
    watched_losses: tuple[WatchedLoss, ...]
    """Of `gain`, what is more than the share a watched account may lose."""


async def simulate_new_contract(
    node: SimulatingNode,
    new: NewContract,
    *,
    random: Random,
    known: Tables = KNOWN,
    budget: Budget | None = None,
) -> Simulation:
    """
    Try a contract out. `known` holds prices and labels; the same generator gives the same calls.

    Raises `NoCode` where there is no code, `DataMissing` where no node has the state any more, `MethodUnknown` where
    none traces calls, `EndpointRefused` where none would trace any of these, else `RemoteError`, `InputError`.
    """
    trial, limit, found, is_complete = await Trial.of(node, new, known), budget or Budget(), Found(), True
    try:
        async with asyncio.timeout(limit.seconds):
            await _searched(trial, limit, found, random)
    except TimeoutError:
        is_complete = False
    if found.attempts and found.refused == found.attempts:
        raise EndpointRefused(
            f"chain {node.chain_id}: no endpoint would trace any of {found.attempts} calls of {new.address}"
        )
    return Simulation(
        contract=new.address,
        deployer=new.deployer,
        chain_id=node.chain_id,
        head=new.head,
        callers=tuple(trial.callers),
        functions=len(trial.selectors),
        attempts=found.attempts,
        done=found.done,
        is_complete=is_complete,
        severity=found.severity,
        attempt=found.attempt,
        first=found.first,
        gain=found.gain,
        watched_losses=found.watched,
    )


async def _searched(trial: Trial, limit: Budget, found: Found, random: Random) -> None:
    """One call at a time; then two, the first of them one that changes something."""
    search = await _tried(trial, limit.attempts, found, random)
    openings = 0
    for opening in search.openings():
        if found.is_grave or openings == limit.openings:
            return
        if (opened := await trial.opened(opening)) is not None:
            openings += 1
            await _tried(opened, limit.attempts_after, found, random)


async def _tried(trial: Trial, most: int, found: Found, random: Random) -> Search:
    search, last = Search(trial.selectors, trial.callers, trial.addresses(random), random), found.attempts + most
    while found.attempts < last and not found.is_grave:
        if not (attempts := search.take(min(BATCH, last - found.attempts))):
            break
        await trial.round(search, attempts, found, trial.maker(random, found.attempts))
    return search


async def pending_contract(node: SimulatingNode, transaction: Transaction, head: Header) -> NewContract | None:
    """The contract that a transaction which is not mined yet would create, to be tried out; None where none."""
    created = await node.simulator().creation(transaction, head.number)
    if created is None:
        return None
    address, overrides = created
    return NewContract(address=address, deployer=transaction.from_.lower(), head=head, overrides=overrides)


def suspects(findings: Iterable[Finding], head: Header) -> list[NewContract]:
    """The contracts that findings of preparation name, each once: worth trying out on the state after `head`."""
    found: dict[str, NewContract] = {}
    for each in findings:
        if each.detector in PREPARING:
            deployer = next((entity.address for entity in each.entities if entity.role == "deployer"), None)
            for entity in each.entities:
                if entity.role in _NEW:
                    found.setdefault(entity.address, NewContract(address=entity.address, deployer=deployer, head=head))
    return list(found.values())


def finding(simulation: Simulation, transaction_hash: str | None = None) -> Finding | None:
    """
    What a simulation found, as a finding; None where it found nothing.

    `transaction_hash` is that of the deployment, where it is known. It says who would call which function and what that
    takes, but does not hold the call data: a notice that somebody else reads must not be the attack, ready to be sent.
    """
    severity, attempt, gain = simulation.severity, simulation.attempt, simulation.gain
    if severity is None or attempt is None or gain is None:
        return None
    return Finding(
        detector=DETECTOR,
        place=Place(
            chain_id=simulation.chain_id,
            block_number=simulation.head.number,
            block_hash=hexadecimal(simulation.head.hash),
            transaction_hash=transaction_hash,
            transaction_index=None,
        ),
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A call of a new contract would take from others",
        summary=_summary(simulation, attempt, gain),
        entities=_entities(simulation, attempt, gain),
        values=_values(simulation, attempt, gain),
        labels=("stage:preparation", "simulated"),
        key=simulation.contract,
    )


def _summary(simulation: Simulation, attempt: Attempt, gain: Gain) -> str:
    called = f"function 0x{attempt.selector.hex()}" if attempt.selector else "it without a function"
    before = f", after function 0x{simulation.first.selector.hex()}," if simulation.first else ""
    told = (
        f"Simulated after block {simulation.head.number}, not done: {attempt.caller} calls {called} of "
        f"{simulation.contract}{before} and gains {about(max(0.0, gain.dollars))}"
    )
    items = f" and {gain.items} items" if gain.items > 0 else ""
    victims = ", ".join(str(hexadecimal(loss.account)) for loss in gain.victims[:3])
    lost = f" Most is lost by {victims}." if victims else ""
    watched = " More than a twentieth of what a watched account has would be gone." if simulation.watched_losses else ""
    return f"{told}{items}.{lost}{watched}"


def _entities(simulation: Simulation, attempt: Attempt, gain: Gain) -> tuple[Entity, ...]:
    watched = dict.fromkeys(str(hexadecimal(loss.account)) for loss in simulation.watched_losses)
    suspected = (str(hexadecimal(loss.account)) for loss in gain.victims)
    return (
        Entity("deployer", simulation.deployer or attempt.caller),
        Entity("attack_contract", simulation.contract),
        *(Entity("victim", each) for each in list(watched)[:LISTED]),
        *(Entity("suspected_victim", each) for each in list(suspected)[:LISTED] if each not in watched),
    )


def _values(simulation: Simulation, attempt: Attempt, gain: Gain) -> dict[str, Value]:
    tokens = sorted(gain.assets)[:LISTED]
    return {
        "caller": attempt.caller,
        "selector": "0x" + attempt.selector.hex(),
        "value_wei": attempt.value,
        "selector_before": "0x" + simulation.first.selector.hex() if simulation.first else "",
        "profit_about_dollars": int(gain.dollars),
        "tokens": [str(hexadecimal(token)) for token in tokens],
        "amounts": [gain.assets[token] for token in tokens],
        "items": gain.items,
        "only_pools_lose": gain.only_pools,
        "attempts": simulation.attempts,
        "watched_lost": [loss.lost for loss in simulation.watched_losses],
        "watched_tokens": [str(hexadecimal(loss.token)) for loss in simulation.watched_losses],
    }
