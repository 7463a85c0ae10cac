"""
Transactions that wait to be mined: read from a node's pool, simulated on the newest block, as a recording.

The transactions of one sender that are due one after the other are a queue. They are simulated in their order, each on
the state that those before it leave, and then stand in a block that is not there yet: the next one, without a hash. So
everything that reads blocks reads them too. The simulation runs in the newest block's number and time, without fees,
and knows nothing of what others may do before the queue is mined.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.blocks import Header as FullHeader
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.codecs.receipts import Log, Receipt
from tocsin.chain.codecs.state_diffs import Account, Prestate
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods
from tocsin.chain.rpc.json_rpc import Request
from tocsin.model.errors import MalformedInput

POOL = "txpool_content"
NEW_FILTER = "eth_newPendingTransactionFilter"
FILTER_CHANGES = "eth_getFilterChanges"
BY_HASH = "eth_getTransactionByHash"
TRACE_CALL = "debug_traceCall"

PAYMENT_GAS = 21_000
"""What a transaction takes that runs no code."""
QUEUE_LIMIT = 16
"""So many transactions of one sender are simulated."""
TRACE_TIMEOUT = "5s"
"""How long geth may work on one transaction."""
EMPTY_CODE = "0x"

T = TypeVar("T")

Override: TypeAlias = dict[str, Any]
"""What a simulation is to believe of one account: balance, nonce, code, stateDiff."""
Overrides: TypeAlias = Mapping[str, Override]


@dataclass(frozen=True, slots=True)
class Queue:
    """Transactions of one sender in the order in which they are due; the first is due next."""

    transactions: tuple[Transaction, ...]

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of the transactions, lower case."""
        return tuple(each.hash.lower() for each in self.transactions)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Most worth a look is what runs code and offers the most wei for it; then what carries the most wei."""
        works = [each for each in self.transactions if _number(each.gas) > PAYMENT_GAS]
        offered = max((_number(each.gas) * _number(_price(each)) for each in works), default=0)
        return bool(works), offered, max(_number(each.value) for each in self.transactions)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a pool shows."""

    queues: tuple[Queue, ...]
    """Most worth a look first."""
    undue: int
    """Transactions that cannot be mined yet, because one before them is missing."""

    @property
    def hashes(self) -> frozenset[str]:
        """Of all that is due."""
        return frozenset(each for queue in self.queues for each in queue.hashes)


class _Pool(msgspec.Struct):
    pending: dict[str, dict[str, Transaction]]
    queued: dict[str, dict[str, msgspec.Raw]] = {}


class _Known(Transaction, rename="camel"):
    block_number: str | None = None


_Hash = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{64}\Z")]


class _FrameLog(msgspec.Struct, gc=False):
    address: str
    topics: list[str]
    data: str = "0x"
    position: str | None = None


class _Frame(msgspec.Struct, rename="camel"):
    """A callTracer frame as far as it says what became of the transaction."""

    type: str
    to: str | None = None
    gas_used: str | None = None
    error: str | None = None
    logs: list[_FrameLog] | None = None
    calls: list["_Frame"] | None = None


_POOL: "msgspec.json.Decoder[_Pool]" = msgspec.json.Decoder(_Pool)
_KNOWN: "msgspec.json.Decoder[_Known | None]" = msgspec.json.Decoder(_Known | None)
_HASHES: "msgspec.json.Decoder[list[str]]" = msgspec.json.Decoder(list[_Hash])
_FRAME: "msgspec.json.Decoder[_Frame]" = msgspec.json.Decoder(_Frame)
_PRESTATE: "msgspec.json.Decoder[Prestate]" = msgspec.json.Decoder(Prestate)


def waiting(raw: bytes, name: str) -> Waiting:
    """What `txpool_content` answered. Raises `MalformedInput`, which says `name`."""
    pool = _decoded(_POOL, raw, f"{name}: {POOL}")
    due = [each for by_nonce in pool.pending.values() for each in by_nonce.values()]
    return queued(due, name, sum(map(len, pool.queued.values())))


