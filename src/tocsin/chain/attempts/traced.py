"""One call of a contract that never happened: how a node is asked to trace it, and what the trace shows at a glance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.pending import TRACE_CALL, TRACE_TIMEOUT, Overrides
from tocsin.chain.rpc.json_rpc import Request
from tocsin.model.errors import MalformedInput

WORD_BYTES = 32
GAS = 16_000_000
"""A little below the most that one transaction may take since Osaka (EIP-7825)."""
CALLER_WEI = 10_000 * 10**18
"""What every caller is believed to have."""
MOST_FRAMES = 20_000
"""Of a trace that is looked at; more are cut off."""
MOST_WORDS = 64
"""Numbers that are learned from one trace."""
LEAST_NUMBER, MOST_NUMBER = 1_000, 2**128
"""What is learned: smaller numbers are flags, larger ones hashes."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to try."""

    caller: str
    selector: bytes
    """Empty to pay without calling a function."""
    words: tuple[int, ...] = ()
    """Arguments; more than a function takes do no harm."""
    value: int = 0
    """Wei."""

    @property
    def data(self) -> bytes:
        """Call data. Zeros behind the arguments are where offsets may point to: empty arrays."""
        if not self.selector:
            return b""
        words = b"".join(word.to_bytes(WORD_BYTES, "big") for word in self.words)
        return self.selector + words + bytes(4 * WORD_BYTES)

    def transaction(self, contract: str, number: int) -> Transaction:
        """It as a transaction with a made-up hash."""
        return Transaction(
            hash="0x" + number.to_bytes(WORD_BYTES, "big").hex(),
            from_=self.caller,
            to=contract,
            value=hex(self.value),
            nonce="0x0",
            input="0x" + self.data.hex(),
            gas=hex(GAS),
        )


def asked(attempt: Attempt, contract: str, height: int, overrides: Overrides, maker: str) -> Request:
    """How a node is asked what an attempt would do after the block at this height, in a block made by `maker`."""
    call = {
        "from": attempt.caller, "to": contract, "gas": hex(GAS), "value": hex(attempt.value),
        "input": "0x" + attempt.data.hex(),
    }  # fmt: skip
    config: Mapping[str, Any] = {
        "tracer": "callTracer",
        "tracerConfig": {"withLog": True},
        "timeout": TRACE_TIMEOUT,
        "stateOverrides": believed(attempt, overrides),
        "blockOverrides": {"feeRecipient": maker},
    }
    return Request(TRACE_CALL, (call, hex(height), config))


def believed(attempt: Attempt, overrides: Overrides) -> Overrides:
    """What is believed of the state, the caller's means included."""
    return {**overrides, attempt.caller: {**overrides.get(attempt.caller, {}), "balance": hex(CALLER_WEI)}}


class _Frame(msgspec.Struct, gc=False):
    """A callTracer frame as far as it is looked at."""

    type: str
    to: str | None = None
    error: str | None = None
    output: str | None = None
    value: str | None = None
    logs: list[msgspec.Raw] | None = None
    calls: list["_Frame"] | None = None


_FRAME: "msgspec.json.Decoder[_Frame]" = msgspec.json.Decoder(_Frame)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a trace shows at a glance."""

    is_done: bool
    """Not reverted."""
    depth: int
    """How far it came: frames and logs, those included that were undone."""
    moves: bool
    """Something was paid or logged that was not undone."""
    numbers: tuple[int, ...]
    """What contracts answered along the way that may be an amount."""

    @property
    def shape(self) -> tuple[bool, int, tuple[int, ...]]:
        """The same for calls whose arguments made no difference."""
        return self.is_done, self.depth, self.numbers


def shown(raw: bytes, name: str) -> Shown:
    """What this answer shows. Raises `MalformedInput`."""
    root = _root(raw, name)
    frames = list(_frames(root))
    numbers: dict[int, None] = {}
    for frame in frames[1:]:
        for number in _numbers(frame.output):
            if len(numbers) < MOST_WORDS:
                numbers[number] = None
    return Shown(
        is_done=root.error is None,
        depth=len(frames) + sum(len(frame.logs or ()) for frame in frames),
        moves=root.error is None and any(_moves(frame) for frame in frames),
        numbers=tuple(numbers),
    )


def created(raw: bytes, name: str) -> str | None:
    """The contract that this answer says a transaction would create; None for none. Raises `MalformedInput`."""
    root = _root(raw, name)
    return root.to.lower() if root.to and root.error is None and root.type.upper() == "CREATE" else None


def _root(raw: bytes, name: str) -> _Frame:
    try:
        return deep_json.decode(_FRAME, raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(f"{name}: {TRACE_CALL}: {error}") from None


def _frames(root: _Frame) -> Iterator[_Frame]:
    left = [root]
    for _ in range(MOST_FRAMES):
        if not left:
            return
        frame = left.pop()
        yield frame
        left.extend(reversed(frame.calls or ()))


def _moves(frame: _Frame) -> bool:
    return bool(frame.logs) or (frame.value or "0x0").strip("0x") != ""


def _numbers(output: str | None) -> Iterator[int]:
    digits = (output or "").removeprefix("0x")[: 2 * WORD_BYTES * MOST_WORDS]
    for start in range(0, len(digits) - 2 * WORD_BYTES + 1, 2 * WORD_BYTES):
        try:
            number = int(digits[start : start + 2 * WORD_BYTES], 16)
        except ValueError:
            return
        if LEAST_NUMBER <= number <= MOST_NUMBER:
            yield number
