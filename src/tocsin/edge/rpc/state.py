"""Answers about the state after a block, remembered as long as the block stands."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from tocsin.chain.code_hash import settled
from tocsin.chain.header import Header
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.pool import Pool
from tocsin.model.errors import (
    AnswerTooLarge,
    CallReverted,
    EndpointUnavailable,
    InputError,
    MalformedInput,
    RateLimited,
    RemoteError,
)
from tocsin.model.lookups import Answers, Lookup

ANSWERS_KEPT = 65_536
HEIGHTS_KEPT = 1_024
"""For how many heights it is remembered which block stood there."""


@dataclass(slots=True)
class _Asking:
    """How far a set of questions has got."""

    left: list[Lookup]
    answered: dict[Lookup, str] = field(default_factory=dict)
    failure: RemoteError | InputError | None = None
    """Why some of those left must be asked again; None when all of them were refused for good."""


class State:
    """Asks a pool about the state, and remembers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[Lookup, str] = OrderedDict()
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    async def answers(self, lookups: Sequence[Lookup]) -> Answers:
        """What is known and what the endpoints say; what every endpoint refuses is absent."""
        known = {lookup: self._known[lookup] for lookup in lookups if lookup in self._known}
        asking = _Asking([lookup for lookup in dict.fromkeys(lookups) if lookup not in known])
        if asking.left:
            await self._ask(asking)
            self._remember(asking.answered)
        return known | asking.answered

    async def _ask(self, asking: _Asking) -> None:
        async for endpoints in self._pool.rounds():
            asking.failure = None
            for endpoint in endpoints:
                await _ask(endpoint, asking)
            if not asking.left or (endpoints and asking.failure is None):
                return
        raise asking.failure or self._pool.exhausted()

    def note(self, header: Header) -> None:
        """After a reorg, what is remembered of the state from this height on is of another chain."""
        if self._blocks.get(header.number, header.hash) != header.hash:
            for lookup in [each for each in self._known if _height(each) >= header.number]:
                del self._known[lookup]
            for number in [each for each in self._blocks if each >= header.number]:
                del self._blocks[number]
        self._blocks[header.number] = header.hash
        if len(self._blocks) > HEIGHTS_KEPT:
            self._blocks.popitem(last=False)

    def _remember(self, answers: Answers) -> None:
        self._known.update(answers)
        while len(self._known) > ANSWERS_KEPT:
            self._known.popitem(last=False)


async def _ask(endpoint: Endpoint, asking: _Asking) -> None:
    if not asking.left:
        return
    try:
        await endpoint.prepare()
        outcomes = await endpoint.ask([Request(lookup.asks, lookup.as_sent) for lookup in asking.left])
        asking.left = [
            lookup
            for lookup, outcome in zip(asking.left, outcomes, strict=True)
            if not _settles(lookup, outcome, asking, endpoint.name)
        ]
    except (RemoteError, InputError) as error:
        asking.failure = error


def _settles(lookup: Lookup, outcome: Outcome, asking: _Asking, name: str) -> bool:
    """Whether the question need not be asked elsewhere. Raises `MalformedInput`."""
    if isinstance(outcome, RateLimited | EndpointUnavailable | AnswerTooLarge):
        asking.failure = outcome
    if isinstance(outcome, RemoteError):
        return isinstance(outcome, CallReverted)
    answer = _text(outcome, f"{name}: {lookup.method}")
    if answer is not None:
        asking.answered[lookup] = settled(lookup, answer)
    return answer is not None


def _text(raw: bytes, name: str) -> str | None:
    try:
        answer = msgspec.json.decode(raw, type=str | None)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedInput(f"{name}: the answer is not text") from None
    if answer is not None and not answer.startswith("0x"):
        raise MalformedInput(f"{name}: the answer does not begin with 0x")
    return answer


def _height(lookup: Lookup) -> int:
    """The block a question is about: its last parameter."""
    try:
        return int(lookup.parameters[-1], 16)
    except (IndexError, TypeError, ValueError):
        return 0
