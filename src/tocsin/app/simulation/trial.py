"""One new contract and what it is tried with: callers, addresses, rounds of calls and what each of them would take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random  # noqa: TID251 - the type alone: the generator is given
from typing import Any, Protocol

from tocsin.app.simulation.gains import Gain, WatchedLoss, gains
from tocsin.app.unbroken import unbroken
from tocsin.chain.attempts.search import Search
from tocsin.chain.attempts.traced import Attempt, shown
from tocsin.chain.bytecode.contents import contents
from tocsin.chain.bytecode.evasion import tests_block_maker
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.header import Header
from tocsin.chain.pending import Overrides, Simulated
from tocsin.chain.signatures import selector
from tocsin.detect.labels import Labels
from tocsin.model.errors import DataMissing, NoCode
from tocsin.model.finding import Severity, hexadecimal
from tocsin.model.lookups import Answers, Lookup, balance, call, code, number, storage
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

LEAST_DOLLARS = 30_000.0
MOST_ITEMS = 10
"""So many dollars, or more non-fungible tokens than this, are an attack's (reference: detection, section 4.18)."""
WATCHED_SHARE = 0.05
"""A watched account that loses more than this part of a token is attacked (reference: detection, section 4.18)."""
SLOTS = 20
"""The first storage slots, where owners usually stand (reference: detection, section 4.17)."""
MOST_CALLERS = 3
MOST_ADDRESSES = 32
MOST_NAMED = 256
"""Addresses in code of which it is asked whether they are accounts that could call."""
BATCH = 32
NOBODY, SOMEBODY = "0x" + "00" * 20, "0x" + "00" * 18 + "ca11"
"""Who makes no block; and who calls where neither deployer nor owner is known."""
BALANCE_OF = "0x" + selector("balanceOf(address)").hex()


class Tracer(Protocol):
    """Tells what calls would do."""

    async def traced(
        self, attempts: Sequence[Attempt], contract: str, height: int, overrides: Overrides, maker: str
    ) -> list[bytes | None]:
        """The trace of each; None where it was refused."""

    async def after(
        self, attempt: Attempt, contract: str, height: int, overrides: Overrides
    ) -> tuple[bytes, Overrides] | None:
        """The trace of one, and what to believe when it has been made; None where it changes only its caller."""

    async def creation(self, transaction: Transaction, height: int) -> tuple[str, Overrides] | None:
        """The contract a transaction would create, and what to believe when it has; None where it creates none."""


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
class NewContract:
    """What is to be tried out."""

    address: str
    deployer: str | None
    """Who it is first called as; None where that is not known."""
    head: Header
    """The state is that after this block."""
    overrides: Overrides = field(default_factory=dict)
    """What is to be believed on top of it: what is not mined yet (`Tracer.creation`)."""


@dataclass(slots=True)
class Found:
    """The worst so far."""

    attempts: int = 0
    done: int = 0
    refused: int = 0
    """Attempts that no node would trace."""
    severity: Severity | None = None
    attempt: Attempt | None = None
    gain: Gain | None = None
    first: Attempt | None = None
    """What has to be called before."""
    watched: tuple[WatchedLoss, ...] = ()
    held: dict[tuple[bytes, bytes], int | None] = field(default_factory=dict)
    """What watched accounts have, by account and token, as far as it was asked."""

    @property
    def is_grave(self) -> bool:
        """Whether nothing worse need be looked for."""
        return self.severity is not None and self.severity >= Severity.HIGH

    def note(self, attempt: Attempt, gain: Gain, first: Attempt | None) -> None:
        """What an attempt would take, if it is the worst so far."""
        watched = tuple(loss for loss in gain.watched if self._is_much(loss))
        severity = grade(gain, watched)
        rank = (0, 0.0) if self.severity is None or self.gain is None else (self.severity, self.gain.dollars)
        if severity is not None and (severity, gain.dollars) > rank:
            self.severity, self.attempt, self.gain, self.first = severity, attempt, gain, first
            self.watched = watched

    def _is_much(self, loss: WatchedLoss) -> bool:
        has = self.held.get((loss.account, loss.token))
        return has is not None and has > 0 and loss.lost > WATCHED_SHARE * has


