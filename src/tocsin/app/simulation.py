"""
A new contract tried out on the newest state: would it take anything from anybody?

Its functions are called, as its deployer and as owners that its storage and its code name, on the state after a block,
without sending anything. What comes of each call is measured as if it had happened. It is fuzzing: who calls an
attacker's contract with the right arguments first has the attack before the attacker; what was not found may be there
all the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - the type alone: the generator is given
from typing import Any, Protocol

from tocsin.app.attempt_gains import Gain, WatchedLoss, gains
from tocsin.app.unbroken import unbroken
from tocsin.chain.attempts.search import Search
from tocsin.chain.attempts.traced import Attempt, shown
from tocsin.chain.bytecode.contents import contents
from tocsin.chain.bytecode.evasion import tests_block_maker
from tocsin.chain.header import Header
from tocsin.chain.pending import Overrides, Simulated
from tocsin.chain.signatures import selector
from tocsin.detect.known import KNOWN
from tocsin.detect.labels import Labels
from tocsin.model.errors import DataMissing
from tocsin.model.finding import Severity, hexadecimal
from tocsin.model.lookups import Answers, Lookup, balance, call, code, storage
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

LEAST_DOLLARS = 30_000.0
MOST_ITEMS = 10
"""More non-fungible tokens than this, or so many dollars, are an attack's (reference: detection, section 4.18)."""
WATCHED_SHARE = 0.05
"""A watched account that loses more than this part of a token is attacked (reference: detection, section 4.18)."""
SLOTS = 20
"""The first storage slots, where owners usually stand (reference: detection, section 4.17)."""
MOST_CALLERS = 3
MOST_ADDRESSES = 32
BATCH = 32
NO_MAKER = "0x" + "00" * 20
BALANCE_OF = "0x" + selector("balanceOf(address)").hex()


class Tracer(Protocol):
    """Tells what calls would do."""

    async def traced(
        self, attempts: Sequence[Attempt], contract: str, height: int, overrides: Overrides, maker: str
    ) -> list[bytes | None]:
        """The trace of each; None where it was refused."""


class SimulatingNode(Protocol):
    """A chain's node, as far as simulation needs it. `tocsin.edge.nodes.Nodes` is one."""

    @property
    def chain_id(self) -> int:
        """EIP-155 chain id."""

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """Answers to questions about the state."""

    def simulator(self) -> Tracer:
        """What calls would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much is tried on one contract."""

    seconds: float = 20.0
    """(reference: detection, section 4.18)"""
    attempts: int = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What came of trying a contract out."""

    contract: str
    chain_id: int
    block_number: int
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
    gain: Gain | None
    watched_losses: tuple[WatchedLoss, ...]
    """Of `gain`, what is more than the share a watched account may lose."""


@dataclass(slots=True)
class _Found:
    """The worst so far."""

    attempts: int = 0
    done: int = 0
    severity: Severity | None = None
    attempt: Attempt | None = None
    gain: Gain | None = None
    watched: tuple[WatchedLoss, ...] = ()
    held: dict[tuple[bytes, bytes], int | None] = field(default_factory=dict)
    """What watched accounts have, by account and token, as far as it was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContract:
    """What is to be tried out."""

    address: str
    deployer: str | None
    """Who it is first called as; None where that is not known."""
    head: Header
    """The state is that after this block."""
    overrides: Overrides = field(default_factory=dict)
    """What is to be believed on top of it: what is not mined yet (`tocsin.chain.pending.after`)."""


async def simulate_new_contract(
    node: SimulatingNode,
    new: NewContract,
    *,
    random: Random,
    known: Tables = KNOWN,
    budget: Budget | None = None,
) -> Simulation:
    """
    Try a contract out. `known` holds prices and labels.

    Raises `DataMissing` where there is no code, `MethodUnknown` where no node traces calls, else `RemoteError`,
    `InputError`.
    """
    trial = await _Trial.of(node, new, known)
    search = Search(trial.selectors, trial.callers, trial.addresses(random), random)
    found, limit, is_complete = _Found(), budget or Budget(), True
    try:
        async with asyncio.timeout(limit.seconds):
            while found.attempts < limit.attempts and not _is_grave(found.severity):
                if not (attempts := search.take(min(BATCH, limit.attempts - found.attempts))):
                    break
                await trial.round(search, attempts, found, trial.maker(random, found.attempts))
    except TimeoutError:
        is_complete = False
    return Simulation(
        contract=trial.contract,
        chain_id=node.chain_id,
        block_number=new.head.number,
        callers=tuple(trial.callers),
        functions=len(trial.selectors),
        attempts=found.attempts,
        done=found.done,
        is_complete=is_complete,
        severity=found.severity,
        attempt=found.attempt,
        gain=found.gain,
        watched_losses=found.watched,
    )