def queued(transactions: Sequence[Transaction], name: str, undue: int = 0) -> Waiting:
    """These transactions as queues, those behind a gap of nonces left out and counted. Raises `MalformedInput`."""
    senders: dict[str, list[Transaction]] = {}
    try:
        for each in sorted(transactions, key=lambda one: _number(one.nonce)):
            senders.setdefault(each.from_.lower(), []).append(each)
        queues = [Queue(tuple(_without_gaps(some))) for some in senders.values()]
        ranked = tuple(sorted(queues, key=lambda queue: queue.rank, reverse=True))
    except MalformedInput as error:
        raise MalformedInput(f"{name}: a pending transaction: {error}") from error
    behind = len(transactions) - sum(len(queue.transactions) for queue in queues)
    return Waiting(ranked, undue + behind)


def _without_gaps(transactions: Sequence[Transaction]) -> Iterator[Transaction]:
    first = _number(transactions[0].nonce)
    for place, each in enumerate(transactions[:QUEUE_LIMIT]):
        if _number(each.nonce) != first + place:
            return
        yield each


def hashes(raw: bytes, name: str) -> list[str]:
    """What `eth_getFilterChanges` answered. Raises `MalformedInput`."""
    return [each.lower() for each in _decoded(_HASHES, raw, f"{name}: {FILTER_CHANGES}")]


def still_waiting(raw: bytes, name: str) -> Transaction | None:
    """What `eth_getTransactionByHash` answered; None when it is mined or gone. Raises `MalformedInput`."""
    found = _decoded(_KNOWN, raw, f"{name}: {BY_HASH}")
    return None if found is None or found.block_number is not None else found


def traces(transaction: Transaction, height: int, overrides: Overrides) -> tuple[Request, Request]:
    """How a node is asked what a transaction would do after the block at this height: its calls, and what changes."""
    call = _call(transaction)
    frames = _config("callTracer", overrides, withLog=True)
    changes = _config("prestateTracer", overrides, diffMode=True)
    return Request(TRACE_CALL, (call, hex(height), frames)), Request(TRACE_CALL, (call, hex(height), changes))