def grade(gain: Gain, watched: Sequence[WatchedLoss]) -> Severity | None:
    """How grave it is; None where it is nothing. What is taken from pools alone may be an honest arbitrage."""
    if watched:
        return Severity.CRITICAL
    if gain.items > MOST_ITEMS:
        return Severity.HIGH
    if gain.dollars < LEAST_DOLLARS:
        return None
    return Severity.MEDIUM if gain.only_pools else Severity.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One contract and what it is tried with."""

    node: SimulatingNode
    new: NewContract
    code: bytes
    known: Tables
    callers: Sequence[str]
    selectors: Sequence[bytes]
    named: Sequence[bytes]
    """Addresses that stand in code and storage."""
    first: Attempt | None = None
    """What has been called before, in a trial on the state that it leaves."""
    earlier: Gain | None = None
    """What that gained or cost."""

    @classmethod
    async def of(cls, node: SimulatingNode, new: NewContract, known: Tables) -> "Trial":
        """Ask what is needed to begin. Raises `NoCode`, `DataMissing` (no state), `RemoteError`, `InputError`."""
        at: dict[str, int] = {"block_number": new.head.number, "chain_id": node.chain_id}
        believed = new.overrides.get(new.address, {})
        asked = [code(new.address, **at), *(storage(new.address, hex(slot), **at) for slot in range(SLOTS))]
        answers = await node.answers(asked)
        where = f"at {new.address} on chain {node.chain_id} after block {new.head.number}"
        if not (shown_code := believed.get("code") or answers.get(asked[0])):
            raise DataMissing(f"no endpoint has the state {where} any more; use a node that keeps it longer")
        if not (raw := octets(shown_code)):
            raise NoCode(f"there is no code {where}")
        words = [*(answers.get(each) for each in asked[1:]), *believed.get("stateDiff", {}).values()]
        read = contents(raw)
        named = sorted(read.addresses | {word[12:] for word in map(octets, words) if _is_address(word)})[:MOST_NAMED]
        owners = await _without_code(node, named, at)
        callers = list(dict.fromkeys([*([new.deployer] if new.deployer else []), *owners]))
        return cls(
            node=node,
            new=new,
            code=raw,
            known=known,
            callers=callers[:MOST_CALLERS] or [SOMEBODY],
            selectors=read.selectors,
            named=named,
        )

    async def opened(self, attempt: Attempt) -> "Trial | None":
        """The same on the state that an attempt leaves; None where it changes nothing."""
        new = self.new
        done = await self.node.simulator().after(attempt, new.address, new.head.number, new.overrides)
        if done is None:
            return None
        trace, overrides = done
        (earlier,) = await self._gains([(attempt, trace)])
        return replace(self, new=replace(new, overrides=overrides), first=attempt, earlier=earlier)

    def addresses(self, random: Random) -> list[int]:
        """That may matter as arguments: some of those that are watched among them."""
        watched = sorted(Labels.of(self.known).of_kind("watched", self.node.chain_id))
        random.shuffle(watched)
        own = [bytes.fromhex(each[2:]) for each in (*self.callers, self.new.address)]
        every = dict.fromkeys([*own, *self.named, *watched])
        return [int.from_bytes(each, "big") for each in list(every)[:MOST_ADDRESSES]]

    def maker(self, random: Random, attempts: int) -> str:
        """Who makes the block: somebody, and now and then nobody where the code looks whether it is simulated."""
        if tests_block_maker(self.code) and (attempts // BATCH) % 2:
            return NOBODY
        return "0x" + random.randbytes(20).hex()

    async def round(self, search: Search, attempts: Sequence[Attempt], found: Found, maker: str) -> None:
        """Try some, and learn from them."""
        traces = await self.node.simulator().traced(
            attempts, self.new.address, self.new.head.number, self.new.overrides, maker
        )
        moving: list[tuple[Attempt, bytes]] = []
        for attempt, trace in zip(attempts, traces, strict=True):
            if trace is None:
                found.refused += 1
                continue
            seen = shown(trace, f"a call of {self.new.address}")
            search.learn(attempt, seen)
            found.done += seen.is_done
            if seen.moves:
                moving.append((attempt, trace))
        found.attempts += len(attempts)
        if moving:
            await self._measure(search, moving, found)

    async def _measure(self, search: Search, moving: Sequence[tuple[Attempt, bytes]], found: Found) -> None:
        measured = await self._gains(moving)
        await self._ask_balances(measured, found)
        for (attempt, _), gain in zip(moving, measured, strict=True):
            total = gain if self.earlier is None else gain.with_earlier(self.earlier)
            search.reward(attempt, total.dollars)
            found.note(attempt, total, self.first)

    async def _gains(self, moving: Sequence[tuple[Attempt, bytes]]) -> list[Gain]:
        new = self.new
        simulated = [
            Simulated(attempt.transaction(new.address, number), trace, b"")
            for number, (attempt, trace) in enumerate(moving, 1)
        ]
        return await unbroken(gains, simulated, new.address, new.head, self.node.chain_id, self.known)

    async def _ask_balances(self, measured: Sequence[Gain], found: Found) -> None:
        """What the watched accounts that would lose something have."""
        pairs = {(loss.account, loss.token) for gain in measured for loss in gain.watched} - found.held.keys()
        if not pairs:
            return
        asked = {pair: self._balance(*pair) for pair in sorted(pairs)}
        answers = await self.node.answers(list(asked.values()))
        found.held |= {pair: number(lookup, answers) for pair, lookup in asked.items()}

    def _balance(self, account: bytes, token: bytes) -> Lookup:
        who, at = str(hexadecimal(account)), {"block_number": self.new.head.number, "chain_id": self.node.chain_id}
        if token == NATIVE:
            return balance(who, **at)
        return call(str(hexadecimal(token)), BALANCE_OF + who[2:].rjust(64, "0"), **at)


async def _without_code(node: SimulatingNode, named: Sequence[bytes], at: Mapping[str, Any]) -> list[str]:
    """Of the addresses named, those that are no contracts."""
    asked = [code(str(hexadecimal(each)), **at) for each in named]
    answers = await node.answers(asked)
    return [lookup.parameters[0] for lookup in asked if answers.get(lookup) == "0x"]


def octets(text: str | None) -> bytes:
    """The bytes of what a node answered; none where it is no hexadecimal."""
    try:
        return bytes.fromhex((text or "").removeprefix("0x"))
    except ValueError:
        return b""


def _is_address(word: bytes) -> bool:
    return len(word) == 32 and not any(word[:12]) and any(word[12:18])