def _is_grave(severity: Severity | None) -> bool:
    return severity is not None and severity >= Severity.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One contract and what it is tried with."""

    node: SimulatingNode
    contract: str
    code: bytes
    head: Header
    known: Tables
    overrides: Overrides
    callers: Sequence[str]
    selectors: Sequence[bytes]
    named: Sequence[bytes]
    """Addresses that stand in code and storage."""

    @classmethod
    async def of(cls, node: SimulatingNode, new: NewContract, known: Tables) -> "_Trial":
        """Ask what is needed to begin."""
        contract, deployer, head, overrides = new.address.lower(), new.deployer, new.head, new.overrides
        believed = overrides.get(contract, {})
        at: dict[str, int] = {"block_number": head.number, "chain_id": node.chain_id}
        asked = [code(contract, **at), *(storage(contract, hex(slot), **at) for slot in range(SLOTS))]
        answers = await node.answers(asked)
        raw = _octets(believed.get("code") or answers.get(asked[0]))
        if not raw:
            raise DataMissing(f"there is no code at {contract} on chain {node.chain_id} after block {head.number}")
        words = [*(answers.get(each) for each in asked[1:]), *believed.get("stateDiff", {}).values()]
        read = contents(raw)
        named = sorted(read.addresses | {word[12:] for word in map(_octets, words) if _is_address(word)})
        owners = await _owners(node, named[:MOST_ADDRESSES], at)
        callers = dict.fromkeys([*([deployer.lower()] if deployer else []), *owners])
        return cls(
            node=node,
            contract=contract,
            code=raw,
            head=head,
            known=known,
            overrides=overrides,
            callers=list(callers)[:MOST_CALLERS] or [NO_MAKER[:-1] + "1"],
            selectors=read.selectors,
            named=named,
        )

    def addresses(self, random: Random) -> list[int]:
        """That may matter as arguments."""
        watched = sorted(Labels.of(self.known).of_kind("watched", self.node.chain_id))
        random.shuffle(watched)
        own = [bytes.fromhex(each[2:]) for each in (*self.callers, self.contract)]
        every = dict.fromkeys([*own, *self.named, *watched])
        return [int.from_bytes(each, "big") for each in list(every)[:MOST_ADDRESSES]]

    def maker(self, random: Random, attempts: int) -> str:
        """Who makes the block: somebody, and now and then nobody where the code looks whether it is being simulated."""
        if tests_block_maker(self.code) and (attempts // BATCH) % 2:
            return NO_MAKER
        return "0x" + random.randbytes(20).hex()

    async def round(self, search: Search, attempts: Sequence[Attempt], found: _Found, maker: str) -> None:
        """Try some, and learn from them."""
        height, name = self.head.number, f"a call of {self.contract}"
        traces = await self.node.simulator().traced(attempts, self.contract, height, self.overrides, maker)
        moving: list[tuple[Attempt, bytes]] = []
        for attempt, trace in zip(attempts, traces, strict=True):
            if trace is None:
                continue
            seen = shown(trace, name)
            search.learn(attempt, seen)
            found.done += seen.is_done
            if seen.moves:
                moving.append((attempt, trace))
        found.attempts += len(attempts)
        if moving:
            await self._measure(search, moving, found)

    async def _measure(self, search: Search, moving: Sequence[tuple[Attempt, bytes]], found: _Found) -> None:
        simulated = [
            Simulated(attempt.transaction(self.contract, number), trace, b"")
            for number, (attempt, trace) in enumerate(moving, 1)
        ]
        measured = await unbroken(gains, simulated, self.contract, self.head, self.node.chain_id, self.known)
        await self._ask_balances(measured, found)
        for (attempt, _), gain in zip(moving, measured, strict=True):
            search.reward(attempt, gain.dollars)
            watched = tuple(loss for loss in gain.watched if _is_much(loss, found.held))
            severity = _severity(gain, watched)
            if severity is not None and (severity, gain.dollars) > _rank(found):
                found.severity, found.attempt, found.gain, found.watched = severity, attempt, gain, watched

    async def _ask_balances(self, measured: Sequence[Gain], found: _Found) -> None:
        """What the watched accounts that would lose something have."""
        pairs = {(loss.account, loss.token) for gain in measured for loss in gain.watched} - found.held.keys()
        if not pairs:
            return
        asked = {pair: self._balance(*pair) for pair in sorted(pairs)}
        answers = await self.node.answers(list(asked.values()))
        found.held |= {pair: _integer(answers.get(lookup)) for pair, lookup in asked.items()}

    def _balance(self, account: bytes, token: bytes) -> Lookup:
        who, at = str(hexadecimal(account)), {"block_number": self.head.number, "chain_id": self.node.chain_id}
        if token == NATIVE:
            return balance(who, **at)
        return call(str(hexadecimal(token)), BALANCE_OF + who[2:].rjust(64, "0"), **at)


async def _owners(node: SimulatingNode, named: Sequence[bytes], at: Mapping[str, Any]) -> list[str]:
    """Of the addresses named, those without code."""
    asked = [code(str(hexadecimal(each)), **at) for each in named]
    answers = await node.answers(asked)
    return [lookup.parameters[0] for lookup in asked if answers.get(lookup) == "0x"]


def _is_much(loss: WatchedLoss, held: Mapping[tuple[bytes, bytes], int | None]) -> bool:
    has = held.get((loss.account, loss.token))
    return has is not None and has > 0 and loss.lost > WATCHED_SHARE * has


def _severity(gain: Gain, watched: Sequence[WatchedLoss]) -> Severity | None:
    if watched:
        return Severity.CRITICAL
    if gain.items > MOST_ITEMS:
        return Severity.HIGH
    if gain.dollars < LEAST_DOLLARS:
        return None
    return Severity.MEDIUM if gain.only_pools else Severity.HIGH


def _rank(found: _Found) -> tuple[int, float]:
    return (0, 0.0) if found.severity is None or found.gain is None else (found.severity, found.gain.dollars)


def _octets(text: str | None) -> bytes:
    try:
        return bytes.fromhex((text or "").removeprefix("0x"))
    except ValueError:
        return b""


def _is_address(word: bytes) -> bool:
    return len(word) == 32 and not any(word[:12]) and any(word[12:18])


def _integer(text: str | None) -> int | None:
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None