def _call(transaction: Transaction) -> dict[str, Any]:
    given = {
        "from": transaction.from_,
        "to": transaction.to,
        "gas": transaction.gas,
        "value": transaction.value,
        "input": transaction.input,
        "accessList": transaction.access_list or None,
        "authorizationList": transaction.authorization_list or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _config(tracer: str, overrides: Overrides, **options: bool) -> dict[str, Any]:
    return {"tracer": tracer, "tracerConfig": options, "timeout": TRACE_TIMEOUT, "stateOverrides": overrides}


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a node says that one transaction would do: the answers to `traces`."""

    transaction: Transaction
    frames: bytes
    changes: bytes


def after(overrides: Overrides, simulated: Simulated, name: str) -> Overrides:
    """What to believe when this has happened too. Raises `MalformedInput`."""
    diff = _decoded(_PRESTATE, simulated.changes, f"{name}: {TRACE_CALL}:prestateTracer")
    new = dict(overrides)
    for address in dict.fromkeys((*diff.pre, *diff.post)):
        key = address.lower()
        new[key] = _changed(new.get(key, {}), diff.pre.get(address), diff.post.get(address))
    sender = simulated.transaction.from_.lower()
    spent = hex(_number(simulated.transaction.nonce) + 1)  # not every node counts a simulated transaction as sent
    new[sender] = {**new.get(sender, {}), "nonce": spent}
    return new


def _changed(known: Override, before: Account | None, now: Account | None) -> Override:
    if now is None:
        return {"balance": "0x0", "nonce": "0x0", "code": EMPTY_CODE}
    said = {"balance": now.balance, "nonce": _quantity(now.nonce), "code": now.code}
    cleared = dict.fromkeys(before.storage if before else (), _ZERO_WORD)
    slots = {slot: _word(value) for slot, value in now.storage.items()}
    storage = {**known.get("stateDiff", {}), **cleared, **slots}
    fields = {name: value for name, value in said.items() if value is not None}
    return {**known, **fields, **({"stateDiff": storage} if storage else {})}


_ZERO_WORD = "0x" + "00" * 32


def _word(value: str) -> str:
    """A storage value with its leading zeros, as overrides want it."""
    return "0x" + value.removeprefix("0x").rjust(64, "0")


def _quantity(value: int | str | None) -> str | None:
    return hex(value) if isinstance(value, int) else value


def recording(simulated: Sequence[Simulated], head: Header, chain_id: int, name: str) -> Recording:
    """
    Simulated transactions as the block after `head`, without a hash.

    Raises `MalformedInput`.
    """
    header = FullHeader(
        number=hex(head.number + 1),
        parent_hash="0x" + head.hash.hex(),
        timestamp=hex(head.timestamp),
        transactions=[each.transaction for each in simulated],
    )
    receipts = list(_receipts(simulated, name))
    return Recording(
        chain_id=chain_id,
        name=name,
        answers={
            methods.BLOCK: msgspec.json.encode(header),
            methods.RECEIPTS: msgspec.json.encode(receipts),
            methods.CALL_TRACER: _entries([(each.transaction.hash, each.frames) for each in simulated]),
            methods.PRESTATE_DIFF: _entries([(each.transaction.hash, each.changes) for each in simulated]),
        },
    )


def _entries(results: Sequence[tuple[str, bytes]]) -> bytes:
    return msgspec.json.encode([{"txHash": hash_, "result": msgspec.Raw(result)} for hash_, result in results])


def _receipts(simulated: Sequence[Simulated], name: str) -> Iterator[Receipt]:
    logs = 0
    for index, each in enumerate(simulated):
        root = _decoded(_FRAME, each.frames, f"{name}: {TRACE_CALL}:callTracer")
        found = list(_logs(root))
        yield Receipt(
            transaction_hash=each.transaction.hash,
            transaction_index=hex(index),
            status="0x0" if root.error else "0x1",
            gas_used=root.gas_used,
            contract_address=root.to if not each.transaction.to and not root.error else None,
            logs=[_log(log, logs + place, index, each.transaction.hash) for place, log in enumerate(found)],
        )
        logs += len(found)


def _log(log: _FrameLog, number: int, index: int, hash_: str) -> Log:
    return Log(
        address=log.address,
        topics=log.topics,
        data=log.data,
        log_index=hex(number),
        transaction_hash=hash_,
        transaction_index=hex(index),
    )


def _logs(root: _Frame) -> Iterator[_FrameLog]:
    """The logs of a call tree as they were written; what is in a frame that failed was undone."""
    left: list[_Frame | _FrameLog] = [root]
    while left:
        each = left.pop()
        if isinstance(each, _FrameLog):
            yield each
        elif each.error is None:
            left.extend(reversed(_inside(each)))


def _inside(frame: _Frame) -> list[_Frame | _FrameLog]:
    """A frame's calls and logs: a log's position is the number of calls before it."""
    calls = frame.calls or []
    placed: list[tuple[int, int, _Frame | _FrameLog]] = [(place, 1, call) for place, call in enumerate(calls)]
    placed += [(len(calls) if log.position is None else _number(log.position), 0, log) for log in frame.logs or ()]
    return [each for _, _, each in sorted(placed, key=lambda one: one[:2])]


def _price(transaction: Transaction) -> str:
    return transaction.max_fee_per_gas or transaction.gas_price or "0x0"


def _number(text: str) -> int:
    if not text.startswith("0x") or len(text) > 2 + 64:
        raise MalformedInput(f"{text[: hx.SHOWN_CHARACTERS]!r} is not a 0x quantity")
    try:
        return int(text, 16)
    except ValueError:
        raise MalformedInput(f"{text[: hx.SHOWN_CHARACTERS]!r} is not a 0x quantity") from None


def _decoded(decoder: "msgspec.json.Decoder[T]", raw: bytes, where: str) -> T:
    try:
        return deep_json.decode(decoder, raw)
    except RecursionError as error:
        raise MalformedInput(f"{where}: nested deeper than any call tree can be") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{where}: {error}") from error
